"""Who has the file open: everybody shares a lock on its folder; whoever would put another file in its place wants it alone.

The lock is the kernel's and falls with its process. Where the system has no shared locks (Windows), SQLite's own keep two
programs from writing at once, and nothing keeps one from replacing the file under another.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hameau.kit import CAN_SHARE, N_, Conflict, Unavailable, try_lock

_PATIENCE = 10.0
_POLL = 0.02


class Shared:
    """This process has the file open. Raises ``Unavailable`` while somebody puts another in its place."""

    def __init__(self, folder: Path) -> None:
        self._handle = _open(folder)
        waited = 0.0
        while self._handle >= 0 and not try_lock(self._handle, shared=True):
            if waited > _PATIENCE:
                self.release()
                raise Unavailable(
                    N_("The library is being put in order by another program."),
                    hint=N_("Wait until it is done, then try again."),
                )
            time.sleep(_POLL)
            waited += _POLL

    def release(self) -> None:
        """May be called twice."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Nobody else has the file open, nor opens it, for the length of the block. Raises ``Conflict``."""
    handle = _open(folder)
    try:
        if handle >= 0 and not try_lock(handle):
            raise Conflict(
                N_("Hameau is at work on this home folder: {folder}"),
                hint=N_("Stop it (hameau serve, or another command), then try again."),
                folder=folder,
            )
        yield
    finally:
        if handle >= 0:
            os.close(handle)


def _open(folder: Path) -> int:
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC) if CAN_SHARE else -1
