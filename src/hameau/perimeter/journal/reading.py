"""Entries, the newest first, with filters. Holds one block and the answer; signatures are the business of a check."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path

from hameau.kit import stamp
from hameau.perimeter.journal.lines import entry_of
from hameau.perimeter.journal.segments import backwards, first_line, segments
from hameau.perimeter.journal.types import Entry, Kind


def newest_first(folder: Path) -> Iterator[Entry]:
    """Every entry that can be read."""
    for path in reversed(segments(folder)):
        for line in _lines(path):
            if (entry := entry_of(line)) is not None:
                yield entry


def chosen(
    folder: Path,
    *,
    kinds: Collection[Kind] | None,
    since: float | None,
    until: float | None,
    text: str,
    before: int | None,
    limit: int,
) -> tuple[Entry, ...]:
    """Up to ``limit`` entries that were written from ``since`` and before ``until`` (seconds since the epoch), whose number
    is below ``before``, and in whose words ``text`` occurs (capitals count as small letters).
    """
    wanted = None if kinds is None else {b'"kind":' + json.dumps(str(kind)).encode() for kind in kinds}
    earliest = stamp(since).encode() if since is not None else b""
    latest = stamp(until).encode() if until is not None else b"~"
    needle = text.casefold()
    plain = _plain(needle)

    def found() -> Iterator[Entry]:
        for path in reversed(segments(folder)):
            first = entry_of(first_line(path))
            if before is not None and first is not None and first.number >= before:
                continue
            if first is not None and since is not None and first.time < since and _ended_before(path, since):
                continue  # the whole segment: a clock that was set back must not hide what lies before it
            for line in _lines(path):
                moment, kind = _glance(line)
                if not earliest <= moment < latest or (wanted is not None and kind not in wanted):
                    continue
                if plain and plain not in line.lower() and line.isascii():
                    continue
                entry = entry_of(line)
                if entry and (before is None or entry.number < before) and needle in _words(entry, needle):
                    yield entry

    return tuple(islice(found(), max(0, limit)))


def _lines(path: Path) -> Iterator[bytes]:
    """The whole lines of a segment, the last one first."""
    with path.open("rb") as stream:
        for _at, line in backwards(stream, path.stat().st_size):
            if line.endswith(b"\n"):
                yield line


def _ended_before(path: Path, moment: float) -> bool:
    entry = next((entry for line in _lines(path) if (entry := entry_of(line))), None)
    return entry is not None and entry.time < moment


def _glance(line: bytes) -> tuple[bytes, bytes]:
    """Time and kind, by their place in the line: a whole reading of JSON costs ten times as much."""
    at = line.find(b'"t":"', 0, 200) + 5
    return line[at : at + 24], line[at + 26 : line.find(b",", at + 26)]


def _plain(needle: str) -> bytes:
    """What must stand in a line of plain letters that holds ``needle``; empty when JSON may write it in another way."""
    safe = needle.isascii() and needle.isprintable() and not set('"\\') & set(needle)
    return needle.encode() if safe else b""


def _words(entry: Entry, needle: str) -> str:
    """What ``text`` is looked for in."""
    if not needle:
        return ""
    return "\n".join((str(entry.kind), entry.by, *map(str, entry.facts.values()))).casefold()
