"""One server a home. The lock falls with its process, however that ends, so nothing has to be cleaned up after a crash.

Where the system has no such lock, the port alone keeps a second server away.
"""

from __future__ import annotations

import os
from pathlib import Path

from hameau.kit import CAN_SHARE, N_, Conflict, try_lock

LOCK = "server.lock"


class Presence:
    """Holds the home for one server. The file says where it can be reached, for whoever comes second."""

    def __init__(self, home: Path) -> None:
        self._path = home / LOCK
        self._handle: int | None = None

    def claim(self) -> None:
        """Takes the home. Raises ``Conflict`` with the address of the server that has it."""
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if CAN_SHARE and not try_lock(handle):
            os.close(handle)
            raise Conflict(
                N_("Hameau is already running on this home folder: {address}"),
                hint=N_("Open that address, or stop it first. Another home folder can be chosen with HAMEAU_HOME."),
                address=self.address() or self._path.parent,
            )
        os.ftruncate(handle, 0)
        self._handle = handle

    def announce(self, address: str) -> None:
        """Writes down where the pages are."""
        if self._handle is not None:
            os.ftruncate(self._handle, 0)
            os.pwrite(self._handle, f"{os.getpid()} {address}\n".encode(), 0)

    def address(self) -> str:
        """Where the server that has this home can be reached; empty when none runs."""
        if not self.taken():
            return ""
        try:
            return self._path.read_text(encoding="utf-8").partition(" ")[2].strip()
        except OSError:
            return ""

    def taken(self) -> bool:
        """Whether a server has this home now."""
        if self._handle is not None:
            return True
        try:
            handle = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            return not try_lock(handle, shared=True)
        finally:
            os.close(handle)

    def release(self) -> None:
        """Gives the home back."""
        if self._handle is not None:
            os.ftruncate(self._handle, 0)
            os.close(self._handle)
            self._handle = None
