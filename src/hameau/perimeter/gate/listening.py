"""``listen``, done by the supervisor: it sees where a socket is bound, and remembers that it is one of ours."""

from __future__ import annotations

import errno
import os
import socket
from functools import partial

from hameau.perimeter.gate import calls, tree, unix
from hameau.perimeter.gate.crew import Crew
from hameau.perimeter.gate.diag import Diagnosis
from hameau.perimeter.gate.notify import Call, Listener
from hameau.perimeter.gate.outward import OutwardConnections
from hameau.perimeter.gate.ports import Book, Judge
from hameau.perimeter.types import Act, Attempt

_MOST = 1024


class Listening:
    """Answers ``listen``. ``ours`` are the inodes of the tree's listening sockets, with their ports."""

    def __init__(
        self,
        listener: Listener,
        judge: Judge,
        book: Book,
        crew: Crew,
        diagnosis: Diagnosis,
        outward: OutwardConnections,
        ours: dict[int, int],
        paths: unix.UnixSockets,
    ) -> None:
        self._listener = listener
        self._judge = judge
        self._book = book
        self._crew = crew
        self._diagnosis = diagnosis
        self._outward = outward
        self._ours = ours
        self._paths = paths

    def take(self, call: Call) -> None:
        """Answers ``call``, now or later from another thread."""
        try:
            descriptor = calls.borrowed(call.thread, call.integer(0))
        except OSError as error:
            self._listener.answer(call, errno.EBADF if error.errno == errno.EBADF else errno.EACCES)
            return
        if not self._listener.waits(call):
            os.close(descriptor)
            return
        try:
            line = socket.socket(fileno=descriptor)
        except OSError as error:
            os.close(descriptor)
            self._listener.answer(call, error.errno or errno.ENOTSOCK)
            return
        if line.family == socket.AF_UNIX:  # to look at a path may take its time
            self._crew.soon(call, partial(self._decide, call, line))
        else:
            self._decide(call, line)

    def _decide(self, call: Call, line: socket.socket) -> None:
        with line:
            if line.family == socket.AF_UNIX:
                error = self._unix(call, line)
            elif line.family in (socket.AF_INET, socket.AF_INET6):
                error = self._internet(call, line)
            else:
                error = calls.listen(line.fileno(), call.integer(1))
        self._listener.answer(call, error)

    def _unix(self, call: Call, line: socket.socket) -> int:
        name = line.getsockname()
        if isinstance(name, str) and name:
            try:
                self._paths.listens(unix.absolute(call.thread, name))
            except OSError:
                pass  # in another view of the files: it may listen, but will not be connected to
        return calls.listen(line.fileno(), call.integer(1))

    def _internet(self, call: Call, line: socket.socket) -> int:
        address, port = _bound(line)
        attempt = Attempt(Act.LISTEN, "inet6" if ":" in address else "inet", address, port)
        inode = os.fstat(line.fileno()).st_ino
        if not _is_loopback(address):
            judged = self._judge(attempt)
            pid = _group_of(call.thread)
            program = tree.program_of(pid)
            if not judged.allowed:
                self._book.refused(attempt, judged, program=program, pid=pid)
                return errno.EACCES
            self._book.allowed(attempt, judged, program=program, pid=pid)
            self._outward.listening(inode, attempt)
        error = calls.listen(line.fileno(), call.integer(1))
        if error == 0:
            if _is_loopback(address) and _bound(line) != (address, port):
                calls.shutdown(line.fileno())  # it was moved under our hands
                return errno.EACCES
            self._remember(inode, port or _bound(line)[1])
        return error

    def _remember(self, inode: int, port: int) -> None:
        if len(self._ours) >= _MOST:
            held = {number for pid in tree.descendants(os.getpid()) for _, number in tree.sockets_of(pid)}
            for old in [each for each in self._ours if each not in held]:
                self._ours.pop(old, None)
        self._ours[inode] = port


def _bound(line: socket.socket) -> tuple[str, int]:
    """Where ``line`` is bound; an address that is not bound yet would be every one."""
    found = line.getsockname()
    address = str(found[0])
    return address.removeprefix("::ffff:") if "." in address else address, int(found[1])


def _is_loopback(address: str) -> bool:
    return address == "::1" or (address.startswith("127.") and ":" not in address)


def _group_of(thread: int) -> int:
    try:
        return calls.group_of(thread)
    except OSError:
        return thread
