"""What llama.cpp's server core says back, as chunks; and its complaints in plain words."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from hameau.kit import N_, BadInput, Corrupt, HameauError, Missing, Unavailable
from hameau.models.engines.beside import out_of_memory
from hameau.models.engines.xllamacpp_calls import Calls
from hameau.models.types import (
    Alternative,
    Chunk,
    Finish,
    GenerationRequest,
    InstalledModel,
    Token,
    ToolPiece,
    Usage,
)
from hameau.models.worker import Worker

logger = logging.getLogger(__name__)

_UNSEEN = "Failed to load image"  # the engine's words for a picture that it can't decode
_IMPOSSIBLE = -9999.0  # what OpenAI's protocol says for a token without any chance; the engine says minus infinity


class _Function(msgspec.Struct):
    name: str | None = None
    arguments: str | None = None


class _Call(msgspec.Struct):
    index: int = 0
    id: str | None = None
    function: _Function | None = None


class _Delta(msgspec.Struct):
    content: str | None = None
    reasoning_content: str | None = None
    tool_calls: list[_Call] | None = None


class _Weighed(msgspec.Struct):
    token: str
    logprob: float | None = None
    bytes: list[int] | None = None
    top_logprobs: list[_Weighed] | None = None


class _Logprobs(msgspec.Struct):
    content: list[_Weighed] | None = None


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    text: str | None = None
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class _Counted(msgspec.Struct):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Timings(msgspec.Struct):
    cache_n: int = 0
    prompt_ms: float = 0.0
    predicted_ms: float = 0.0


class _Progress(msgspec.Struct):
    total: int = 0


class Piece(msgspec.Struct):
    """One word of the engine about one request, or (with ``problem``) its last."""

    choices: list[_Choice] = []
    usage: _Counted | None = None
    timings: _Timings | None = None
    prompt_progress: _Progress | None = None
    error: dict[str, Any] | None = None
    problem: str = ""


pieces = msgspec.json.Decoder(Piece)


class Answer:
    """Puts the pieces of one answer together."""

    def __init__(self, request: GenerationRequest) -> None:
        self._alternatives = request.top_logprobs
        self._reason = "stop"
        self._called: set[int] = set()
        names = frozenset(tool.name for tool in request.tools) if request.tool_choice != "none" else frozenset()
        self._bare = Calls(names, request.parallel_tool_calls) if names else None
        self._usage = Usage()
        self.prompt_tokens = 0
        self.written = 0
        """Pieces of text so far: about as many as tokens."""
        self.complete = False
        """Nothing more is to be waited for, although the engine goes on."""

    def add(self, piece: Piece) -> Iterator[Chunk]:
        """The chunks in ``piece``, if any."""
        if piece.prompt_progress is not None:
            self.prompt_tokens = piece.prompt_progress.total
        if piece.usage is not None:
            timings = piece.timings or _Timings()
            self._usage = Usage(
                prompt_tokens=piece.usage.prompt_tokens,
                cached_tokens=timings.cache_n,
                completion_tokens=piece.usage.completion_tokens,
                prompt_ms=timings.prompt_ms,
                completion_ms=timings.predicted_ms,
            )
        for choice in piece.choices:
            self._reason = choice.finish_reason or self._reason
            if chunk := self._chunk(choice):
                self.written += 1
                yield from self._sifted(chunk)

    def end(self) -> Iterator[Chunk]:
        """What was held back, and the last chunk of an answer that came to its end."""
        if self._bare is not None:
            yield from self._bare.end()
        finish: Finish = "length" if self._reason == "length" else "tool_calls" if self._called else "stop"
        yield Chunk(finish=finish, usage=self._usage)

    def stopped(self, finish: Finish) -> Chunk:
        """The last chunk of an answer that was ended from outside, or by itself before the engine did."""
        finish = "tool_calls" if self.complete else finish
        return Chunk(finish=finish, usage=Usage(prompt_tokens=self.prompt_tokens, completion_tokens=self.written))

    def _sifted(self, chunk: Chunk) -> Iterator[Chunk]:
        """``chunk``, or the tool calls that were written in its text as if they were an answer."""
        if self._bare is None or not chunk.text or chunk.tools:
            yield chunk
            return
        if chunk.reasoning or chunk.tokens:
            yield replace(chunk, text="")
        for piece in self._bare.feed(chunk.text):
            self._called.update(tool.index for tool in piece.tools)
            yield piece
        self.complete = self._bare.done

    def _chunk(self, choice: _Choice) -> Chunk | None:
        delta = choice.delta or _Delta()
        text = delta.content or choice.text or ""
        reasoning = delta.reasoning_content or ""
        tokens = tuple(map(self._token, choice.logprobs.content or ())) if choice.logprobs else ()
        tools = tuple(map(self._tool, delta.tool_calls)) if delta.tool_calls else ()
        if not (text or reasoning or tokens or tools):
            return None
        return Chunk(text, tokens, reasoning=reasoning, tools=tools)

    def _tool(self, call: _Call) -> ToolPiece:
        function = call.function or _Function()
        identity = call.id or ""
        if call.index not in self._called:
            self._called.add(call.index)
            identity = identity or "call_" + secrets.token_hex(12)
        return ToolPiece(call.index, identity, function.name or "", function.arguments or "")

    def _token(self, said: _Weighed) -> Token:
        weighed = (said.top_logprobs or ())[: self._alternatives]
        others = tuple(Alternative(one.token, _weight(one), bytes(one.bytes or ())) for one in weighed)
        return Token(said.token, _weight(said), bytes(said.bytes or ()), others)


def _weight(said: _Weighed) -> float:
    return _IMPOSSIBLE if said.logprob is None else max(said.logprob, _IMPOSSIBLE)


def refusal(problem: str) -> HameauError:
    """The engine raises, instead of answering, for what it can't read: a template, a schema, a picture, a tool."""
    return BadInput(N_("The model can't take this request: {reason}"), reason=problem)


