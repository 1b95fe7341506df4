"""Linux's own news of files (inotify(7)), by the three calls of the C library. Knows nothing of sources.

One watch is one folder, so a person's folders cost as many as they are; the kernel bounds their number for each user.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass

CLOSE_WRITE, ATTRIB, MOVED_FROM, MOVED_TO, CREATE, DELETE = 0x8, 0x4, 0x40, 0x80, 0x100, 0x200
DELETE_SELF, MOVE_SELF, UNMOUNT, OVERFLOW, IGNORED = 0x400, 0x800, 0x2000, 0x4000, 0x8000
ONLY_A_FOLDER, FOLLOW_NO_LINK, NOT_WHEN_UNLINKED, IS_A_FOLDER = 0x1000000, 0x2000000, 0x4000000, 0x40000000
_WANTED = CLOSE_WRITE | ATTRIB | MOVED_FROM | MOVED_TO | CREATE | DELETE | DELETE_SELF | MOVE_SELF
_HOW = ONLY_A_FOLDER | FOLLOW_NO_LINK | NOT_WHEN_UNLINKED
_HEAD = struct.Struct("iIII")
_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened to ``name`` in ``folder`` (both as bytes; no name: to the folder itself)."""

    folder: bytes
    name: bytes
    mask: int


class Inotify:
    """Watches of folders. Safe to use from several threads. Raises ``OSError`` where the system has no such thing."""

    def __init__(self) -> None:
        if sys.platform != "linux":
            raise OSError(errno.ENOSYS, "no inotify")
        self._c = ctypes.CDLL(None, use_errno=True)
        self._file: int = self._c.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._file < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        self._lock = threading.Lock()
        self._folders: dict[int, bytes] = {}
        self._watches: dict[bytes, int] = {}

    def fileno(self) -> int:
        """Readable when there are events."""
        return self._file

    def add(self, folder: bytes) -> None:
        """Watch ``folder`` itself, not what lies deeper. Raises ``OSError``: ``ENOSPC`` when the user has no watch left."""
        with self._lock:
            watch = self._c.inotify_add_watch(self._file, folder, _WANTED | _HOW)
            if watch < 0:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), folder)
            before = self._folders.get(watch)
            if before is not None and self._watches.get(before) == watch:
                del self._watches[before]  # the same folder under another name now
            other = self._watches.get(folder)
            if other is not None and other != watch:  # another folder stands at this place now
                self._folders.pop(other, None)
                self._c.inotify_rm_watch(self._file, other)
            self._folders[watch] = folder
            self._watches[folder] = watch

    def forget(self, folder: bytes) -> None:
        """Watch ``folder`` and what lies below it no more."""
        below = folder + b"/"
        with self._lock:
            for path in [path for path in self._watches if path == folder or path.startswith(below)]:
                watch = self._watches.pop(path)
                self._folders.pop(watch, None)
                self._c.inotify_rm_watch(self._file, watch)  # fails when the folder is gone, and the watch with it

    def events(self) -> Iterator[Event]:
        """All that happened since the last call. An event whose mask holds :data:`OVERFLOW` says that others were lost."""
        while True:
            try:
                block = os.read(self._file, _BLOCK)
            except BlockingIOError:
                return
            at = 0
            while at < len(block):
                watch, mask, _cookie, length = _HEAD.unpack_from(block, at)
                name = block[at + _HEAD.size : at + _HEAD.size + length].rstrip(b"\0")
                at += _HEAD.size + length
                with self._lock:
                    folder = self._folders.get(watch)
                    if mask & IGNORED and folder is not None:
                        del self._folders[watch]
                        if self._watches.get(folder) == watch:
                            del self._watches[folder]
                if mask & OVERFLOW:
                    yield Event(b"", b"", mask)
                elif folder is not None and not mask & IGNORED:
                    yield Event(folder, name, mask)

    def close(self) -> None:
        """Ends all watches."""
        with self._lock:
            if self._file >= 0:
                os.close(self._file)
                self._file = -1
