"""A lock on an open file that falls with its process, however that ends."""

from __future__ import annotations

from types import ModuleType

_fcntl: ModuleType | None
try:
    import fcntl as _fcntl
except ImportError:  # Windows has no such lock
    _fcntl = None

CAN_LOCK = _fcntl is not None
"""Whether this system has such locks; without them :func:`lock` always says yes."""


def lock(handle: int, *, shared: bool) -> bool:
    """Whether the lock could be had at once."""
    if _fcntl is None:
        return True
    try:
        _fcntl.flock(handle, (_fcntl.LOCK_SH if shared else _fcntl.LOCK_EX) | _fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
