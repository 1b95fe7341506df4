"""Chat models in GGUF, run by llama.cpp (through xllamacpp) in a process of their own.

The request takes the OpenAI form that llama.cpp's server core reads: each model's own chat template is applied there.
"""

from __future__ import annotations

import itertools
import json
import logging
import queue
import struct
import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from hameau.kit import N_, BadInput, Corrupt, HameauError, Missing, NotEnough, Unavailable
from hameau.models.machine import calm_threads
from hameau.models.openmp import openmp_environment
from hameau.models.ports import Cancel
from hameau.models.types import (
    Alternative,
    Chunk,
    EngineOptions,
    GenerationRequest,
    InstalledModel,
    ModelCard,
    Usage,
)
from hameau.models.worker import Worker

logger = logging.getLogger(__name__)

_WORKER = "hameau.models.engines.xllamacpp_worker"
_HEAD = struct.Struct("<Ic")
_BATCH = 512  # tokens read at a time; a cancelled prompt still runs to the end of its batch (docs/decisions/0006)
_CANCEL_POLL = 0.05  # seconds

_Frame = tuple[bytes, dict[str, Any]]


def load(model: InstalledModel, options: EngineOptions) -> LlamaGenerator:
    """Loads ``model``; the memory is checked by the caller. Raises :class:`Corrupt`, :class:`Missing` or
    :class:`NotEnough`."""
    return LlamaGenerator(model, options)


class LlamaGenerator:
    """A :class:`~hameau.models.Generator`. When its process dies, the answer in progress fails and the next one
    restarts it."""

    def __init__(self, model: InstalledModel, options: EngineOptions) -> None:
        self._model = model
        self._options = options
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._waiting: dict[int, tuple[Worker, queue.SimpleQueue[_Frame | None]]] = {}
        self._closed = False
        self._worker = self._start()

    @property
    def card(self) -> ModelCard:
        """The card of the loaded model."""
        return self._model.card

    @property
    def pid(self) -> int:
        """The process that runs the model, for whoever measures its memory or energy."""
        return self._worker.pid

    def stream(self, request: GenerationRequest, cancel: Cancel | None = None) -> Iterator[Chunk]:
        """See :class:`~hameau.models.Generator`. Nothing runs before the first chunk is asked for."""
        body = json.dumps(_body(request))
        frames: queue.SimpleQueue[_Frame | None] = queue.SimpleQueue()
        number = next(self._numbers)
        worker = self._ask(number, body, frames)
        finished = False
        try:
            usage = Usage()
            written = 0
            reason = "stop"
            while (frame := _next(frames, cancel)) is not _CANCELLED:
                letter, data = self._expect(frame, worker)
                if letter == b"e":
                    finished = True
                    if data["problem"]:
                        raise _failure(data["problem"], request)
                    yield Chunk(finish="length" if reason == "length" else "stop", usage=usage)
                    return
                if "error" in data:
                    finished = True
                    raise _explain(data["error"])
                usage = _usage(data) or usage
                for choice in data.get("choices") or ():
                    reason = choice.get("finish_reason") or reason
                    if chunk := _chunk(choice):
                        written += 1
                        yield chunk
            yield Chunk(finish="cancelled", usage=Usage(completion_tokens=written))
        finally:
            with self._lock:
                self._waiting.pop(number, None)
            if not finished:
                _forget(worker, number)

    def close(self) -> None:
        """Ends the process and frees its memory."""
        with self._lock:
            self._closed = True
        self._worker.close()

    def _ask(self, number: int, body: str, frames: queue.SimpleQueue[_Frame | None]) -> Worker:
        try:
            return self._ask_once(number, body, frames)
        except OSError as error:  # it had just died, and that could not be seen yet: a new one is asked, once
            logger.info("The engine of %s was gone: %s", self.card.id, error)
        try:
            return self._ask_once(number, body, frames)
        except OSError as error:
            raise self._died(self._worker) from error

    def _ask_once(self, number: int, body: str, frames: queue.SimpleQueue[_Frame | None]) -> Worker:
        """Raises ``OSError`` when the process dies at this very moment."""
        with self._lock:
            if self._closed:
                raise Unavailable(N_("This model was put away."), hint=N_("Ask again: it will be loaded anew."))
            if not self._worker.alive:
                self._worker.kill()
                self._worker = self._start()
            worker = self._worker
            self._waiting[number] = (worker, frames)
        try:
            worker.send(json.dumps({"id": number, "body": body}).encode())
        except OSError:
            with self._lock:
                self._waiting.pop(number, None)
            worker.kill()
            raise
        return worker

    def _start(self) -> Worker:
        worker = Worker(_WORKER, calm_threads() | openmp_environment())
        order = asdict(self._options) | {"path": self._model.path, "batch": _BATCH}
        try:
            worker.send(json.dumps({"load": order}).encode())
            answer = worker.receive()
        except OSError:
            answer = None
        state = json.loads(answer) if answer is not None else {}
        if not state.get("ready"):
            worker.close()
            raise _load_error(self.card, state, worker)
        threading.Thread(target=self._read, args=(worker,), daemon=True, name="hameau-answers").start()
        return worker

    def _read(self, worker: Worker) -> None:
        while (frame := worker.receive()) is not None:
            number, letter = _HEAD.unpack_from(frame)
            with self._lock:
                _, frames = self._waiting.get(number, (worker, None))
            if frames is not None:
                frames.put((letter, json.loads(frame[_HEAD.size :])))
        with self._lock:
            orphans = [frames for owner, frames in self._waiting.values() if owner is worker]
        for frames in orphans:
            frames.put(None)

    def _expect(self, frame: _Frame | None, worker: Worker) -> _Frame:
        if frame is None:
            raise self._died(worker)
        return frame

    def _died(self, worker: Worker) -> HameauError:
        if self._closed:
            return Unavailable(N_("This model was put away."), hint=N_("Ask again: it will be loaded anew."))
        logger.error("The engine of %s died: %s", self.card.id, worker.last_words())
        if worker.exit_code == -9:
            return NotEnough(
                N_("The system stopped the model {model}, most likely because memory ran out."),
                hint=N_("Close other programs or choose a smaller model, then ask again."),
                model=self.card.title,
            )
        return Unavailable(
            N_("The model {model} stopped unexpectedly."), hint=N_("Ask again: it starts anew."), model=self.card.title
        )


