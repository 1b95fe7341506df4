"""The connections that lead out of the tree: watched while they live, counted when they end, cut when no longer allowed.

The supervisor keeps no descriptor of them, so that a program can close what it opened; it knows each by the kernel's own
number (the inode) and its two ends, and fetches a descriptor from the program only to cut.
"""

# ruff: noqa: PTH110 - on the way of every call: paths stay plain texts
from __future__ import annotations

import os
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass

from hameau.perimeter.gate import calls, tree
from hameau.perimeter.gate.address import Place
from hameau.perimeter.gate.diag import Diagnosis
from hameau.perimeter.gate.ports import Book, Judge
from hameau.perimeter.types import Act, Attempt

_UNSPEC = struct.pack("=H14x", socket.AF_UNSPEC)
_CLOSED = 7  # TCP_CLOSE


@dataclass(slots=True)
class Outward:
    """One connection that was allowed to leave."""

    inode: int
    attempt: Attempt
    place: Place
    connection: str
    program: str
    pid: int
    descriptor: int = -1
    """Ours, while the supervisor itself still connects it."""
    thread: int = 0
    local: tuple[bytes, int] | None = None
    sent: int | None = None
    received: int | None = None
    cut: bool = False


class OutwardConnections:
    """All of one tree. Safe from many threads. ``fileno`` becomes readable when there is a first one to be watched: it may
    come from a thread while the one that watches sleeps."""

    def __init__(self, root: int, judge: Judge, book: Book, diagnosis: Diagnosis) -> None:
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._root = root
        self._judge = judge
        self._book = book
        self._diagnosis = diagnosis
        self._lock = threading.RLock()
        self._open: dict[int, Outward] = {}
        self._listening: dict[int, Attempt] = {}

    def __bool__(self) -> bool:
        return bool(self._open or self._listening)

    def fileno(self) -> int:
        """Readable when there is something to be watched again; whoever sleeps on it reads it (``eventfd(2)``)."""
        return self._wake

    def names(self) -> list[str]:
        """The Connections that are in use now."""
        with self._lock:
            return sorted({each.connection for each in self._open.values() if each.connection})

    def begin(self, outward: Outward) -> bool:
        """Watches ``outward`` from now on; false when it is watched already (a second ``connect`` asks how it goes)."""
        with self._lock:
            known = self._open.get(outward.inode)
            if known is not None and known.attempt == outward.attempt:
                return False
            first = not self
            self._open[outward.inode] = outward
        if first:
            os.eventfd_write(self._wake, 1)
        if known is not None:  # the same socket, connected anew
            self._write(known, known.sent, known.received)
        return True

    def connected(self, inode: int, descriptor: int) -> None:
        """The supervisor has done its part; ``descriptor`` tells the near end."""
        with self._lock:
            outward = self._open.get(inode)
            if outward is not None:
                outward.local = _near_end(descriptor)
                outward.descriptor = -1

    def failed(self, inode: int) -> None:
        """It never came about, or the program has hung up itself."""
        with self._lock:
            self._open.pop(inode, None)

    def listening(self, inode: int, attempt: Attempt) -> None:
        """A program of the tree may be reached from elsewhere at the place of ``attempt``."""
        with self._lock:
            first = not self
            self._listening[inode] = attempt
        if first:
            os.eventfd_write(self._wake, 1)

    def reported(self, address: str, port: int, sent: int, received: int) -> bool:
        """The program itself says that its connection to this place is over. What it counted is written down when the
        connection has really ended: until then it is watched, and cut, as before."""
        with self._lock:
            found = next(
                (each for each in self._open.values() if (each.attempt.address, each.attempt.port) == (address, port)),
                None,
            )
            if found is None:
                return False
            found.sent, found.received = max(found.sent or 0, sent), max(found.received or 0, received)
        return True

    def watch(self) -> int:
        """Writes down what has ended and cuts what is no longer allowed; how many were cut."""
        with self._lock:
            now = list(self._open.values())
        cut = 0
        for outward in now:
            if self._ended(outward):
                continue
            if not outward.cut and not self._judge(outward.attempt).allowed:
                outward.cut = True
                cut += 1
            if outward.cut:  # again until it is gone: a descriptor may be on its way from one program to another
                self._hang_up(outward)
        return cut + self._watch_listeners()

    def close(self) -> None:
        """Writes down what is left, when the tree has ended."""
        with self._lock:
            rest, self._open = list(self._open.values()), {}
        for outward in rest:
            self._write(outward, outward.sent, outward.received)

    def _ended(self, outward: Outward) -> bool:
        with self._lock:
            if outward.descriptor >= 0:
                if not os.path.exists(f"/proc/{outward.thread}"):  # nobody waits for it any more
                    calls.shutdown(outward.descriptor)
                return False
        local = outward.local
        if local is None or not self._diagnosis.exact:
            return False if local is None else self._unheld(outward)
        found = self._diagnosis.connection(local, (outward.place.packed, outward.attempt.port))
        if found is not None and found.counted:
            outward.sent = max(outward.sent or 0, found.sent)
            outward.received = max(outward.received or 0, found.received)
        if found is not None and found.inode == outward.inode and found.state != _CLOSED:
            return False
        with self._lock:
            if self._open.get(outward.inode) is not outward:
                return True
            del self._open[outward.inode]
        self._write(outward, outward.sent, outward.received)
        return True

    def _unheld(self, outward: Outward) -> bool:
        holders = (inode for pid in tree.descendants(self._root) for _, inode in tree.sockets_of(pid))
        if outward.inode in holders:
            return False
        self.failed(outward.inode)
        self._write(outward, outward.sent, outward.received)
        return True

    def _write(self, outward: Outward, sent: int | None, received: int | None) -> None:
        self._book.ended(
            outward.attempt,
            outward.connection,
            sent=sent,
            received=received,
            program=outward.program,
            pid=outward.pid,
            cut=outward.cut,
        )

    def _watch_listeners(self) -> int:
        """Those who may be reached from elsewhere: shut when that is no longer allowed, with whoever came in by them."""
        with self._lock:
            now = dict(self._listening)
        cut = 0
        for inode, attempt in now.items():
            if self._judge(attempt).allowed:
                continue
            cut += self._each_socket(_any, {inode})
            cut += self._visitors(attempt.port)
            with self._lock:
                self._listening.pop(inode, None)
        return cut

    def _visitors(self, port: int) -> int:
        def came_in(line: socket.socket) -> bool:
            try:
                near, far = line.getsockname(), line.getpeername()
            except OSError:
                return False
            return isinstance(near, tuple) and near[1] == port and not _is_loopback(str(far[0]))

        return self._each_socket(came_in)

    def _hang_up(self, outward: Outward) -> None:
        with self._lock:  # so that our descriptor can't be closed, and given to another, meanwhile
            if outward.descriptor >= 0:
                _cut(outward.descriptor)
                return
        self._each_socket(_any, {outward.inode})

    def _each_socket(self, wanted: Callable[[socket.socket], bool], inodes: set[int] | None = None) -> int:
        """Cuts every socket of the tree that is ``wanted``; once each, whoever holds it."""
        seen: set[int] = set()
        cut = 0
        for pid in tree.descendants(self._root):
            for descriptor, inode in tree.sockets_of(pid):
                if inode in seen or (inodes is not None and inode not in inodes):
                    continue
                seen.add(inode)
                try:
                    line = socket.socket(fileno=calls.borrowed(pid, descriptor))
                except OSError:
                    seen.discard(inode)
                    continue
                with line:
                    if line.family in (socket.AF_INET, socket.AF_INET6) and wanted(line):
                        cut += _cut(line.fileno())
        return cut


def _any(_: socket.socket) -> bool:
    return True


def _cut(descriptor: int) -> bool:
    """Ends a connection at once: what waits to be sent is thrown away (``tcp(7)``: connecting to AF_UNSPEC resets)."""
    ended = calls.shutdown(descriptor) == 0
    calls.connect(descriptor, _UNSPEC)
    return ended


def _near_end(descriptor: int) -> tuple[bytes, int] | None:
    line = socket.socket(fileno=descriptor)
    try:
        near = line.getsockname()
        address = str(near[0]).partition("%")[0]
        packed = socket.inet_pton(line.family, address)
    except (OSError, IndexError, TypeError):
        return None
    finally:
        line.detach()
    return (packed[12:] if packed.startswith(bytes(10) + b"\xff\xff") else packed), int(near[1])


def _is_loopback(address: str) -> bool:
    return address.startswith(("127.", "::ffff:127.")) or address == "::1"


def attempt_to(place: Place, host: str = "", *, own: bool = False) -> Attempt:
    """The attempt to connect to ``place``."""
    return Attempt(Act.CONNECT, place.family, place.address, place.port, host=host, own=own)
