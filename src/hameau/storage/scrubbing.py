"""What SQLite leaves behind of deleted rows inside the pages that are still in use, filled with zeros.

``pragma secure_delete`` overwrites deleted cells and freed pages. But a page that SQLite rebuilds while it balances a tree may
keep old cells in its *unallocated space*, between the cell pointers and the cells (SQLite file format, 1.6: "B-tree Pages"),
and a block that was free before may hold what stood there. SQLite never reads either, so filling them changes nothing for
anybody who has the file open; a power cut in the middle leaves a page that says the same. Which pages are trees stands in the
pointer map (file format, 1.8), which a file with ``auto_vacuum`` has.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import apsw

_HEADER = 100
_TREES = {2: 12, 5: 12, 10: 8, 13: 8}
"""The first byte of a tree's page, and the bytes of its header."""
_ROOT, _INNER = 1, 5
"""In the pointer map: the root of a tree, and any other page of one."""
_PENDING_BYTE = 0x4000_0000
"""The page with this byte is never used: locks live there."""


class PageFile(Protocol):
    """What is needed of the file; ``apsw.VFSFile`` is one."""

    def xRead(self, amount: int, offset: int) -> bytes: ...  # noqa: N802 - SQLite's names
    def xWrite(self, data: bytes, offset: int) -> None: ...  # noqa: N802


class Scrubber:
    """Scrubs the file at ``path``. Nobody may write into it meanwhile, and its log must be empty.

    The file is opened by SQLite's own layer: a lock of POSIX falls when *any* descriptor of its file is closed, and SQLite
    keeps count of that.
    """

    def __init__(self, path: Path) -> None:
        flags = [apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_READWRITE, 0]
        self._file = apsw.VFSFile("unix", str(path), flags)
        head = self._file.xRead(_HEADER, 0)
        self._size = 65536 if head[16:18] == b"\0\1" else int.from_bytes(head[16:18], "big")
        self._usable = self._size - head[20]
        self.has_map = any(head[52:56])
        """Whether the file says which of its pages are trees."""
        self.pages = self._file.xFileSize() // self._size
        self._maps: dict[int, bytes] = {}

    def close(self) -> None:
        self._file.xClose()

    def scrub(self, first: int, count: int) -> int:
        """Fill what is unused in the pages ``first`` to ``first + count - 1``, counted from 1; how many pages it changed."""
        count = min(count, self.pages - first + 1)
        if count <= 0 or not self.has_map:
            return 0
        size, changed = self._size, 0
        block = self._file.xRead(count * size, (first - 1) * size)
        for at in range(count):
            number = first + at
            if not self._is_tree(number):
                continue
            page = bytearray(block[at * size : (at + 1) * size])
            if fill(page, _HEADER if number == 1 else 0, self._usable):
                self._file.xWrite(bytes(page), (number - 1) * size)
                changed += 1
        if changed:
            self._file.xSync(apsw.SQLITE_SYNC_NORMAL)
        return changed

    def _is_tree(self, number: int) -> bool:
        if number == 1:
            return True
        each = self._usable // 5 + 1
        where = (number - 2) // each * each + 2
        if where == _PENDING_BYTE // self._size + 1:
            where += 1
        if number <= where:
            return False
        if where not in self._maps:
            self._maps = {where: self._file.xRead(self._size, (where - 1) * self._size)}
        return self._maps[where][5 * (number - where - 1)] in (_ROOT, _INNER)


def fill(page: bytearray, start: int, usable: int) -> bool:
    """Put zeros into all that is unused in a tree's ``page``, whose header begins at ``start``; whether anything was there."""
    found = False
    for lower, upper in list(_unused(page, start, usable)):
        if page.count(0, lower, upper) < upper - lower:
            page[lower:upper] = bytes(upper - lower)
            found = True
    return found


def _unused(page: bytearray, start: int, usable: int) -> Iterator[tuple[int, int]]:
    """The unallocated space and the inside of each free block; nothing of a page that is not as it should be."""
    header = _TREES.get(page[start])
    if header is None:
        return
    free, cells, content = struct.unpack_from(">HHH", page, start + 1)
    lower, upper = start + header + 2 * cells, content or 65536
    if not lower <= upper <= usable:
        return
    yield lower, upper
    while free:
        following, size = struct.unpack_from(">HH", page, free)
        if free < upper or size < 4 or free + size > usable or (following and following <= free):
            return
        yield free + 4, free + size
        free = following
