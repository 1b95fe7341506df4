"""Locks that several processes see. The operating system frees one when its holder dies, however it dies."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    CAN_SHARE = False

    def try_lock(handle: int, *, shared: bool = False) -> bool:
        """Whether the lock on the open file ``handle`` could be had at once. Shared ones are not to be had here."""
        if shared:
            return True
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    CAN_SHARE = True
    """Whether this system knows locks that several readers share, and falls back on nothing without them."""

    def try_lock(handle: int, *, shared: bool = False) -> bool:
        """Whether the lock on the open file ``handle`` could be had at once."""
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def locked(path: Path, waiting: Callable[[], None] = lambda: None, *, poll: float = 0.2) -> Iterator[None]:
    """Holds the lock file ``path`` for the length of the block. While another process holds it, ``waiting`` is called
    every ``poll`` seconds; it may raise to give up. The file stays: removing it would let two holders in."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while not try_lock(handle):
            waiting()
            time.sleep(poll)
        yield
    finally:
        os.close(handle)
