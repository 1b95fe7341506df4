"""What was worked out once for a piece of text, remembered: words come again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

Learnt = TypeVar("Learnt")
_PATIENCE = 4


class Memory(dict[str, Learnt], Generic[Learnt]):
    """``memory[piece]`` is what ``learn`` makes of it. Thread-safe.

    At most ``most`` pieces are kept. A full memory keeps what came first, where the common words are, and begins anew when it
    has been of no help ``_PATIENCE`` times as often as it has room: other texts are read now.
    """

    def __init__(self, learn: Callable[[str], Learnt], most: int) -> None:
        self._learn, self._most = learn, most
        self._misses = 0

    def __missing__(self, piece: str) -> Learnt:
        found = self._learn(piece)
        self.keep(piece, found)
        return found

    def keep(self, piece: str, found: Learnt) -> None:
        """Remember what somebody else worked out."""
        if len(self) >= self._most:
            self._misses += 1
            if self._misses < _PATIENCE * self._most:
                return
            self.clear()
            self._misses = 0
        self[piece] = found
