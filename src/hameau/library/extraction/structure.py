"""A text as it is written: blocks, rows, and where each page begins. Headings are Markdown's. Knows nothing of files."""

from __future__ import annotations

from hameau.library.extraction.decoding import tidy
from hameau.library.types import PageSpan

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
