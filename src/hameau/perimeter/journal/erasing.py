"""Taking what entries say out of a journal whose chain goes on: which lines name a place, and tombstones in their stead.

Only entries about the library are erased, never one about an attempt to leave or about the journal itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from hameau.perimeter.journal.folder import write_whole
from hameau.perimeter.journal.keys import PrivateKey
from hameau.perimeter.journal.lines import entry_of, fact_text, tombstone
from hameau.perimeter.journal.segments import segments
from hameau.perimeter.journal.types import Kind

ERASABLE = frozenset({Kind.SOURCE_ADDED, Kind.SOURCE_REMOVED, Kind.INDEXED, Kind.EXPORTED, Kind.DELETED})
_SPANS_AT_ONCE = 100
"""Of one entry: a text of it has 2,000 signs at most."""
_SPAN = re.compile(r"(\d{1,18})(?:-(\d{1,18}))?", re.ASCII)


def naming(folder: Path, place: str) -> Mapping[Path, frozenset[int]]:
    """The numbers of the entries about the library of which a fact is ``place``, by segment."""
    place = fact_text(place)
    needle = json.dumps(place, ensure_ascii=False).encode("utf-8", "backslashreplace")
    found: dict[Path, frozenset[int]] = {}
    for path in segments(folder):
        content = path.read_bytes()
        if needle in content:
            numbers = frozenset(_numbers(content, needle, place))
            if numbers:
                found[path] = numbers
    return found


def put_tombstones(path: Path, numbers: frozenset[int], key: PrivateKey) -> None:
    """Replaces the lines of ``numbers`` in the segment at ``path``, all or none. Under the lock."""
    lines = []
    for line in path.read_bytes().splitlines(keepends=True):
        entry = entry_of(line)
        lines.append(tombstone(key, line) if entry is not None and entry.number in numbers else line)
    write_whole(path, b"".join(lines))


def spans(numbers: Iterable[int]) -> Iterator[str]:
    """``3,7-9``: the numbers as texts that fit into an entry; one empty text when there are none."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    for at in range(0, max(1, len(runs)), _SPANS_AT_ONCE):
        some: Sequence[Sequence[int]] = runs[at : at + _SPANS_AT_ONCE]
        yield ",".join(f"{first}-{last}" if last > first else f"{first}" for first, last in some)


def holds(text: str, number: int) -> bool:
    """Whether ``text``, made by :func:`spans`, names ``number``."""
    found = (_SPAN.fullmatch(part) for part in text.split(","))
    return any(span and int(span[1]) <= number <= int(span[2] or span[1]) for span in found)


def _numbers(content: bytes, needle: bytes, place: str) -> Iterator[int]:
    for line in content.splitlines(keepends=True):
        if needle in line:
            entry = entry_of(line)
            if entry is not None and entry.kind in ERASABLE and place in entry.facts.values():
                yield entry.number
