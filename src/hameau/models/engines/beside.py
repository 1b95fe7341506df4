"""The process of a chat engine, as those who ask it see it: several ask at once, each gets what is said to them, and when the
process has died the next one to ask starts it anew. Knows nothing of what is said.

A message is four bytes of a request's number, one letter, and a body; the letter ``x`` to the process means: never mind, and
``e`` from it: this was all.
"""

from __future__ import annotations

import itertools
import json
import logging
import queue
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from hameau.kit import N_, HameauError, NotEnough, Unavailable
from hameau.models.ports import Cancel
from hameau.models.types import ModelCard
from hameau.models.worker import Worker

logger = logging.getLogger(__name__)

_HEAD = struct.Struct("<Ic")
_NEVER_MIND, _END = b"x", b"e"
_LOOK = 0.08  # seconds between two looks at whether the one who waits has gone

Frame = tuple[bytes, bytes]
"""A letter and what follows it."""
_Frames = queue.SimpleQueue[Frame | None]


class Line:
    """What the process says to one request."""

    def __init__(self, frames: _Frames, died: Callable[[], HameauError]) -> None:
        self._frames = frames
        self._died = died
        self.finished = False
        """Nothing more is to come: set by whoever understands what is said. Else the process is told to stop."""

    def next(self, cancel: Cancel | None) -> Frame | None:
        """The next frame; ``None`` when ``cancel`` was set meanwhile. Raises when the process is gone."""
        while cancel is None or not cancel.is_set():
            try:
                frame = self._frames.get(timeout=None if cancel is None else _LOOK)
            except queue.Empty:
                continue
            if frame is None:
                raise self._died()
            return frame
        return None


class Beside:
    """The process of one engine with one model. ``start`` begins it, loads the model, and raises what went wrong.

    When it owes answers, even to those who hung up, and says nothing at all for ``silence`` seconds, it is stuck, in a schema
    that can't be followed perhaps: it is killed, so that one request never takes the model away from everybody.
    """

    def __init__(self, card: ModelCard, start: Callable[[], Worker], silence: float | None = None) -> None:
        self._card = card
        self._start_one = start
        self._silence = silence
        self._owed: set[int] = set()
        """Requests that the process has not answered to the end, whoever still listens."""
        self._heard = time.monotonic()
        self._stuck: Worker | None = None
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._waiting: dict[int, tuple[Worker, _Frames]] = {}
        self._closed = False
        self._worker = self._start()

    @property
    def memory_bytes(self) -> int:
        """What the process holds now."""
        return self._worker.memory_bytes

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._worker.pid

    def number(self) -> int:
        """For the next request."""
        return next(self._numbers)

    @contextmanager
    def line(self, number: int, letter: bytes, body: bytes) -> Iterator[Line]:
        """Asks the process; when the block is left before the answer is whole, the process is told to stop."""
        frames: _Frames = queue.SimpleQueue()
        worker = self._ask(number, _HEAD.pack(number, letter) + body, frames)
        line = Line(frames, lambda: self._died(worker))
        try:
            yield line
        finally:
            with self._lock:
                self._waiting.pop(number, None)
            if not line.finished:
                _stop(worker, number)

    def close(self) -> None:
        """Ends the process and frees its memory."""
        with self._lock:
            self._closed = True
        self._worker.close()

    def _ask(self, number: int, message: bytes, frames: _Frames) -> Worker:
        try:
            return self._ask_once(number, message, frames)
        except OSError as error:  # it had just died, and that could not be seen yet: a new one is asked, once
            logger.info("The engine of %s was gone: %s", self._card.id, error)
        try:
            return self._ask_once(number, message, frames)
        except OSError as error:
            raise self._died(self._worker) from error

    def _ask_once(self, number: int, message: bytes, frames: _Frames) -> Worker:
        """Raises ``OSError`` when the process dies at this very moment."""
        with self._lock:
            if self._closed:
                raise _put_away()
            if not self._worker.alive:
                self._worker.kill()
                self._worker = self._start()
            worker = self._worker
            self._waiting[number] = (worker, frames)
            if not self._owed:
                self._heard = time.monotonic()
            self._owed.add(number)
        try:
            worker.send(message)
        except OSError:
            with self._lock:
                self._waiting.pop(number, None)
            worker.kill()
            raise
        return worker

    def _start(self) -> Worker:
        worker = self._start_one()
        self._owed = set()
        gone = threading.Event()
        threading.Thread(target=self._read, args=(worker, gone), daemon=True, name="hameau-answers").start()
        if self._silence is not None:
            watch = (worker, gone, self._silence)
            threading.Thread(target=self._watch, args=watch, daemon=True, name="hameau-watch").start()
        return worker

    def _watch(self, worker: Worker, gone: threading.Event, silence: float) -> None:
        while not gone.wait(silence / 4):
            with self._lock:
                stuck = bool(self._owed) and time.monotonic() - self._heard > silence
            if stuck:
                logger.error("The engine of %s says nothing any more: it is ended.", self._card.id)
                self._stuck = worker
                worker.kill()
                return

    def _read(self, worker: Worker, gone: threading.Event) -> None:
        while (frame := worker.receive()) is not None:
            number, letter = _HEAD.unpack_from(frame)
            with self._lock:
                self._heard = time.monotonic()
                if letter == _END:
                    self._owed.discard(number)
                _, frames = self._waiting.get(number, (worker, None))
            if frames is not None:
                frames.put((letter, frame[_HEAD.size :]))
        gone.set()
        with self._lock:
            orphans = [frames for owner, frames in self._waiting.values() if owner is worker]
        for frames in orphans:
            frames.put(None)

    def _died(self, worker: Worker) -> HameauError:
        if self._closed:
            return _put_away()
        logger.error("The engine of %s died.", self._card.id)
        logger.debug("Its last words, which may hold what was asked: %s", worker.last_words())
        if worker.exit_code == -9 and worker is not self._stuck:
            return out_of_memory(self._card)
        return Unavailable(
            N_("The model {model} stopped unexpectedly."), hint=N_("Ask again: it starts anew."), model=self._card.title
        )


def loaded(worker: Worker, order: dict[str, object], patience: float | None = None) -> dict[str, Any]:
    """What ``worker`` says when it has loaded, or tried to, what ``order`` names: nothing when it died over it.

    It is killed after ``patience`` seconds, and the answer then is ``{"late": True}``.
    """
    late = threading.Event()

    def give_up() -> None:
        late.set()
        worker.kill()

    timer = threading.Timer(patience, give_up) if patience is not None else None
    if timer is not None:
        timer.start()
    try:
        worker.send(json.dumps({"load": order}).encode())
        answer = worker.receive()
    except OSError:
        answer = None
    finally:
        if timer is not None:
            timer.cancel()
    state: dict[str, Any] = json.loads(answer) if answer is not None else {"late": late.is_set()}
    return state


def out_of_memory(card: ModelCard) -> NotEnough:
    """The system ended the engine."""
    return NotEnough(
        N_("The system stopped the model {model}, most likely because memory ran out."),
        hint=N_("Close other programs or choose a smaller model, then ask again."),
        model=card.title,
    )


def _put_away() -> Unavailable:
    """Somebody closed it."""
    return Unavailable(N_("This model was put away."), hint=N_("Ask again: it will be loaded anew."))


def _stop(worker: Worker, number: int) -> None:
    try:
        worker.send(_HEAD.pack(number, _NEVER_MIND))
    except (OSError, ValueError) as error:  # gone, or its pipe closed by us: nothing left to stop
        logger.debug("Nothing to stop: %s", error)
