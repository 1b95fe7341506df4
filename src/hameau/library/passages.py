"""Text to passages: a few whole sentences each, under one heading, and together exactly the text.

The passages of a text are a partition of it: put end to end they give it back letter for letter, so nothing is lost, nothing is
found twice, and a locator counts from the text itself. Knows nothing of models: sizes are in characters.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hameau.library.sentences import cuts
from hameau.library.types import Locator, PageSpan

AIM = 600
"""Characters a passage should have: about 120 words, what a small embedder reads whole and a person reads at a glance."""
SMALLEST = 250
"""A shorter passage is joined to its neighbour under the same heading."""
LARGEST = 1000
"""A longer one is cut, inside a sentence if it must be."""

_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(\S[^\n]{0,300}?)[ \t]*#*[ \t]*$", re.MULTILINE)
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
_SOFT_CUT = re.compile(r"[;:,)\u00bb]\s|\s")
_PARAGRAPH = re.compile(r"\n[ \t\u00a0]*\n\s*$")


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage before it is stored."""

    text: str
    locator: Locator


def passages(text: str, pages: Sequence[PageSpan] = (), *, aim: int = AIM, largest: int = LARGEST) -> list[Piece]:
    """The passages of ``text``, in order. An empty or blank text has none, unless it has characters: then one holds them."""
    if not text:
        return []
    starts = [page.start for page in pages]
    pieces: list[Piece] = []
    for begin, end, heading in _sections(text):
        for first, last in _pack(text, begin, end, aim, largest):
            pieces.append(
                Piece(text[first:last], Locator(first, last, _page(text, first, last, pages, starts), heading))
            )
    return pieces


def embedding_text(title: str, heading: Sequence[str], text: str) -> str:
    """What an embedder reads of a passage: the title of its document, the headings above it, then its text.

    A heading that repeats the title is left out.
    """
    above = [part for part in heading if part.strip() and part.strip() != title.strip()]
    first = " > ".join([title.strip(), *above] if title.strip() else above)
    return f"{first}\n{text.strip()}" if first else text.strip()


def _page(text: str, first: int, last: int, pages: Sequence[PageSpan], starts: Sequence[int]) -> int | None:
    """The page of the first character that is no white space."""
    if not pages:
        return None
    while first < last - 1 and text[first].isspace():
        first += 1
    at = bisect_right(starts, first) - 1
    return pages[at].number if at >= 0 else pages[0].number


def _sections(text: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """``(start, end, headings)`` of each stretch under one heading; a heading without text of its own joins what follows."""
    path: list[tuple[int, str]] = []
    begin = 0
    above: tuple[str, ...] = ()
    has_text = False
    last = 0
    for level, title, start, end in _headings(text):
        has_text = has_text or bool(text[last:start].strip())
        if has_text:
            yield begin, start, above
            begin, has_text = start, False
        path = [(depth, name) for depth, name in path if depth < level] + [(level, title)]
        above = tuple(name for _, name in path)
        last = end
    yield begin, len(text), above


def _headings(text: str) -> Iterator[tuple[int, str, int, int]]:
    """Markdown headings outside fenced code: level, title, start and end of the line."""
    fences = [match.start() for match in _FENCE.finditer(text)]
    for match in _HEADING.finditer(text):
        if bisect_right(fences, match.start()) % 2 == 0 or len(fences) % 2:
            yield len(match[1]), match[2].strip(), match.start(), match.end()


def _pack(text: str, begin: int, end: int, aim: int, largest: int) -> Iterator[tuple[int, int]]:
    """Cut one section near every ``aim`` characters, best at the end of a paragraph, else of a sentence."""
    smallest = min(SMALLEST, aim // 2)
    bounds = list(_bounds(text, begin, end, largest))
    start = begin
    at = 0
    while end - start > largest:
        best, cost = 0, float("inf")
        while at < len(bounds) and bounds[at][0] <= start:
            at += 1
        for position, ends_paragraph in bounds[at : at + largest]:
            size = position - start
            if size > largest:
                break
            left = end - position
            price = abs(size - aim) - (aim // 4 if ends_paragraph else 0)
            price += aim if size < smallest or 0 < left < smallest else 0
            if price <= cost:
                best, cost = position, price
        yield start, best
        start = best
    if start < end:
        yield from _last(start, end, aim, bounds[at:])


def _last(start: int, end: int, aim: int, bounds: Sequence[tuple[int, bool]]) -> Iterator[tuple[int, int]]:
    """What remains of a section is one passage, or two when it is well over the aim and parts well."""
    size = end - start
    if size > aim * 4 // 3:
        middle = start + size // 2
        chosen = [
            (abs(at - middle) - (aim // 4 if paragraph else 0), at) for at, paragraph in bounds if start < at < end
        ]
        if chosen:
            price, at = min(chosen)
            if price < aim // 4:
                yield start, at
                yield at, end
                return
    yield start, end


def _bounds(text: str, begin: int, end: int, largest: int) -> Iterator[tuple[int, bool]]:
    """Where a passage may end: after each sentence, and inside one that is longer than ``largest``."""
    section = text[begin:end]
    last = begin
    for cut in (*(begin + cut for cut in cuts(section)), end):
        while cut - last > largest:
            last = _inside(text, last, largest)
            yield last, False
        if cut < end:
            yield cut, bool(_PARAGRAPH.search(text, max(last, cut - 40), cut))
        last = cut


def _inside(text: str, start: int, largest: int) -> int:
    """Where to cut a sentence without end: after its last comma or space that is not too early, else anywhere."""
    low, high = start + largest // 2, start + largest
    return max((match.end() for match in _SOFT_CUT.finditer(text, low, high)), default=high)
