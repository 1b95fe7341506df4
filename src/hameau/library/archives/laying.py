"""Blocks to text: what an article's passages are cut from, and where in it each block stands. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from hameau.library.archives.types import Block, BlockKind, Run

_CLOSE = ("item", "row")
"""Those of one list or table stand on neighbouring lines."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A block that has no place yet."""

    kind: BlockKind
    runs: tuple[Run, ...] = ()
    level: int = 0
    cells: tuple[tuple[Run, ...], ...] = ()
    head: bool = False


def article_text(drafts: Iterable[Draft | Block]) -> tuple[str, tuple[Block, ...]]:
    """The whole text, and the blocks where they stand in it."""
    pieces: list[str] = []
    blocks: list[Block] = []
    at, before = 0, ""
    for draft in drafts:
        said = text_of(draft)
        if said and pieces:
            gap = "\n" if draft.kind == before and draft.kind in _CLOSE else "\n\n"
            pieces.append(gap)
            at += len(gap)
        blocks.append(Block(draft.kind, at, draft.runs, draft.level, draft.cells, draft.head))
        if said:
            pieces.append(said)
            at += len(said)
            before = draft.kind
    return "".join(pieces), tuple(blocks)


def lead(block: Draft | Block) -> str:
    """What stands before the words of a block in the text."""
    if block.kind == "heading":
        return "#" * max(1, min(block.level, 6)) + " "
    if block.kind == "item":
        return "  " * (max(1, block.level) - 1) + "- "
    return "> " if block.kind == "quote" else ""


def text_of(block: Draft | Block) -> str:
    """The text of a block; a picture has none."""
    if block.kind == "picture":
        return ""
    if block.kind == "row":
        return " | ".join(" ".join(said(cell).split()) for cell in block.cells)
    words = said(block.runs)
    if block.kind == "heading":
        words = " ".join(words.split())
    return lead(block) + words if words else ""


def said(runs: Iterable[Run]) -> str:
    """The words of runs."""
    return "".join(run.text for run in runs)


def in_one_line(block: Block) -> Block:
    """``block`` with no line feed where its text has none either: headings and cells."""
    if block.kind == "heading":
        return replace(block, runs=tuple(replace(run, text=run.text.replace("\n", " ")) for run in block.runs))
    return block
