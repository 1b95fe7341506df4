"""A stream that unpacks something and stops when it grew beyond all reason. Knows nothing of formats."""

from __future__ import annotations

import io
from typing import Protocol

from hameau.library.extraction import limits
from hameau.library.extraction.reasons import Unreadable


class Readable(Protocol):
    """Anything that hands out its next bytes."""

    def read(self, size: int, /) -> bytes: ...


class Bounded(io.RawIOBase):
    """A stream that unpacks, and stops when it grew beyond all reason. Reads forward only."""

    def __init__(self, stream: Readable, packed: int) -> None:
        self._stream = stream
        self._left = min(limits.ARCHIVE_BYTES, max(packed * limits.ARCHIVE_RATIO, limits.ARCHIVE_SMALL))
        self._ahead = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            raise ValueError("a bounded stream is read in pieces")
        part, self._ahead = self._ahead[:size], self._ahead[size:]
        if len(part) < size:
            more = self._stream.read(size - len(part))
            self._left -= len(more)
            if self._left < 0:
                raise Unreadable("bomb")
            part += more
        return part

    def peek(self, size: int) -> bytes:
        """The next bytes, which stay to be read."""
        self._ahead = self.read(size)
        return self._ahead

    def all(self, most: int) -> bytes:
        """Everything. Raises :class:`Unreadable` beyond ``most`` bytes."""
        parts, total = [], 0
        while part := self.read(1 << 20):
            parts.append(part)
            total += len(part)
            if total > most:
                raise Unreadable("too_big")
        return b"".join(parts)
