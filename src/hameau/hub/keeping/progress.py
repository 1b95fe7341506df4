"""How long work says how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Told how much is done, and how much there is in all, now and then."""


def silent(done: int, total: int) -> None:
    """Tells nobody."""
