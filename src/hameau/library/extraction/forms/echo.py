"""The form that says how long what it got is: for tests, and to see whether a worker answers."""

from __future__ import annotations


def read(data: bytes) -> dict[str, int]:
    """The number of bytes."""
    return {"bytes": len(data)}
