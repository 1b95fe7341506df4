"""The files ``000001.jsonl``, ``000002.jsonl``… of a journal: which there are, and their lines from the end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from hameau.perimeter.journal.lines import LINE_LIMIT

_NAME = re.compile(r"\d{6,}\.jsonl", re.ASCII)
_BLOCK = 1 << 16


def name_of(segment: int) -> str:
    """The file name of segment ``segment``, counted from 1."""
    return f"{segment:06d}.jsonl"


def number_of(name: str) -> int:
    """The number of the segment called ``name``; 0 when it is no segment."""
    number = int(name.partition(".")[0]) if _NAME.fullmatch(name) else 0
    return number if name == name_of(number) else 0


def segments(folder: Path) -> list[Path]:
    """The segments in ``folder`` in their order; none when there is no folder."""
    try:
        names = [path.name for path in folder.iterdir()]
    except FileNotFoundError:
        return []
    return [folder / name for name in sorted(filter(number_of, names), key=number_of)]


def backwards(stream: BinaryIO, end: int) -> Iterator[tuple[int, bytes]]:
    """The lines before ``end``, the last one first, each with where it begins. What follows the last line feed comes first,
    without one. Holds one line and one block; a line longer than any of ours is not given.
    """
    position, kept, too_long = end, b"", False
    while position > 0:
        size = min(_BLOCK, position)
        position -= size
        stream.seek(position)
        block = stream.read(size)
        if len(block) < size:
            return  # cut short while it is read: a check of the journal says so
        kept = block + kept
        if too_long:
            kept = kept[: kept.rfind(b"\n") + 1]
            too_long = not kept
        upper = len(kept)
        while (feed := kept.rfind(b"\n", 0, max(0, upper - 1))) >= 0:
            yield position + feed + 1, kept[feed + 1 : upper]
            upper = feed + 1
        kept = kept[:upper]
        if len(kept) > LINE_LIMIT:
            kept, too_long = b"", True
    if kept:
        yield 0, kept


def first_line(path: Path) -> bytes:
    """The first line of a segment; empty when there is none."""
    with path.open("rb") as stream:
        return stream.readline(LINE_LIMIT)
