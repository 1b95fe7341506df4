"""Where a journal ends, and what is not as it was left: found at opening, put right without losing anything.

What follows the last signed line (a line that a power cut left unfinished, or lines of strangers) is moved into a file of its
own. Whatever is missing stays missing: the sums go on from the head, and the entry RECOVERED says what the head knew.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from hameau.kit import stamp
from hameau.perimeter.journal.folder import HEAD, foreign, write_whole
from hameau.perimeter.journal.keys import PublicKey
from hameau.perimeter.journal.lines import (
    HEAD_BYTES,
    HEAD_DOMAIN,
    Head,
    digest,
    entry_of,
    head_of,
    is_signed,
    is_tombstone,
)
from hameau.perimeter.journal.reading import newest_first
from hameau.perimeter.journal.segments import backwards, first_line, segments
from hameau.perimeter.journal.types import Entry, Fact, Kind

TORN, FOREIGN, MISSING, CHANGED, NO_HEAD = "torn", "foreign", "missing", "changed", "head"
"""Values of ``reason``. Only ``torn`` is what a crash does; the others mean that somebody, or the disk, took something."""


@dataclass(slots=True)
class End:
    """Where the next entry goes."""

    head: Head
    segment: Path | None
    """The last one; ``None`` before the first entry."""
    size: int = 0
    recovered: dict[str, Fact] = field(default_factory=dict)
    """The facts of the entry that is to be written first, when something had to be put right."""


def look(folder: Path, key: PublicKey) -> End:
    """Finds the end of the journal in ``folder``, and moves aside what is not part of it. Under the lock.

    Raises :class:`Corrupt` for a journal of another key, :class:`NotEnough` when there is no room to move things aside.
    """
    head = _head(folder, key)
    files = segments(folder)
    if not files:
        begin = Head(0, key.first)
        return _compare(folder, head, begin, End(begin, None))
    if head is None and not _belongs(files, key):
        raise foreign(folder)
    end = End(Head(0, key.first), files[-1])
    for path in reversed(files):
        size, entry = _last(path, key, head)
        if path.stat().st_size > size:
            end.recovered.update(_aside(folder, path, size))
        if path == files[-1]:
            end.size = size
        if entry is not None:
            end.head = replace(end.head, number=entry.number, hash=entry.hash)
            break
    return _compare(folder, head, end.head, end)


def counted(head: Head, number: int, hash_: str, moment: str, kind: Kind | str, facts: Mapping[str, Fact]) -> Head:
    """The head after one more entry."""
    refused = head.refused
    if kind == Kind.REFUSED:
        refused += 1
    elif kind == Kind.REPEATED:
        refused += int(facts.get("times", 0))
    left = facts.get("leaves", kind == Kind.ENDED) if kind in (Kind.ALLOWED, Kind.ENDED) else False
    return Head(number, hash_, refused, moment if left else head.left, head.began or moment)


def _head(folder: Path, key: PublicKey) -> Head | None:
    """The head, when it is whole and signed."""
    try:
        with (folder / HEAD).open("rb") as stream:
            line = stream.read(HEAD_BYTES + 1)
    except FileNotFoundError:
        return None
    return head_of(line) if is_signed(key, line, HEAD_DOMAIN) else None


def _belongs(files: list[Path], key: PublicKey) -> bool:
    """Whether the first or the last line of the journal is signed with ``key``: one of both may be damaged."""
    lines = [first_line(files[0])]
    with files[-1].open("rb") as stream:
        lines += [line for _, (_at, line) in zip(range(2), backwards(stream, files[-1].stat().st_size), strict=False)]
    return not any(lines) or any(is_signed(key, line) for line in lines)


def _last(path: Path, key: PublicKey, head: Head | None) -> tuple[int, Entry | None]:
    """Where the last line of ours in ``path`` ends, and what it says."""
    with path.open("rb") as stream:
        for at, line in backwards(stream, path.stat().st_size):
            if not line.endswith(b"\n"):
                continue
            known = head is not None and digest(line) == head.hash and not is_tombstone(line)
            if (known or is_signed(key, line)) and (entry := entry_of(line)):
                return at + len(line), entry
    return 0, None


def _aside(folder: Path, path: Path, size: int) -> dict[str, Fact]:
    """Moves what lies in ``path`` from ``size`` on into a file of its own."""
    with path.open("rb") as stream:
        stream.seek(size)
        rest = stream.read()
    name, again = f"aside-{path.stem}-{size}", 0
    while (there := folder / name).exists() and there.read_bytes() != rest:
        again += 1
        name = f"aside-{path.stem}-{size}-{again}"
    write_whole(folder / name, rest)
    os.truncate(path, size)
    reason = FOREIGN if b"\n" in rest else TORN
    return {"reason": reason, "bytes": len(rest), "file": name, "sha256": sha256(rest).hexdigest()}


def _compare(folder: Path, head: Head | None, last: Head, end: End) -> End:
    """Holds the end of the segments against the head, and brings the sums up to date."""
    if head is None:
        end.recovered["reason"] = NO_HEAD
        end.head = _replayed(folder, Head(0, ""), last) or last
        return end
    end.head = replace(head, number=last.number, hash=last.hash)
    if head.number > last.number:
        end.recovered |= {"reason": MISSING, "missing": head.number - last.number}
    elif head.number == last.number and head.hash != last.hash:
        end.recovered["reason"] = CHANGED
    elif head.number < last.number:
        replayed = _replayed(folder, head, last)
        if replayed is None:
            end.recovered["reason"] = CHANGED
        end.head = replayed or end.head
    if end.recovered.get("reason") in (MISSING, CHANGED):
        end.recovered |= {"expected": head.number, "head": head.hash}
    return end


def _replayed(folder: Path, since: Head, last: Head) -> Head | None:
    """``since`` and what was written after it; ``None`` when the journal does not hold the line that ``since`` names."""
    refused, left, began, found = since.refused, "", "", since.number == 0
    for entry in newest_first(folder):
        if entry.number <= since.number:
            found = entry.number == since.number and entry.hash == since.hash
            break
        step = counted(Head(0, ""), 0, "", stamp(entry.time), entry.kind, entry.facts)
        refused, left, began = refused + step.refused, left or step.left, step.began
    if not found:
        return None
    return Head(last.number, last.hash, refused, left or since.left, since.began or began)
