"""The one file that a worker may write: made and opened before the doors close, emptied after each use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

NAME = "scrap"


@dataclass(frozen=True, slots=True)
class Scrap:
    """An open file, and the path by which a library that insists on one may read it. For one thread at a time."""

    path: str
    descriptor: int

    @contextmanager
    def holding(self, data: bytes) -> Iterator[str]:
        """The path of a file that holds ``data``, until the block ends. Raises ``OSError`` when the disk is full."""
        try:
            at = 0
            while at < len(data):
                at += os.pwrite(self.descriptor, data[at : at + (1 << 24)], at)
            yield self.path
        finally:
            os.ftruncate(self.descriptor, 0)
