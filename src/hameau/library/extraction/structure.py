"""The document tree that kreuzberg finds, as text whose headings are Markdown's. Knows nothing of files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from hameau.library.extraction.decoding import tidy
from hameau.library.types import PageSpan

PAGE_MARKER = "\n\n\ue000{page_num}\ue001\n\n"
"""A line of its own where a page begins, in characters that no document uses (Unicode's private area)."""
_MARKED = re.compile("\ue000(\\d{1,6})\ue001")
CELL = "\t"
"""Between two cells of a row: it looks like a table, and searching or quoting a row finds it as a person would type it."""


class Draft:
    """A text that grows block by block, remembering where each page begins."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._starts: list[tuple[int, int]] = []

    @property
    def characters(self) -> int:
        return self._length

    def page(self, number: int) -> None:
        """What follows stands on page ``number``; a number below the present one is ignored, pages only go forward."""
        if not self._starts or number > self._starts[-1][0]:
            self._starts.append((number, self._length))

    def block(self, text: str, *, close: bool = False) -> None:
        """Adds a paragraph; ``close`` joins it to the one before without an empty line (rows of a table)."""
        text = tidy(text).strip("\n")
        if not text.strip():
            return
        piece = text + ("\n" if close else "\n\n")
        self._parts.append(piece)
        self._length += len(piece)

    def end_rows(self) -> None:
        """An empty line after rows."""
        if self._parts and not self._parts[-1].endswith("\n\n"):
            self._parts.append("\n")
            self._length += 1

    def finish(self) -> tuple[str, tuple[PageSpan, ...]]:
        """The text, and the pages as a partition of it."""
        text = "".join(self._parts)
        if not self._starts:
            return text, ()
        ends = [start for _, start in self._starts[1:]] + [len(text)]
        first = [0] + [start for _, start in self._starts[1:]]
        spans = zip(self._starts, first, ends, strict=True)
        return text, tuple(PageSpan(number, start, end) for (number, _), start, end in spans)


def one_line(text: str) -> str:
    """``text`` on one line, as a heading or a cell must be."""
    return " ".join(text.split())


def draw(nodes: Iterable[Mapping[str, Any]], draft: Draft, *, by_page: bool) -> None:
    """Writes the nodes of a kreuzberg ``DocumentStructure`` into ``draft``, in reading order."""
    for node in nodes:
        content = node.get("content") or {}
        kind = str(content.get("node_type", ""))
        if by_page and isinstance(number := node.get("page"), int):
            draft.page(number)
        text = str(content.get("text") or "")
        if marked := _MARKED.fullmatch(text.strip()):
            draft.page(int(marked[1]))
            continue
        if kind in ("title", "heading"):
            level = min(max(int(content.get("level") or 1), 1), 6)
            if line := one_line(text):
                draft.block(f"{'#' * level} {line}")
        elif kind == "table":
            table(content.get("grid") or {}, draft)
        elif kind == "image":
            draft.block(str(content.get("description") or ""))
        elif text:
            draft.block(text)


def table(grid: Mapping[str, Any], draft: Draft) -> None:
    """One line a row, cells apart by :data:`CELL`, empty rows left out."""
    rows: dict[int, list[tuple[int, str]]] = {}
    for cell in grid.get("cells") or ():
        rows.setdefault(int(cell.get("row", 0)), []).append((int(cell.get("col", 0)), str(cell.get("content") or "")))
    for _, cells in sorted(rows.items()):
        draft.block(CELL.join(one_line(text) for _, text in sorted(cells)).rstrip(), close=True)
    draft.end_rows()
