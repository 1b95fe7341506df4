"""Several requests over one line that was allowed: made when it is needed, kept while both sides want it, made anew when not.

Each request is bounded as if it were alone (:mod:`hameau.perimeter.exchange`), and the Connection is looked up before each.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Protocol

from hameau.perimeter.exchange import Answer, Ask, exchange
from hameau.perimeter.guard import target_of
from hameau.perimeter.types import Connection, Target
from hameau.perimeter.wire import Broken, Patience, Stop, Wire

_LEFT = 1 << 16
"""Bytes of an answer that nobody read which are read over, so that the line can be kept."""
_HARMLESS = frozenset(["GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT"])
"""Requests that may be sent a second time (RFC 9110, 9.2.2; RFC 4918, 9.1; RFC 3253, 3.6)."""


class Lines(Protocol):
    """Who makes lines: the client."""

    def line(self, name: str, host: str, port: int, *, tls: bool = True) -> AbstractContextManager[socket.socket]: ...

    def connection(self, name: str) -> Connection: ...


class Session:
    """Requests under one Connection, one after the other, from one thread at a time."""

    def __init__(self, lines: Lines, name: str, cancel: Stop | None, patience: Patience) -> None:
        self._lines, self._name, self._cancel, self._patience = lines, name, cancel, patience
        self._stack = ExitStack()
        self._goal: Target | None = None
        self._line: socket.socket | None = None

    @contextmanager
    def ask(self, ask: Ask, *, patience: Patience | None = None) -> Iterator[Answer]:
        """One request and its answer, whose body is read inside the block. A redirect is an answer, and is not followed.

        Raises as :meth:`hameau.perimeter.Client.exchange` does.
        """
        patient = patience or self._patience
        self._lines.connection(self._name)
        answer = self._asked(ask, patient)
        kept = False
        try:
            yield answer
            if not answer.keeps:
                answer.drain(_LEFT)
            kept = answer.keeps
        finally:
            if not kept:
                self.close()

    def close(self) -> None:
        """Hangs up; a later request would make another line."""
        self._line = self._goal = None
        self._stack.close()

    def _asked(self, ask: Ask, patience: Patience) -> Answer:
        goal = target_of(ask.url)
        used = self._line is not None and goal == self._goal
        wire = self._wire(goal, patience)
        try:
            return exchange(wire, ask, patience, keep=True)
        except Broken:
            self.close()
            if not (used and wire.silent and ask.method in _HARMLESS):
                raise
        except BaseException:
            self.close()
            raise
        # The other side had let the kept line go before it heard the request: once more, over a new one.
        try:
            return exchange(self._wire(goal, patience), ask, patience, keep=True)
        except BaseException:
            self.close()
            raise

    def _wire(self, goal: Target, patience: Patience) -> Wire:
        if self._line is None or goal != self._goal:
            self.close()
            made = self._lines.line(self._name, goal.host, goal.port, tls=goal.scheme == "https")
            self._line = self._stack.enter_context(made)
            self._goal = goal
        return Wire(self._line, goal.host, patience, self._cancel, lambda: self._lines.connection(self._name))
