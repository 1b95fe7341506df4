"""How a document's text is laid out for reading: in parts, by lines, with the quote marked. Pure.

The text stays what it is: headings and tables that extraction wrote as Markdown get their look, nothing else is interpreted,
and every piece is plain text that the template escapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from hameau.library import Passage

PART = 24_000
"""Characters of one part, about ten printed pages: a long book opens as fast as a letter."""
_HEADING = re.compile(r"(#{1,6})[ \t]+(?=\S)")
_RULE = re.compile(r"\|[\s:|-]+\|?\s*\Z")
Mark = Literal["", "near", "quote"]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the text, in code points."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one line that looks the same."""

    text: str
    mark: Mark = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line to show. ``level`` is a heading's; a ``row`` has cells; a ``page`` has only its number."""

    kind: Literal["text", "heading", "row", "page", "gap"]
    cells: tuple[tuple[Piece, ...], ...] = ()
    level: int = 0
    page: int = 0
    aside: bool = False
    """It belongs to what is kept to be read and never searched: the quoted tail of a mail, a signature."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one view shows, and where it stands: ``number`` of ``count``, from 1."""

    number: int
    count: int
    lines: tuple[Line, ...]


def part(
    text: str,
    passages: Sequence[Passage],
    wanted: int | None,
    quote: Span | None,
    near: Span | None,
    asides: Sequence[Span] = (),
) -> Part:
    """The part ``wanted``, else the one that holds the quote, else the first."""
    spans = parts(passages, len(text))
    target = (quote or near or Span(0, 0)).start
    number = wanted or next((i for i, span in enumerate(spans, 1) if span.start <= target < span.end), 1)
    number = min(max(number, 1), len(spans))
    span = spans[number - 1]
    pages = [(p.locator.start, p.locator.page) for p in passages if span.start <= p.locator.start < span.end]
    lines = [line for cut, aside in _stretches(span, asides) for line in _marked(text, cut, aside, pages, quote, near)]
    return Part(number, len(spans), tuple(lines))


def parts(passages: Sequence[Passage], length: int) -> list[Span]:
    """The text cut between passages into stretches of at least :data:`PART` characters, the last one excepted."""
    cuts = [0]
    for passage in passages:
        if passage.locator.start - cuts[-1] >= PART:
            cuts.append(passage.locator.start)
    return [Span(start, end) for start, end in zip(cuts, [*cuts[1:], length], strict=True)]


def _stretches(span: Span, asides: Sequence[Span]) -> Iterator[tuple[Span, bool]]:
    """``span`` cut where an aside begins or ends, and whether each piece is one."""
    position = span.start
    for aside in sorted(asides, key=lambda one: one.start):
        start, end = max(aside.start, position), min(aside.end, span.end)
        if start >= end:
            continue
        if start > position:
            yield Span(position, start), False
        yield Span(start, end), True
        position = end
    if position < span.end:
        yield Span(position, span.end), False


def _marked(
    text: str, cut: Span, aside: bool, pages: list[tuple[int, int | None]], quote: Span | None, near: Span | None
) -> Iterator[Line]:
    here = [(start, number) for start, number in pages if cut.start <= start < cut.end]
    for line in _lines(text, cut, here, quote, near):
        yield replace(line, aside=aside)


def _lines(
    text: str, span: Span, pages: list[tuple[int, int | None]], quote: Span | None, near: Span | None
) -> Iterator[Line]:
    position, page, level, row = span.start, None, 1, False
    waiting = list(reversed(pages))
    while position < span.end:
        while waiting and waiting[-1][0] <= position:
            _, number = waiting.pop()
            if number is not None and number != page:
                page = number
                yield Line("page", page=number)
        end = text.find("\n", position, span.end)
        end = span.end if end < 0 else end
        if waiting and waiting[-1][1] not in (None, page) and waiting[-1][0] < end:
            end = waiting[-1][0]
        content = text[position:end]
        if content.lstrip().startswith("|") and content.count("|") > 1:
            if not (row and _RULE.match(content.strip())):
                yield Line("row", tuple(_cells(text, position, end, quote, near)))
            row = True
        elif heading := _HEADING.match(content):
            level = min(len(heading[1]) + 1, level + 1, 6)
            yield Line("heading", (tuple(pieces(text, Span(position + heading.end(), end), quote, near)),), level)
            row = False
        else:
            row = False
            yield (
                Line("text", (tuple(pieces(text, Span(position, end), quote, near)),))
                if content.strip()
                else Line("gap")
            )
        position = end + 1 if end < span.end and text[end] == "\n" else max(end, position + 1)


def _cells(text: str, start: int, end: int, quote: Span | None, near: Span | None) -> Iterator[tuple[Piece, ...]]:
    bars = [i for i in range(start, end) if text[i] == "|" and (i == start or text[i - 1] != "\\")]
    if text[bars[-1] + 1 : end].strip():
        bars.append(end)
    for left, right in pairwise(bars):
        yield tuple(pieces(text, Span(left + 1, right), quote, near))


def pieces(text: str, line: Span, quote: Span | None, near: Span | None) -> Iterator[Piece]:
    """``line`` cut where the quote or its passage begins or ends."""
    cuts = {line.start, line.end}
    for span in (quote, near):
        if span:
            cuts |= {cut for cut in (span.start, span.end) if line.start < cut < line.end}
    ordered = sorted(cuts)
    for start, end in pairwise(ordered):
        mark: Mark = "quote" if _inside(start, quote) else "near" if _inside(start, near) else ""
        yield Piece(text[start:end], mark)


def _inside(position: int, span: Span | None) -> bool:
    return span is not None and span.start <= position < span.end
