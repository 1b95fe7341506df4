"""The unix sockets of the tree: which may be connected to, and how to connect to exactly the one that was judged.

Other programs of the machine that listen on unix sockets (a message bus, a resolver, an agent) could speak for us; so only
those count as ours that listen by the supervisor's hand. The kernel keeps who called ``listen`` with the socket
(SO_PEERCRED, ``unix(7)``), so neither a link nor a renamed file can pass another program's socket off as ours.
"""

# ruff: noqa: PTH115, PTH116, PTH118 - on the way of every call: paths stay plain texts
from __future__ import annotations

import errno
import os
import socket
import stat
import struct

from hameau.perimeter.gate import calls

_PLACES = 4096
_KEPT = 64  # known sockets whose files are kept open, so that their numbers can't be given to others


class UnixSockets:
    """Remembers where the tree listens. Only :meth:`listens` may be called from another thread."""

    def __init__(self) -> None:
        self._listening: dict[str, None] = {}
        self._known: dict[tuple[int, int], int] = {}

    def listens(self, path: str) -> None:
        """The tree listens at ``path``, absolute."""
        while len(self._listening) >= _PLACES:
            self._listening.pop(next(iter(self._listening)))
        self._listening[path] = None

    def handle(self, path: str, kind: int) -> int:
        """A handle of the socket at ``path``, if a program of the tree listens there.

        Raises ``FileNotFoundError`` or ``ConnectionRefusedError`` when nobody listens, ``PermissionError`` when
        it is not ours.
        """
        real = _resolved(path)
        if not stat.S_ISSOCK(os.stat(real, follow_symlinks=False).st_mode):
            raise ConnectionRefusedError(errno.ECONNREFUSED, path)
        if real not in self._listening:
            raise PermissionError(errno.EACCES, path)
        root = os.open("/", os.O_PATH | os.O_CLOEXEC)
        try:
            handle = calls.inode_of(root, real.lstrip("/"))
        finally:
            os.close(root)
        try:
            self._check(handle, kind, path)
        except OSError:
            os.close(handle)
            raise
        return handle

    def _check(self, handle: int, kind: int, path: str) -> None:
        found = os.fstat(handle)
        if (found.st_dev, found.st_ino) in self._known:
            return
        with socket.socket(socket.AF_UNIX, kind | socket.SOCK_CLOEXEC) as probe:
            probe.setblocking(False)
            probe.connect(f"/proc/self/fd/{handle}")
            pid = struct.unpack("=iII", probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
        if pid != os.getpid():
            raise PermissionError(errno.EACCES, path)
        if len(self._known) >= _KEPT:
            os.close(self._known.pop(next(iter(self._known))))
        self._known[found.st_dev, found.st_ino] = os.dup(handle)


def absolute(thread: int, path: str) -> str:
    """``path`` as ``thread`` means it, absolute. Raises ``PermissionError`` when it sees other files than we do."""
    for own, theirs in (("/proc/self/ns/mnt", f"/proc/{thread}/ns/mnt"), ("/proc/self/root", f"/proc/{thread}/root")):
        ours, other = os.stat(own), os.stat(theirs)
        if (ours.st_dev, ours.st_ino) != (other.st_dev, other.st_ino):
            raise PermissionError(errno.EACCES, "other files")
    folder = os.readlink(f"/proc/{thread}/cwd")
    return _resolved(os.path.join(folder, path))


def address_through(handle: int) -> bytes:
    """The address by which exactly the socket file of ``handle`` is connected to."""
    return struct.pack("=H", socket.AF_UNIX) + f"/proc/self/fd/{handle}".encode() + b"\0"


def _resolved(path: str) -> str:
    return os.path.realpath(path)
