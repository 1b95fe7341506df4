"""``connect``, done by the supervisor on a descriptor of its own, to the very bytes that it judged.

So neither another thread that changes the address meanwhile nor one that swaps the socket can bend the verdict.
"""

from __future__ import annotations

import errno
import os
import socket
from functools import partial

from hameau.perimeter.gate import calls, nearend, tree, unix
from hameau.perimeter.gate.address import LONGEST, Place, place_of
from hameau.perimeter.gate.crew import Crew
from hameau.perimeter.gate.diag import Diagnosis
from hameau.perimeter.gate.notify import Call, Listener
from hameau.perimeter.gate.outward import Outward, OutwardConnections, attempt_to
from hameau.perimeter.gate.pins import Pins
from hameau.perimeter.gate.ports import Book, Judge
from hameau.perimeter.types import Act, Attempt, Verdict

_UNDER_WAY = (errno.EINPROGRESS, errno.EALREADY, errno.EINTR)
_REMEMBERED = 256
_NEAR_END = Attempt(Act.SOCKET, "inet6", protocol="ipv6 bound elsewhere")


class Connecting:
    """Answers ``connect``. :meth:`take` is for the supervisor's main thread."""

    def __init__(
        self,
        listener: Listener,
        judge: Judge,
        book: Book,
        crew: Crew,
        diagnosis: Diagnosis,
        outward: OutwardConnections,
        pins: Pins,
        ours: dict[int, int],
        paths: unix.UnixSockets,
    ) -> None:
        self._listener = listener
        self._judge = judge
        self._book = book
        self._crew = crew
        self._diagnosis = diagnosis
        self._outward = outward
        self._pins = pins
        self._ours = ours
        self._paths = paths
        self._unheard: dict[int, bytes] = {}

    def take(self, call: Call) -> None:
        """Answers ``call``, now or later from another thread."""
        length = call.integer(2)
        if not 0 <= length <= LONGEST:
            self._listener.answer(call, errno.EINVAL)
            return
        try:
            raw = calls.memory(call.thread, call.arguments[1], length) if length else b""
        except OSError as error:
            self._listener.answer(call, errno.EFAULT if error.errno != errno.EPERM else errno.EACCES)
            return
        try:
            line = calls.borrowed(call.thread, call.integer(0))
        except OSError as error:
            self._listener.answer(call, errno.EBADF if error.errno == errno.EBADF else errno.EACCES)
            return
        if not self._listener.waits(call):  # it is gone, and what was read may have been another's
            os.close(line)
            return
        self._route(call, line, place_of(raw))

    def _route(self, call: Call, line: int, place: Place) -> None:
        if place.family == "unspec" or (place.family == "netlink" and not place.address):
            self._finish(call, line, place.exact)  # disconnects; talks to the kernel about routes
        elif place.family == "unix":
            self._crew.soon(call, partial(self._unix, call, line, place))
        elif place.loopback and place.port:
            self._loopback(call, line, place)
        else:
            self._elsewhere(call, line, place)

    def _loopback(self, call: Call, line: int, place: Place) -> None:
        found = self._diagnosis.listener(place.packed, place.port)
        if found is None:
            os.close(line)
            self._listener.answer(call, errno.ECONNREFUSED)  # nobody is there
        elif found.inode not in self._ours:
            self._elsewhere(call, line, place, at_once=found.waiting < found.room)
        elif not nearend.hold(line, place):
            os.close(line)
            self._refuse(call, _NEAR_END)
        elif found.waiting < found.room or not calls.is_blocking(line):
            self._finish(call, line, place.exact)
        else:  # its queue is full: the kernel would let us wait
            self._wait(call, line, place.exact)

    def _elsewhere(self, call: Call, line: int, place: Place, *, at_once: bool = False) -> None:
        """Judged here; what is allowed and may have to wait goes on in a thread of its own, what is refused is the clerk's.

        A thread costs a tenth of a millisecond and more, so what can't wait (``at_once``, or a socket that does not block)
        is done here.
        """
        try:
            attempt, judged = self._judged(place)
        except BaseException:
            os.close(line)
            raise
        if not judged.allowed:
            os.close(line)
            self._crew.soon(call, partial(self._refuse, call, attempt))
        elif at_once or not calls.is_blocking(line):
            self._leave(call, line, place, attempt, judged)
        elif not self._crew.apart(call, partial(self._leave, call, line, place, attempt, judged)):
            os.close(line)
            self._listener.answer(call, errno.EAGAIN)

    def _leave(self, call: Call, line: int, place: Place, attempt: Attempt, judged: Verdict) -> None:
        inode = 0
        try:
            pid = _group_of(call.thread)
            program = tree.program_of(pid)
            held = not place.loopback or nearend.hold(line, place)
            if held:
                name = judged.connection.name if judged.connection else ""
                inode = os.fstat(line).st_ino
                outward = Outward(inode, attempt, place, name, program, pid, line, call.thread)
                if self._outward.begin(outward):
                    self._book.allowed(attempt, judged, program=program, pid=pid)
        except BaseException:
            self._release(line, inode, -1)
            raise
        if held:
            self._finish(call, line, place.exact, inode)
        else:
            os.close(line)
            self._refuse(call, _NEAR_END)

    def _judged(self, place: Place) -> tuple[Attempt, Verdict]:
        """As one of the names that were resolved to this place; if none of them may, as the bare address."""
        for host in self._pins.hosts(place.address, place.port):
            attempt = attempt_to(place, host)
            judged = self._judge(attempt)
            if judged.allowed:
                return attempt, judged
        attempt = attempt_to(place)
        return attempt, self._judge(attempt)

    def _unix(self, call: Call, line: int, place: Place) -> None:
        try:
            handle = self._own_path(call, line, place)
        except PermissionError:
            os.close(line)
            self._refuse(call, attempt_to(place))
            return
        except OSError as error:  # nobody listens there
            os.close(line)
            self._listener.answer(call, error.errno or errno.ECONNREFUSED)
            return
        exact = unix.address_through(handle)
        if calls.is_blocking(line):
            self._wait(call, line, exact, handle=handle)
        else:
            self._finish(call, line, exact, handle=handle)

    def _own_path(self, call: Call, line: int, place: Place) -> int:
        if not place.address or place.address.startswith("@"):
            raise PermissionError(errno.EACCES, place.address)
        path = unix.absolute(call.thread, place.address)
        if not self._listener.waits(call):
            raise ProcessLookupError(errno.ESRCH, "gone")
        borrowed = socket.socket(fileno=line)
        try:
            return self._paths.handle(path, borrowed.type)
        finally:
            borrowed.detach()

    def _refuse(self, call: Call, attempt: Attempt) -> None:
        pid = _group_of(call.thread)
        self._book.refused(attempt, self._judge(attempt), program=tree.program_of(pid), pid=pid)
        self._listener.answer(call, errno.EACCES)

    def _wait(self, call: Call, line: int, exact: bytes, inode: int = 0, handle: int = -1) -> None:
        if not self._crew.apart(call, partial(self._finish, call, line, exact, inode, handle)):
            self._release(line, inode, handle)
            self._listener.answer(call, errno.EAGAIN)

    def _finish(self, call: Call, line: int, exact: bytes, inode: int = 0, handle: int = -1) -> None:
        error = calls.connect(line, exact)
        number = os.fstat(line).st_ino
        unheard = self._unheard.pop(number, None) if self._unheard else None
        if error == errno.EISCONN and unheard == exact:  # done before, but a signal kept the answer from arriving
            error = 0
        if inode and (error == 0 or error in _UNDER_WAY):
            self._outward.connected(inode, line)
            inode = 0
        self._release(line, inode, handle)
        if not self._listener.answer(call, error) and error == 0:
            while len(self._unheard) >= _REMEMBERED:
                self._unheard.pop(next(iter(self._unheard)), None)
            self._unheard[number] = exact

    def _release(self, line: int, inode: int, handle: int) -> None:
        if inode:
            self._outward.failed(inode)
        os.close(line)
        if handle >= 0:
            os.close(handle)


def _group_of(thread: int) -> int:
    try:
        return calls.group_of(thread)
    except OSError:
        return thread
