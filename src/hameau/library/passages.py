"""Text to passages: a few whole sentences each, under one heading, and together exactly the text.

The passages of a text are a partition of it: put end to end they give it back letter for letter, so nothing is lost, nothing is
found twice, and a locator counts from the text itself. Where some of a text is only kept to be read (asides), passages and asides
together are the partition. Knows nothing of models: sizes are in characters.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter

from hameau.library.sentences import cut_at, marks
from hameau.library.types import Aside, Locator, PageSpan, Span

AIM = 600
"""Characters a passage should have: about 120 words, what a small embedder reads whole and a person reads at a glance."""
SMALLEST = 250
"""A shorter passage is joined to its neighbour under the same heading."""
LARGEST = 1000
"""A longer one is cut, inside a sentence if it must be."""

_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(\S[^\n]{0,300}?)[ \t]*#*[ \t]*$", re.MULTILINE)
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
_SOFT_CUT = re.compile(r"[;:,)\u00bb]\s|\s")
_PARAGRAPH = re.compile(r"\n[ \t\u00a0]*\n\s*$")


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage before it is stored."""

    text: str
    locator: Locator


def passages(
    text: str,
    pages: Sequence[PageSpan] = (),
    asides: Sequence[Span] = (),
    *,
    aim: int = AIM,
    largest: int = LARGEST,
) -> list[Piece]:
    """The passages of ``text``, in order. An empty or blank text has none, unless it has characters: then one holds them.

    What lies in ``asides`` (apart from each other, in order) is in none of them, nor is what is blank between two of them.
    """
    if not text:
        return []
    starts = [page.start for page in pages]
    pieces: list[Piece] = []
    for begin, end, heading in _beside(text, asides) if asides else _sections(text):
        for first, last in _pack(text, begin, end, aim, largest):
            pieces.append(
                Piece(text[first:last], Locator(first, last, _page(text, first, last, pages, starts), heading))
            )
    return pieces


def left_aside(text: str, pieces: Sequence[Piece]) -> list[Aside]:
    """What of ``text`` is in none of its passages: both together, in order, are the text."""
    kept: list[Aside] = []
    last = 0
    for piece in pieces:
        if piece.locator.start > last:
            kept.append(Aside(last, text[last : piece.locator.start]))
        last = piece.locator.end
    if last < len(text):
        kept.append(Aside(last, text[last:]))
    return kept


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


def _sections(text: str, asides: Sequence[Span] = ()) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """``(start, end, headings)`` of each stretch under one heading; a heading without text of its own joins what follows."""
    quoted = [span.start for span in asides]
    path: list[tuple[int, str]] = []
    begin = 0
    above: tuple[str, ...] = ()
    has_text = False
    last = 0
    for level, title, start, end in _headings(text):
        if quoted and (of := bisect_right(quoted, start) - 1) >= 0 and start < asides[of].end:
            continue
        has_text = has_text or bool(text[last:start].strip())
        if has_text:
            yield begin, start, above
            begin, has_text = start, False
        path = [(depth, name) for depth, name in path if depth < level] + [(level, title)]
        above = tuple(name for _, name in path)
        last = end
    yield begin, len(text), above


def _beside(text: str, asides: Sequence[Span]) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """The sections without what lies in ``asides``: a heading in there is none, and nothing blank stands alone."""
    at = 0
    for begin, end, heading in _sections(text, asides):
        start = begin
        while at < len(asides) and asides[at].end <= begin:
            at += 1
        here = at
        while here < len(asides) and asides[here].start < end:
            if text[start : asides[here].start].strip():
                yield start, asides[here].start, heading
            start = max(start, asides[here].end)
            here += 1
        if text[start:end].strip():
            yield start, end, heading


def _headings(text: str) -> Iterator[tuple[int, str, int, int]]:
    """Markdown headings outside fenced code: level, title, start and end of the line."""
    fences = [match.start() for match in _FENCE.finditer(text)] if "```" in text or "~~~" in text else []
    at = text.find("#")
    while at >= 0:
        start = text.rfind("\n", 0, at) + 1
        match = _HEADING.match(text, start) if at - start <= 3 else None
        if match and (bisect_right(fences, start) % 2 == 0 or len(fences) % 2):
            yield len(match[1]), match[2].strip(), start, match.end()
        line_end = text.find("\n", at)
        at = text.find("#", line_end) if line_end >= 0 else -1


