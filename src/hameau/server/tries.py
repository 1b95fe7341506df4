"""How often somebody may come with a wrong key before they have to wait. Knows nothing of keys."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MOST = 10
WINDOW_SECONDS = 60.0
_PLACES = 4096
"""Addresses that are remembered; the oldest goes first."""


@dataclass(slots=True)
class _Window:
    began: float
    failed: int = 0


class Tries:
    """Failures by place, in windows of a minute. For one thread. ``clock`` says seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._windows: OrderedDict[str, _Window] = OrderedDict()

    def wait(self, place: str) -> float:
        """Seconds until the next try at ``place``; 0 when it may come now."""
        window = self._current(place)
        return window.began + WINDOW_SECONDS - self._clock() if window is not None and window.failed >= MOST else 0.0

    def fail(self, place: str) -> bool:
        """Counts a failure; whether it is the first one of its minute."""
        window = self._current(place)
        if window is None:
            window = self._windows[place] = _Window(self._clock())
            if len(self._windows) > _PLACES:
                self._windows.popitem(last=False)
        window.failed += 1
        return window.failed == 1

    def _current(self, place: str) -> _Window | None:
        window = self._windows.get(place)
        if window is not None and self._clock() >= window.began + WINDOW_SECONDS:
            del self._windows[place]
            return None
        return window


def place_of(host: str) -> str:
    """What counts as one place: an IPv4 address; of IPv6 the network of 64 bits, in which one machine has as many addresses
    as it likes (RFC 4291, 2.5.4). Pure."""
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((found, 64), strict=False).network_address)
    return host