def complaint(error: Mapping[str, Any]) -> HameauError:
    """What the engine answered instead of an answer."""
    message = str(error.get("message", ""))
    if error.get("type") == "exceed_context_size_error":
        return BadInput(
            N_("That is too long for this model: {prompt} tokens, and it reads {context}."),
            hint=N_("Ask something shorter, or choose a model with a longer context."),
            prompt=error.get("n_prompt_tokens", 0),
            context=error.get("n_ctx", 0),
        )
    if _UNSEEN in message:
        return BadInput(N_("This picture can't be read."), hint=N_("JPEG, PNG, GIF and BMP can."))
    logger.warning("The engine refused a request: %s", message)
    if int(error.get("code", 500)) < 500:
        return refusal(message)
    return Unavailable(N_("The model failed: {reason}"), reason=message)


def load_error(model: InstalledModel, state: Mapping[str, Any], worker: Worker) -> HameauError:
    """Why ``model`` could not be loaded."""
    card = model.card
    logger.error("The engine could not load %s: %s %s", card.id, state, worker.last_words())
    if "missing" in state:
        return Missing(
            N_("The engine that runs models can't start: {reason}"),
            hint=N_("On Debian: apt install libgomp1. Otherwise reinstall Hameau; hameau doctor says what is missing."),
            reason=state["missing"],
        )
    if state.get("late"):
        return Corrupt(
            N_("The engine does not come to an end with loading the model {model}."),
            hint=N_("Its file is damaged or made to do harm: remove it, and fetch it from a place that you trust."),
            model=card.title,
        )
    if worker.exit_code == -9:
        return out_of_memory(card)
    if model.projector or model.recipe.adapters:
        return Corrupt(
            N_("The engine can't load the model {model} with what was laid beside it: one of the files is damaged, or they "
            "do not belong together."),
            hint=N_("Try the model without its projector or adapter."),
            model=card.title,
        )  # fmt: skip
    return Corrupt(
        N_("The engine can't load the model {model}: its file is damaged or of a kind it does not know."),
        hint=N_("Remove it and fetch it again: hameau models remove {id}"),
        model=card.title,
        id=card.id,
    )
