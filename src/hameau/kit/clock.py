"""Time, in the two forms the house uses. Knows nothing of time zones beyond UTC."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> str:
    """The present instant as RFC 3339 in UTC with milliseconds: sorts as text, reads in every database."""
    return stamp(time.time())


def stamp(seconds: float) -> str:
    """``seconds`` since the epoch as RFC 3339 in UTC with milliseconds."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def monotonic_ms() -> float:
    """Milliseconds of a clock that never goes back; only differences mean something."""
    return time.perf_counter() * 1000.0