def _body(request: GenerationRequest) -> dict[str, object]:
    if not request.messages:
        raise BadInput(N_("There is nothing to answer."))
    messages = [{"role": message.role, "content": _clean(message.content)} for message in request.messages]
    if request.prefill:
        messages.append({"role": "assistant", "content": _clean(request.prefill)})
    body: dict[str, object] = {
        "messages": messages,
        "stream": True,
        "stream_options": {"include_usage": True},
        "return_progress": True,  # a chunk for each batch of the prompt, so that a long one can be cancelled
        "cache_prompt": True,
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "seed": -1 if request.seed is None else request.seed,
        "repeat_penalty": request.repeat_penalty,
        "chat_template_kwargs": {"enable_thinking": False},
    }
    if request.stop:
        body["stop"] = list(request.stop)
    if request.json_schema is not None and request.grammar:
        raise BadInput(N_("An answer can follow a schema or a grammar, not both."))
    if request.json_schema is not None:
        body["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": request.json_schema},
        }
    if request.grammar:
        body["grammar"] = request.grammar
    if request.top_logprobs:
        body |= {"logprobs": True, "top_logprobs": request.top_logprobs}
    return body


def _clean(text: str) -> str:
    """Without lone surrogates, which no tokenizer can read."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _chunk(choice: Mapping[str, Any]) -> Chunk | None:
    text = (choice.get("delta") or {}).get("content") or ""
    tokens = (choice.get("logprobs") or {}).get("content") or ()
    weighed = tokens[0].get("top_logprobs", ()) if tokens else ()
    alternatives = tuple(Alternative(one["token"], one["logprob"]) for one in weighed)
    return Chunk(text, alternatives) if text or alternatives else None


def _usage(data: Mapping[str, Any]) -> Usage | None:
    usage, timings = data.get("usage"), data.get("timings") or {}
    if not usage:
        return None
    return Usage(
        prompt_tokens=usage["prompt_tokens"],
        cached_tokens=timings.get("cache_n", 0),
        completion_tokens=usage["completion_tokens"],
        prompt_ms=timings.get("prompt_ms", 0.0),
        completion_ms=timings.get("predicted_ms", 0.0),
    )


_CANCELLED: _Frame = (b"x", {})


def _next(frames: queue.SimpleQueue[_Frame | None], cancel: Cancel | None) -> _Frame | None:
    if cancel is None:
        return frames.get()
    while not cancel.is_set():
        try:
            return frames.get(timeout=_CANCEL_POLL)
        except queue.Empty:
            continue
    return _CANCELLED


def _forget(worker: Worker, number: int) -> None:
    try:
        worker.send(json.dumps({"cancel": number}).encode())
    except (OSError, ValueError) as error:  # gone, or its pipe closed by us: nothing left to cancel
        logger.debug("Nothing to cancel: %s", error)


def _failure(problem: str, request: GenerationRequest) -> HameauError:
    """The engine raises, instead of answering with an error, for a schema that it can't turn into a grammar."""
    if request.json_schema is not None or request.grammar:
        return BadInput(N_("The model can't take this request: {reason}"), reason=problem)
    return Unavailable(N_("The model failed: {reason}"), reason=problem)


def _explain(error: Mapping[str, Any]) -> HameauError:
    message = str(error.get("message", ""))
    if error.get("type") == "exceed_context_size_error":
        return BadInput(
            N_("That is too long for this model: {prompt} tokens, and it reads {context}."),
            hint=N_("Ask something shorter, or choose a model with a longer context."),
            prompt=error.get("n_prompt_tokens", 0),
            context=error.get("n_ctx", 0),
        )
    logger.warning("The engine refused a request: %s", message)
    if int(error.get("code", 500)) < 500:
        return BadInput(N_("The model can't take this request: {reason}"), reason=message)
    return Unavailable(N_("The model failed: {reason}"), reason=message)


def _load_error(card: ModelCard, state: Mapping[str, Any], worker: Worker) -> HameauError:
    logger.error("The engine could not load %s: %s %s", card.id, state, worker.last_words())
    if "missing" in state:
        return Missing(
            N_("The engine that runs models can't start: {reason}"),
            hint=N_("On Debian: apt install libgomp1. Otherwise reinstall Hameau; hameau doctor says what is missing."),
            reason=state["missing"],
        )
    if worker.exit_code == -9:
        return NotEnough(
            N_("The system stopped the model {model}, most likely because memory ran out."),
            hint=N_("Close other programs or choose a smaller model, then ask again."),
            model=card.title,
        )
    return Corrupt(
        N_("The engine can't load the model {model}: its file is damaged or of a kind it does not know."),
        hint=N_("Remove it and fetch it again: hameau models remove {id}"),
        model=card.title,
        id=card.id,
    )
