"""A line that was allowed, as a stream that can be left at any moment while it waits. Knows nothing of what is said on it."""

from __future__ import annotations

import logging
import select
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from hameau.kit import N_, Cancelled, HameauError, Unavailable

logger = logging.getLogger(__name__)

_LOOK = 50
"""Milliseconds between two looks at whether somebody still waits."""
_RECHECK = 1.0
"""Seconds between two looks at whether the line is still allowed."""
_PIECE = 1 << 16


class Stop(Protocol):
    """Asked while waiting: is the answer still wanted? ``threading.Event`` is one."""

    def is_set(self) -> bool: ...


class Broken(Unavailable):
    """The other side hung up, or the line broke."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long, in seconds, and how much, in bytes, of the other side."""

    first: float = 600.0
    """Until the head of the answer is whole: a model may have to be loaded first."""
    between: float = 180.0
    """Until a line of the answer is whole."""
    line: int = 8 << 20
    total: int = 256 << 20


class Wire:
    """Bytes to and from ``host`` over ``line``, which stays the caller's to close.

    Every method raises :class:`Cancelled` when ``cancel`` is set, what ``allowed`` raises when the line was taken back, and
    :class:`Unavailable` when the other side is silent, hangs up early or sends too much.
    """

    def __init__(
        self, line: socket.socket, host: str, patience: Patience, cancel: Stop | None, allowed: Callable[[], object]
    ) -> None:
        self.host = host
        self._line = line
        self._cancel = cancel
        self._allowed = allowed
        self._room = self._total = patience.total
        self._here = bytearray()
        self._until = time.monotonic() + patience.first
        self._next_look = time.monotonic() + _RECHECK
        line.setblocking(False)

    @property
    def rest(self) -> bool:
        """Whether something is here that nobody has taken."""
        return bool(self._here)

    @property
    def silent(self) -> bool:
        """Whether nothing has come yet."""
        return self._room == self._total

    def wait_at_most(self, seconds: float) -> None:
        """From now on, what is waited for must be here in so many seconds."""
        self._until = time.monotonic() + seconds

    def send(self, data: bytes) -> None:
        """All of ``data``."""
        rest = memoryview(data)
        while rest:
            self._check()
            try:
                rest = rest[self._line.send(rest[:_PIECE]) :]
            except (BlockingIOError, ssl.SSLWantWriteError):
                self._wait(select.POLLOUT)
            except ssl.SSLWantReadError:
                self._wait(select.POLLIN)
            except OSError as error:
                raise self.broken(error) from error

    def line(self, longest: int) -> bytes | None:
        """The next line with its end; the last one may have none, and then comes ``None``."""
        looked = 0
        while (end := self._here.find(b"\n", looked)) < 0:
            looked = len(self._here)
            if looked > longest:
                raise self.too_much()
            if not self._fill():
                return self._take(len(self._here)) or None
        if end >= longest:
            raise self.too_much()
        return self._take(end + 1)

    def some(self, most: int) -> bytes:
        """What is here, up to ``most`` bytes, at least one; empty when the other side has hung up."""
        if not self._here:
            self._fill()
        return self._take(min(most, len(self._here)))

    def exactly(self, size: int) -> bytes:
        """So many bytes."""
        while len(self._here) < size:
            if not self._fill():
                raise self.broken(EOFError("in the middle"))
        return self._take(size)

    def broken(self, why: Exception) -> HameauError:
        """The error for a line that broke."""
        logger.info("%s: %r", self.host, why)
        return Broken(
            N_("{host} hung up before its answer was whole."),
            hint=N_("Ask again; if it happens again, look at it."),
            host=self.host,
        )

    def too_much(self) -> HameauError:
        """The error for what is endless."""
        return Unavailable(N_("{host} sends more than an answer can hold: it was cut off."), host=self.host)

    def _take(self, size: int) -> bytes:
        taken = bytes(self._here[:size])
        del self._here[:size]
        return taken

    def _fill(self) -> bool:
        """Waits for something; false: the other side has hung up."""
        while True:
            self._check()
            try:
                got = self._line.recv(_PIECE)
            except (BlockingIOError, ssl.SSLWantReadError):
                self._wait(select.POLLIN)
            except ssl.SSLWantWriteError:
                self._wait(select.POLLOUT)
            except OSError as error:
                raise self.broken(error) from error
            else:
                self._room -= len(got)
                if self._room < 0:
                    raise self.too_much()
                self._here += got
                return bool(got)

    def _wait(self, what: int) -> None:
        poll = select.poll()
        poll.register(self._line.fileno(), what)
        poll.poll(_LOOK)

    def _check(self) -> None:
        if self._cancel is not None and self._cancel.is_set():
            raise Cancelled
        now = time.monotonic()
        if now > self._until:
            raise Unavailable(
                N_("{host} is silent: it was given up."),
                hint=N_("It may be busy. Ask again later, or look at it."),
                host=self.host,
            )
        if now > self._next_look:
            self._allowed()
            self._next_look = now + _RECHECK