def _pack(text: str, begin: int, end: int, aim: int, largest: int) -> Iterator[tuple[int, int]]:
    """Cut one section near every ``aim`` characters, best at the end of a paragraph, else of a sentence."""
    if end - begin <= min(largest, _over(aim)):
        if begin < end:
            yield begin, end
        return
    section = text[begin:end]
    ends = marks(section)
    start, at, size = 0, 0, end - begin
    while size - start > largest:
        while at < len(ends) and ends[at][1] <= start:
            at += 1
        cut = _best(section, start, ends, at, aim, largest)
        yield begin + start, begin + cut
        start = cut
    if start < size:
        for first, last in _last(section, start, ends, at, aim):
            yield begin + first, begin + last


def _best(section: str, start: int, ends: Sequence[tuple[int, int]], at: int, aim: int, largest: int) -> int:
    """Where the passage from ``start`` ends best. The places nearest to the aim are looked at first, and few others."""
    smallest, size = min(SMALLEST, aim // 2), len(section)
    wanted = start + aim
    best, cost = 0, float("inf")
    for mark in _nearest(ends, at, start + largest, wanted):
        if abs(mark[1] - wanted) - aim // 4 >= cost:
            break
        cut = cut_at(section, mark)
        if not start < cut <= start + largest:
            continue
        price = abs(cut - wanted) - (aim // 4 if _ends_paragraph(section, max(start, cut - 40), cut) else 0)
        price += aim if cut - start < smallest or 0 < size - cut < smallest else 0
        if price < cost:
            best, cost = cut, price
    return best or _inside(section, start, largest)


def _within(ends: Sequence[tuple[int, int]], at: int, last: int) -> list[tuple[int, int]]:
    """The marks from the number ``at`` on that end by ``last``."""
    return list(ends[at : bisect_right(ends, last, at, key=itemgetter(1))])


def _nearest(ends: Sequence[tuple[int, int]], at: int, last: int, wanted: int) -> Iterator[tuple[int, int]]:
    """The same, those that end nearest to ``wanted`` first."""
    stop = bisect_right(ends, last, at, key=itemgetter(1))
    above = bisect_right(ends, wanted, at, stop, key=itemgetter(1))
    below = above - 1
    while below >= at or above < stop:
        if above >= stop or (below >= at and wanted - ends[below][1] <= ends[above][1] - wanted):
            yield ends[below]
            below -= 1
        else:
            yield ends[above]
            above += 1


def _over(aim: int) -> int:
    """What is longer is well over the aim."""
    return aim * 4 // 3


def _last(section: str, start: int, ends: Sequence[tuple[int, int]], at: int, aim: int) -> Iterator[tuple[int, int]]:
    """What remains of a section is one passage, or two when it is well over the aim and parts well."""
    size = len(section)
    if size - start > _over(aim):
        middle = start + (size - start) // 2
        chosen = []
        for mark in _within(ends, at, middle + aim // 2):
            cut = cut_at(section, mark) if abs(mark[1] - middle) < aim // 2 else 0
            if start < cut < size:
                paragraph = _ends_paragraph(section, max(start, cut - 40), cut)
                chosen.append((abs(cut - middle) - (aim // 4 if paragraph else 0), cut))
        if chosen:
            price, cut = min(chosen)
            if price < aim // 4:
                yield start, cut
                yield cut, size
                return
    yield start, size


def _ends_paragraph(text: str, first: int, cut: int) -> bool:
    """Does a blank line stand before ``cut``? It is looked for from ``first`` on."""
    before = text[first:cut]
    if before.count("\n", len(before.rstrip())) < 2:
        return False
    return _PARAGRAPH.search(before) is not None


def _inside(text: str, start: int, largest: int) -> int:
    """Where to cut a sentence without end: after its last comma or space that is not too early, else anywhere."""
    low, high = start + largest // 2, start + largest
    return max((match.end() for match in _SOFT_CUT.finditer(text, low, high)), default=high)
