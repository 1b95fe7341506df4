"""Whose turn it is to index a home: one process at a time. The lock falls with the process, however it ends."""

from __future__ import annotations

import os
import threading
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: the server's own lock on the home is all there is
    fcntl = None  # type: ignore[assignment]

FILE = "indexer.lock"


class Turn:
    """The lock of one home; ``None`` for a home in memory, where nobody else can come."""

    def __init__(self, home: Path | None) -> None:
        self._path = home / FILE if home is not None else None
        self._handle: int | None = None
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Whether this process may index now; it keeps the turn until :meth:`give_back`."""
        with self._lock:
            if self._handle is not None or self._path is None or fcntl is None:
                return True
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(handle)
                return False
            self._handle = handle
            return True

    def give_back(self) -> None:
        """Lets another process index."""
        with self._lock:
            if self._handle is not None:
                os.close(self._handle)
                self._handle = None
