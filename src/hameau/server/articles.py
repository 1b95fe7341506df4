"""How an article of an encyclopedia is laid out for reading: in parts, by blocks, with the quote marked. Pure.

An article is data (:class:`hameau.library.Article`): every piece is text that the template escapes, every link leads to a page of
ours or to an address of the web.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal
from urllib.parse import quote as quoted

from hameau.library import Article, Block, Run
from hameau.server.reading import Span

PART = 60_000
"""Characters of one part: most articles are one."""
_STYLES = ((1, "strong"), (2, "em"), (4, "code"), (8, "sub"), (16, "sup"))


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch that looks the same. ``tag`` is how it is written, ``href`` where it leads."""

    text: str
    tag: str = ""
    href: str = ""
    outside: bool = False
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A block to show; ``group`` says in which list or table it stands, and whether that begins or ends with it."""

    kind: Literal["heading", "paragraph", "item", "quote", "code", "row", "picture"]
    pieces: tuple[Piece, ...] = ()
    cells: tuple[tuple[Piece, ...], ...] = ()
    level: int = 0
    head: bool = False
    first: bool = False
    last: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """What one view shows of an article: ``number`` of ``count``, from 1."""

    number: int
    count: int
    blocks: tuple[Shown, ...]


def laid_out(article: Article, source_id: str, wanted: int | None, quote: Span | None) -> Page:
    """The part ``wanted``, else the one that holds ``quote``, else the first."""
    blocks = list(article.blocks)
    if blocks and blocks[0].kind == "heading" and _words(blocks[0].runs) == article.title:
        del blocks[0]
    parts = _parts(blocks)
    holding = (at for at, part in enumerate(parts, 1) if quote and part and part[0].start <= quote.start)
    number = min(max(wanted or max(holding, default=1), 1), len(parts))
    shown = [_shown(block, source_id, quote) for block in parts[number - 1]]
    return Page(number, len(parts), tuple(_grouped(_levelled(shown))))


def address(source_id: str, path: str) -> str:
    """Where a page of an archive is read."""
    return f"/reader/{source_id}/{quoted(path)}"


def _parts(blocks: Sequence[Block]) -> list[list[Block]]:
    parts: list[list[Block]] = [[]]
    for block in blocks:
        if parts[-1] and block.start - parts[-1][0].start >= PART and block.kind not in ("row", "item"):
            parts.append([])
        parts[-1].append(block)
    return parts


def _shown(block: Block, source_id: str, quote: Span | None) -> Shown:
    if block.kind == "picture":
        run = block.runs[0] if block.runs else Run("")
        return Shown("picture", (Piece(run.text, href=address(source_id, run.to) + "?picture"),) if run.to else ())
    if block.kind == "row":
        length = sum(len(_words(cell)) + 3 for cell in block.cells)
        marked = _meets(block.start, block.start + length, quote)
        whole = Span(0, 1 << 40) if marked else None
        cells = tuple(tuple(_pieces(cell, 0, source_id, whole)) for cell in block.cells)
        return Shown("row", cells=cells, head=block.head)
    lead = {"heading": block.level + 1, "item": 2 * block.level, "quote": 2}.get(block.kind, 0)
    pieces = tuple(_pieces(block.runs, block.start + lead, source_id, quote))
    return Shown(block.kind, pieces, level=block.level)


def _pieces(runs: Sequence[Run], at: int, source_id: str, quote: Span | None) -> Iterator[Piece]:
    for run in runs:
        tag = next((name for flag, name in _STYLES if run.style & flag), "")
        href = (run.to if run.outside else address(source_id, run.to)) if run.to else ""
        end = at + len(run.text)
        cuts = sorted({at, end} | ({cut for cut in (quote.start, quote.end) if at < cut < end} if quote else set()))
        for start, stop in pairwise(cuts):
            yield Piece(run.text[start - at : stop - at], tag, href, run.outside, _meets(start, stop, quote))
        at = end


def _levelled(blocks: Sequence[Shown]) -> Iterator[Shown]:
    """Headings below the title of the page, none of which skips a level."""
    level = 1
    for block in blocks:
        if block.kind == "heading":
            level = min(max(block.level, 2), level + 1, 6)
            yield Shown("heading", block.pieces, level=level)
        else:
            yield block


def _grouped(blocks: Iterator[Shown]) -> Iterator[Shown]:
    listed = list(blocks)
    for at, block in enumerate(listed):
        if block.kind in ("item", "row"):
            first = at == 0 or listed[at - 1].kind != block.kind
            last = at + 1 == len(listed) or listed[at + 1].kind != block.kind
            yield Shown(block.kind, block.pieces, block.cells, block.level, block.head, first, last)
        else:
            yield block


def _words(runs: Sequence[Run]) -> str:
    return " ".join("".join(run.text for run in runs).split())


def _meets(start: int, end: int, quote: Span | None) -> bool:
    return quote is not None and start < quote.end and quote.start < end
