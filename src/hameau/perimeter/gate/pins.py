"""Which names were resolved to which address, for the connections that follow. Resolves nothing itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

KEPT = 600.0
"""Seconds for which an answer counts; then the name must be asked for again."""
_MOST = 4096


class Pins:
    """Names by address and port. Safe from many threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._pins: dict[tuple[str, int, str], float] = {}

    def put(self, address: str, port: int, host: str) -> None:
        """``host`` was found at ``address``, for a connection to ``port``."""
        with self._lock:
            self._pins.pop((address, port, host), None)
            while len(self._pins) >= _MOST:
                self._pins.pop(next(iter(self._pins)))
            self._pins[address, port, host] = self._clock() + KEPT

    def hosts(self, address: str, port: int) -> list[str]:
        """The names found at ``address``, the latest first."""
        now = self._clock()
        with self._lock:
            for key in [key for key, until in self._pins.items() if until <= now]:
                del self._pins[key]
            return [host for where, number, host in reversed(self._pins) if (where, number) == (address, port)]
