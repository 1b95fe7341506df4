"""Chat models in GGUF, run by llama.cpp (through xllamacpp) in a process of their own.

- :mod:`~hameau.models.engines.xllamacpp_request`: what the engine is asked
- :mod:`~hameau.models.engines.xllamacpp_answer`: what it says back
- :mod:`~hameau.models.engines.xllamacpp_room`: who is in it at the same time
- :mod:`~hameau.models.engines.xllamacpp_worker`: its process, and in it
  :mod:`~hameau.models.engines.xllamacpp_brake`, which stops it in the middle of a long prompt
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import msgspec

from hameau.kit import N_, Unavailable
from hameau.models.engines.beside import Beside, Frame, loaded
from hameau.models.engines.xllamacpp_answer import Answer, Piece, complaint, load_error, pieces, refusal
from hameau.models.engines.xllamacpp_request import Order, order_of
from hameau.models.engines.xllamacpp_room import Room
from hameau.models.inspect import FileFacts, check_adapter, check_projector, inspect
from hameau.models.machine import calm_threads
from hameau.models.openmp import openmp_environment
from hameau.models.ports import Cancel
from hameau.models.types import Chunk, EngineOptions, GenerationRequest, InstalledModel, ModelCard
from hameau.models.worker import Worker

logger = logging.getLogger(__name__)

_WORKER = "hameau.models.engines.xllamacpp_worker"
_BATCH = 512  # tokens of a prompt that are read at a time
_SHARED_BATCH = 128  # while several are in the engine: whoever is written to waits for a batch between two words
_LOAD_SECONDS, _SLOWEST_DISK = 60.0, 5_000_000  # and its bytes a second
_SILENT_SECONDS, _SLOWEST_READING = 60.0, 20_000_000  # of weights a second, for a part of a prompt or a picture
_FULL = "Context size has been exceeded"  # the engine's words when conversations that share a context filled it


def load(model: InstalledModel, options: EngineOptions) -> LlamaGenerator:
    """Loads ``model``; the memory is checked by the caller. Raises :class:`Corrupt`, :class:`Missing`,
    :class:`NotEnough`, or :class:`BadInput` for a projector or an adapter that is none or does not fit."""
    if model.projector:
        check_projector(Path(model.projector))
    if model.recipe.adapters:
        family = inspect(Path(model.path)).architecture
        for adapter in model.recipe.adapters:
            check_adapter(Path(adapter.path), family)
    return LlamaGenerator(model, options)


class LlamaGenerator:
    """A :class:`~hameau.models.Generator`. When its process dies, the answers in progress fail and the next one
    restarts it."""

    def __init__(self, model: InstalledModel, options: EngineOptions) -> None:
        self._model = model
        self._options = options
        self._room = Room(options.context, options.parallel)
        self._known: FileFacts | None = None
        self._process = Beside(model.card, self._start, _SILENT_SECONDS + self._size() / _SLOWEST_READING)

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
        order = order_of(request, self._model, self._facts)
        answer = Answer(request)
        try:
            yield from self._in_turn(order, request, answer, cancel)
            return
        except _Crowded:
            logger.info("The conversations filled the context of %s together: one is asked again, alone.", self.card.id)
        yield from self._in_turn(order, request, Answer(request), cancel, alone=True)

    def close(self) -> None:
        """Ends the process and frees its memory."""
        self._process.close()

    def _in_turn(
        self, order: Order, request: GenerationRequest, answer: Answer, cancel: Cancel | None, alone: bool = False
    ) -> Iterator[Chunk]:
        number = self._process.number()
        weight = self._options.context if alone else order.weight
        if not self._room.enter(number, weight, request.max_tokens, cancel):
            yield answer.stopped("cancelled")
            return
        try:
            yield from self._run(number, order, request, answer, cancel)
        finally:
            self._room.leave(number)

    def _run(
        self, number: int, order: Order, request: GenerationRequest, answer: Answer, cancel: Cancel | None
    ) -> Iterator[Chunk]:
        known = 0
        with self._process.line(number, order.route, order.body.encode()) as line:
            while (frame := line.next(cancel)) is not None:
                letter, piece = self._understood(frame)
                if letter == b"e":
                    line.finished = True
                    if piece.problem:
                        raise refusal(piece.problem)
                    yield from answer.end()
                    return
                if piece.error is not None:
                    line.finished = True
                    if _FULL not in str(piece.error.get("message")):
                        raise complaint(piece.error)
                    if not answer.written:
                        raise _Crowded
                    yield answer.stopped("length")
                    return
                yield from answer.add(piece)
                if answer.prompt_tokens != known:
                    known = answer.prompt_tokens
                    self._room.read(number, known, request.max_tokens)
                if answer.complete or (answer.written and not self._room.wrote(number, known + answer.written)):
                    yield answer.stopped("length")
                    return
            yield answer.stopped("cancelled")

    def _facts(self) -> FileFacts:
        if self._known is None:
            self._known = inspect(Path(self._model.path))
        return self._known

    def _start(self) -> Worker:
        worker = Worker(_WORKER, calm_threads() | openmp_environment())
        order: dict[str, object] = asdict(self._options) | {
            "path": self._model.path,
            "projector": self._model.projector,
            "adapters": [asdict(adapter) for adapter in self._model.recipe.adapters],
            "batch": _BATCH,
            # A picture must not be cut: some models see all of it at once or nothing.
            "shared_batch": _BATCH if self._model.projector else _SHARED_BATCH,
        }
        state = loaded(worker, order, self._patience())
        if not state.get("ready"):
            worker.close()
            raise load_error(self._model, state, worker)
        return worker

    def _patience(self) -> float:
        """Seconds that loading may take: the slowest disk does it, and a chat template that never ends its work does not."""
        return _LOAD_SECONDS + self._size() / _SLOWEST_DISK

    def _size(self) -> int:
        try:
            return Path(self._model.path).stat().st_size
        except OSError:
            return 0  # gone: the engine says so

    def _understood(self, frame: Frame) -> tuple[bytes, Piece]:
        letter, said = frame
        try:
            return letter, pieces.decode(said)
        except msgspec.DecodeError as error:
            logger.error("The engine of %s said what can't be read: %s", self.card.id, error)
            raise Unavailable(
                N_("The model {model} said something that can't be read."), model=self.card.title
            ) from error


class _Crowded(Exception):
    """The conversations in the engine filled its context, and this one had not begun to write."""
