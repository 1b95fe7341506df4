"""A folder of this process for what is only needed while it works. What a killed process left there is taken away.

Several processes share a home (a server, and commands beside it), so each has a folder of its own and holds a lock in it
for as long as it lives; a folder whose lock is free belongs to nobody any more.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from hameau.kit import CAN_SHARE, new_id, try_lock

NAME = "tmp"
_LOCK = ".alive"
_READY, _COMING = "work-", "new-"


class Scratch:
    """``home/tmp/work-…``, made by :meth:`folder` and removed by :meth:`close`."""

    def __init__(self, home: Path) -> None:
        self._base = home / NAME
        self._folder: Path | None = None
        self._handle = -1

    def folder(self) -> Path:
        """The folder; leftovers of the dead go first."""
        if self._folder is None:
            self._base.mkdir(mode=0o700, parents=True, exist_ok=True)
            if CAN_SHARE:
                _sweep(self._base)
            name = new_id("dir")
            coming = self._base / f"{_COMING}{name}"
            coming.mkdir(mode=0o700)
            self._handle = os.open(coming / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try_lock(self._handle)
            self._folder = coming.rename(self._base / f"{_READY}{name}")  # locked before anybody may judge it
        return self._folder

    def close(self) -> None:
        """Removes the folder with all that is in it."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            os.close(self._handle)
            self._folder = None


def _sweep(base: Path) -> None:
    for left in base.glob(f"{_READY}*"):
        try:
            handle = os.open(left / _LOCK, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            shutil.rmtree(left, ignore_errors=True)
            continue
        except OSError:
            continue
        try:
            if try_lock(handle):
                shutil.rmtree(left, ignore_errors=True)
        finally:
            os.close(handle)
