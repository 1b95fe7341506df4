"""The supervisor: takes up what the filter stopped, hands it to who decides, and watches over what was let out.

It runs outside the tree, before anything heavy is imported, until the tree's first process has ended.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import time
from functools import partial

from hameau.perimeter.gate import calls, refusing, tree, unix
from hameau.perimeter.gate.connecting import Connecting
from hameau.perimeter.gate.crew import Crew
from hameau.perimeter.gate.diag import Diagnosis
from hameau.perimeter.gate.doorway import Doorway
from hameau.perimeter.gate.listening import Listening
from hameau.perimeter.gate.notify import Call, Listener
from hameau.perimeter.gate.numbers import HERE
from hameau.perimeter.gate.outward import OutwardConnections
from hameau.perimeter.gate.pins import Pins
from hameau.perimeter.gate.ports import Book, Judge
from hameau.perimeter.types import Attempt, Verdict

_TICK = 0.1  # seconds between two looks at the open outward connections

logger = logging.getLogger(__name__)


class Supervisor:
    """Decides for one tree. ``walls`` are the names of what holds beside it."""

    def __init__(self, listener: Listener, door: Doorway, judge: Judge, book: Book, walls: tuple[str, ...]) -> None:
        self._listener = listener
        self._door = door
        self._judge = judge
        self._book = _Counting(book)
        self._crew = Crew(self._deny)
        self._diagnosis = diagnosis = Diagnosis()
        pins, paths = Pins(), unix.UnixSockets()
        ours: dict[int, int] = {}
        self._outward = OutwardConnections(os.getpid(), judge, self._book, diagnosis)
        shared = (listener, judge, self._book, self._crew, diagnosis, self._outward)
        self._connecting = Connecting(*shared, pins, ours, paths)
        self._listening = Listening(*shared, ours, paths)
        paths.listens(os.path.realpath(door.path))
        door.serve(judge, self._book, pins, self._outward, partial(self._state, walls, time.time()))

    def descriptors(self) -> set[int]:
        """What the supervisor itself has open."""
        return {self._listener.fileno(), self._door.fileno(), self._diagnosis.fileno(), self._outward.fileno()}

    def run(self, *others: int) -> None:
        """Until one of ``others`` (descriptors) can be read."""
        poll = select.poll()
        for each in (self._listener.fileno(), self._door.fileno(), self._outward.fileno(), *others):
            poll.register(each, select.POLLIN)
        looked = time.monotonic()
        while True:
            events = poll.poll(_TICK * 1000 if self._outward else None)
            for descriptor, event in events:
                if descriptor in others:
                    return
                if descriptor == self._door.fileno():
                    self._door.take()
                elif descriptor == self._outward.fileno():
                    os.eventfd_read(descriptor)
                elif event & select.POLLIN:
                    self._next()
                else:  # nobody is behind the filter any more
                    poll.unregister(descriptor)
            if self._outward and time.monotonic() - looked >= _TICK:
                self._look()
                looked = time.monotonic()

    def close(self) -> None:
        """Writes down what is left and takes the door away."""
        self._look()
        self._outward.close()
        self._door.close()

    def _look(self) -> None:
        try:
            self._outward.watch()
        except Exception:
            logger.exception("the outward connections could not be looked at")

    def _next(self) -> None:
        call = self._listener.receive()
        if call is None:
            return
        try:
            if call.number == HERE["connect"]:
                self._connecting.take(call)
            elif call.number == HERE["listen"]:
                self._listening.take(call)
            else:
                self._crew.soon(call, partial(self._refuse, call))
        except Exception:
            logger.exception("a stopped call could not be judged: it is refused")
            self._deny(call)

    def _deny(self, call: Call) -> None:
        with contextlib.suppress(OSError):  # it may have been answered before
            self._listener.answer(call, refusing.ANSWER)

    def _refuse(self, call: Call) -> None:
        attempt = refusing.attempt_of(call)
        try:
            pid = calls.group_of(call.thread)
        except OSError:
            pid = call.thread
        try:
            self._book.refused(attempt, self._judge(attempt), program=tree.program_of(pid), pid=pid)
        finally:
            self._listener.answer(call, refusing.ANSWER)

    def _state(self, walls: tuple[str, ...], since: float) -> dict[str, object]:
        return {
            "level": "gate",
            "walls": list(walls),
            "since": since,
            "refused": self._book.count,
            "connections": self._outward.names(),
        }


class _Counting:
    """A book that knows how many refusals were written."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self.count = 0

    def refused(self, attempt: Attempt, judged: Verdict, *, program: str, pid: int) -> None:
        self.count += 1
        self._book.refused(attempt, judged, program=program, pid=pid)

    def allowed(self, attempt: Attempt, judged: Verdict, *, program: str, pid: int) -> None:
        self._book.allowed(attempt, judged, program=program, pid=pid)

    def ended(
        self,
        attempt: Attempt,
        connection: str,
        *,
        sent: int | None,
        received: int | None,
        program: str,
        pid: int,
        cut: bool,
    ) -> None:
        self._book.ended(attempt, connection, sent=sent, received=received, program=program, pid=pid, cut=cut)
