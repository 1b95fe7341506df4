"""Tables as text that can be searched, read and quoted: one line a row, and the header again above every group of rows, so
that a passage cut from the middle still says what its columns are. Knows nothing of formats."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from hameau.library.extraction.structure import CELL, Draft, one_line

_GROUP = 560
"""Characters of a group with its header: what ``passages`` makes one passage of, and never two."""
_LARGEST_GROUP = 940
_LONGEST_HEADER = 420
"""A longer header is not repeated: it would be most of the text."""
_LONGEST_NAME = 80
"""Characters in a cell that may name a column."""
_LOOK = 8
"""Rows among which the header is looked for; titles of the whole table may stand above it."""
_SAMPLE_ROWS = 32
_NUMBER = re.compile(r"[-+−]?[\d\s.,'’/:%€$£°-]+")
_YEAR = re.compile(r"(?:19|20)\d\d")
_DELIMITERS = ";,\t|"
_SAMPLE_LINES = 25
_LINES_OF_A_CELL = 40


class Rows:
    """Writes the rows of one table into ``draft``."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._header = ""
        self._room = _GROUP
        self._used = 0

    def header(self, cells: Sequence[str]) -> None:
        """Writes a row that says what the columns are."""
        line = _line(cells)
        self._header = line if len(line) <= _LONGEST_HEADER else ""
        self._room = min(max(_GROUP, 2 * len(line)), _LARGEST_GROUP)
        self._write(line)

    def row(self, cells: Sequence[str]) -> None:
        """Writes a row, below the header again when a group is full."""
        line = _line(cells)
        if not line.strip():
            return
        if self._header and self._used > len(self._header) + 1 and self._used + len(line) >= self._room:
            self.end()
            self._write(self._header)
        self._write(line)

    def end(self) -> None:
        """Ends a group, or the table."""
        self._draft.end_rows()
        self._used = 0

    def _write(self, line: str) -> None:
        self._draft.block(line, close=True)
        self._used += len(line) + 1


def write_table(rows: Iterable[Sequence[str]], draft: Draft) -> None:
    """A whole table whose header, if any, must be found among its first rows; never held as a whole."""
    writer = Rows(draft)
    coming = iter(rows)
    first = list(islice(coming, _SAMPLE_ROWS))
    at = header_of(first)
    for number, row in enumerate(chain(first, coming)):
        if number == at:
            writer.header(row)
        else:
            writer.row(row)
    writer.end()


def header_of(rows: Sequence[Sequence[str]]) -> int | None:
    """Which row says what the columns are: the first one that is as wide as the rows below it and holds names, not values."""
    if len(rows) < 3:
        return None
    widths = sorted(len([cell for cell in row if cell.strip()]) for row in rows[:_SAMPLE_ROWS])
    usual = widths[len(widths) // 2]
    for number, row in enumerate(rows[:_LOOK]):
        filled = [cell.strip() for cell in row if cell.strip()]
        if len(filled) >= 2 and 3 * len(filled) >= 2 * usual:
            return number if number + 2 <= len(rows) - 1 and _are_names(filled) else None
    return None


def _are_names(cells: Sequence[str]) -> bool:
    values = sum(1 for cell in cells if _NUMBER.fullmatch(cell) and not _YEAR.fullmatch(cell))
    return values * 3 <= len(cells) and all(len(cell) <= _LONGEST_NAME for cell in cells) and len(set(cells)) > 1


def _line(cells: Sequence[str]) -> str:
    return CELL.join(one_line(cell) for cell in cells).rstrip()


def read_values(text: str) -> str:
    """Comma-separated values (RFC 4180, and the semicolons and tabs of its cousins) as a table; other text as it is."""
    delimiter = _delimiter(text)
    if not delimiter:
        return text
    draft = Draft()
    try:
        write_table(_sound(csv.reader(_lines(text), delimiter=delimiter)), draft)
    except csv.Error:
        return text
    return draft.finish()[0]


def _sound(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    """The rows; a stray quotation mark, which makes one cell of half a file, is an error."""
    for row in rows:
        if any(cell.count("\n") > _LINES_OF_A_CELL for cell in row):
            raise csv.Error
        yield row


def _lines(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


def _delimiter(text: str) -> str:
    """The sign that parts most of the first lines into the same number of cells; none when there is none."""
    lines = [line for line in text[:20_000].split("\n")[:_SAMPLE_LINES] if line.strip()]
    best, most = "", 0
    for sign in _DELIMITERS:
        counts = sorted(line.count(sign) for line in lines)
        if counts and (middle := counts[len(counts) // 2]) > 0:
            alike = sum(1 for count in counts if count == middle) * 100 + min(middle, 50)
            best, most = (sign, alike) if alike > most else (best, most)
    return best
