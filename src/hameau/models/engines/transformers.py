"""Chat models in the form of Hugging Face (a folder with safetensors), run by the library Transformers in a process of their
own, behind the same walls as llama.cpp's. For models that nobody has put into GGUF; the library is an extra.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any

from hameau.kit import N_, BadInput, Corrupt, HameauError, Missing, Unavailable
from hameau.models.engines.beside import Beside, loaded, out_of_memory
from hameau.models.machine import calm_threads
from hameau.models.ports import Cancel
from hameau.models.types import (
    Alternative,
    Chunk,
    EngineOptions,
    GenerationRequest,
    InstalledModel,
    Message,
    ModelCard,
    Token,
    ToolPiece,
    Usage,
)
from hameau.models.worker import Worker

logger = logging.getLogger(__name__)

_WORKER = "hameau.models.engines.transformers_worker"
_SILENT = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "DO_NOT_TRACK": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_HOME": "/nonexistent",
}
"""Nothing is fetched and nobody is told; the walls would stop it anyway."""


def load(model: InstalledModel, options: EngineOptions) -> TransformersGenerator:
    """Loads the folder of ``model``; the memory is checked by the caller. Raises :class:`Corrupt`, :class:`Missing` or
    :class:`NotEnough`."""
    return TransformersGenerator(model, options)


class TransformersGenerator:
    """A :class:`~hameau.models.Generator`. Writes one answer at a time; when its process dies, the answer in progress fails
    and the next one starts it anew."""

    def __init__(self, model: InstalledModel, options: EngineOptions) -> None:
        self._model = model
        self._options = options
        self._process = Beside(model.card, self._start)

    @property
    def card(self) -> ModelCard:
        """The card of the loaded model."""
        return self._model.card

    @property
    def memory_bytes(self) -> int:
        """What the process that runs it holds now."""
        return self._process.memory_bytes

    @property
    def pid(self) -> int:
        """The process that runs the model, for whoever measures its memory or energy."""
        return self._process.pid

    def stream(self, request: GenerationRequest, cancel: Cancel | None = None) -> Iterator[Chunk]:
        """See :class:`~hameau.models.Generator`. Nothing runs before the first chunk is asked for."""
        order = json.dumps(_order(request)).encode()
        written = 0
        with self._process.line(self._process.number(), b"a", order) as line:
            while (frame := line.next(cancel)) is not None:
                letter, data = frame[0], json.loads(frame[1])
                if letter == b"e":
                    line.finished = True
                    yield self._last(data)
                    return
                written += 1
                yield _chunk(data)
            yield Chunk(finish="cancelled", usage=Usage(completion_tokens=written))

    def close(self) -> None:
        """Ends the process and frees its memory."""
        self._process.close()

    def _start(self) -> Worker:
        worker = Worker(_WORKER, calm_threads() | _SILENT)
        order: dict[str, object] = {
            "path": self._model.path,
            "threads": self._options.threads,
            "context": self._options.context,
        }
        state = loaded(worker, order)
        if not state.get("ready"):
            worker.close()
            raise _load_error(self.card, state, worker)
        return worker

    def _last(self, data: Mapping[str, Any]) -> Chunk:
        if "prompt" in data:
            raise BadInput(
                N_("That is too long for this model: {prompt} tokens, and it reads {context}."),
                hint=N_("Ask something shorter, or choose a model with a longer context."),
                prompt=data["prompt"],
                context=data["context"],
            )
        if "bad" in data:
            raise BadInput(N_("The model can't take this request: {reason}"), reason=data["bad"])
        if "problem" in data:
            raise Unavailable(N_("The model failed: {reason}"), reason=data["problem"])
        return Chunk(finish=data["finish"], usage=Usage(**data["usage"]))


def _order(request: GenerationRequest) -> dict[str, object]:
    """What the worker gets. Raises :class:`BadInput` for what this engine can't do."""
    if bool(request.messages) == bool(request.prompt):
        raise BadInput(N_("There is nothing to answer."))
    if request.json_schema is not None or request.grammar:
        raise BadInput(
            N_("This engine can't be bound to a schema or a grammar."), hint=N_("A model in the form GGUF can.")
        )
    if request.suffix:
        raise BadInput(N_("This model can't fill in the middle of a text."))
    if any(message.images for message in request.messages):
        raise BadInput(N_("This model can't see pictures."))
    if request.tools and request.tool_choice not in ("auto", "none"):
        raise BadInput(N_("This engine can be offered tools, but not be made to use one."))
    offered = request.tools if request.tool_choice != "none" else ()
    return {
        "messages": [_message(message) for message in request.messages],
        "prompt": _clean(request.prompt),
        "prefill": _clean(request.prefill),
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": dict(tool.parameters) or {"type": "object", "properties": {}},
                },
            }
            for tool in offered
        ],
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "top_k": request.top_k or 0,
        "min_p": request.min_p or 0.0,
        "seed": request.seed,
        "stop": [_clean(stop) for stop in request.stop if stop],
        "repeat_penalty": request.repeat_penalty,
        "presence_penalty": request.presence_penalty,
        "frequency_penalty": request.frequency_penalty,
        "logit_bias": {str(token): bias for token, bias in request.logit_bias.items()},
        "logprobs": request.logprobs or request.top_logprobs > 0,
        "top_logprobs": request.top_logprobs,
        "think": request.think,
    }


def _message(message: Message) -> dict[str, object]:
    said: dict[str, object] = {"role": message.role, "content": _clean(message.content)}
    if message.tool_calls:
        said["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": _arguments(call.arguments)},
            }
            for call in message.tool_calls
        ]
    if message.name:
        said["name"] = message.name
    return said


def _arguments(text: str) -> object:
    """As templates want them: an object, where the text is one."""
    try:
        return json.loads(text or "{}")
    except ValueError:
        return text


def _clean(text: str) -> str:
    """Without lone surrogates, which no tokenizer can read."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _chunk(data: Mapping[str, Any]) -> Chunk:
    tokens = tuple(
        Token(one["token"], one["logprob"], bytes(one["raw"]), tuple(Alternative(*other) for other in one["others"]))
        for one in data.get("tokens", ())
    )
    tools = tuple(ToolPiece(**one) for one in data.get("tools", ()))
    return Chunk(data.get("text", ""), tokens, reasoning=data.get("reasoning", ""), tools=tools)


def _load_error(card: ModelCard, state: Mapping[str, Any], worker: Worker) -> HameauError:
    logger.error("Transformers could not load %s: %s %s", card.id, state, worker.last_words())
    if "missing" in state:
        return Missing(
            N_("The library that runs models of this form is not installed: {reason}"),
            hint=N_("Install it where Hameau is installed: pip install 'hameau[transformers]'"),
            reason=state["missing"],
        )
    if "reason" not in state and worker.exit_code == -9:
        return out_of_memory(card)
    return Corrupt(
        N_("The model {model} can't be loaded: {reason}"),
        hint=N_("Its folder may be incomplete, or its kind unknown to the library that runs it."),
        model=card.title,
        reason=state.get("reason", "…"),
    )
