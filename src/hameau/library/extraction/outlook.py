"""What a mail that Outlook saved holds beside its text, which kreuzberg reads: what is attached, and the header it came with.
Standard library only; in the worker.

Sources: [MS-CFB] (compound files: sectors, chains, directory) and [MS-OXMSG] (2.2.2 attachments, 2.1 properties as streams).
Nothing is believed: a chain that comes back to itself or leaves the file ends there.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hameau.library.extraction import limits

_MARK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LAST = 0xFFFF_FFFA
"""Sector numbers from here on are signs, not places."""
_ENTRY = 128
_STORAGE, _STREAM, _NONE = 1, 2, 0xFFFF_FFFF
_ATTACHED = "__attach_version1.0_#"
_CONTENT, _EMBEDDED = "37010102", "3701000D"
_TEXTS = (("001F", "utf-16-le"), ("001E", "cp1252"))
_NAMES = ("3707", "3704", "3001")
_LONGEST_TEXT = 4 << 20
_STREAM_OF = "__substg1.0_"


class _Entry(NamedTuple):
    name: str
    kind: int
    left: int
    right: int
    child: int
    start: int
    size: int


class Letter:
    """A mail of Outlook's: the properties that are texts, and what is attached. Raises ``ValueError`` for what is none."""

    def __init__(self, file: _Compound, parts: Sequence[_Entry]) -> None:
        self._file = file
        self._streams = {entry.name: entry for entry in parts if entry.kind == _STREAM}
        self._storages = [entry for entry in parts if entry.kind == _STORAGE]

    def text(self, tag: str) -> str:
        """The property of that number (four hexadecimal figures, [MS-OXPROPS]); empty when there is none."""
        for kind, alphabet in _TEXTS:
            entry = self._streams.get(f"{_STREAM_OF}{tag}{kind}")
            if entry is not None and entry.size < _LONGEST_TEXT:
                return self._file.content(entry).decode(alphabet, "replace").strip("\0")
        return ""

    def data(self, name: str) -> bytes:
        """The property of that number and kind, when it is not a text; empty when there is none."""
        entry = self._streams.get(_STREAM_OF + name)
        return self._file.content(entry) if entry is not None else b""

    def attached(self) -> Iterator[Attached]:
        """Everything that came with the mail, in no order."""
        for storage in self._storages:
            if not storage.name.startswith(_ATTACHED):
                continue
            inside = Letter(self._file, list(self._file.children_of(storage)))
            name = next((named for tag in _NAMES if (named := inside.text(tag)[: 2 * limits.LONGEST_PATH])), "")
            within = next((one for one in inside._storages if one.name == _STREAM_OF + _EMBEDDED), None)
            if within is not None:
                yield Attached(name, b"", Letter(self._file, list(self._file.children_of(within))))
            elif _STREAM_OF + _CONTENT in inside._streams:
                yield Attached(name, inside.data(_CONTENT))


class Attached(NamedTuple):
    """A file that came with a mail, or a mail."""

    name: str
    data: bytes
    letter: Letter | None = None


def letter_of(data: bytes) -> Letter | None:
    """The mail in a file; ``None`` where the file is damaged: kreuzberg has read what can be read by then."""
    try:
        file = _Compound(data)
        return Letter(file, list(file.children(0)))
    except (struct.error, IndexError, ValueError):
        return None


class _Compound:
    """A file of files."""

    def __init__(self, data: bytes) -> None:
        if not data.startswith(_MARK):
            raise ValueError("no compound file")
        self._data = data
        shift, mini = struct.unpack_from("<HH", data, 30)
        if shift not in (9, 12) or mini != 6:
            raise ValueError("sectors of an odd size")
        self._size, self._mini_size = 1 << shift, 1 << mini
        directory, self._small = struct.unpack_from("<I4xI", data, 48)
        self._table = self._sector_table()
        mini_table = self._chain(struct.unpack_from("<I", data, 60)[0])
        self._mini_table = _numbers(b"".join(mini_table))
        raw = b"".join(self._chain(directory))
        self._entries = [_entry(raw[at : at + _ENTRY]) for at in range(0, len(raw) - _ENTRY + 1, _ENTRY)]
        if not self._entries:
            raise ValueError("no directory")
        self._mini = b"".join(self._chain(self._entries[0].start))

    def children(self, number: int) -> Iterator[_Entry]:
        """What lies directly in the storage of that number."""
        return self.children_of(self._entries[number])

    def children_of(self, storage: _Entry) -> Iterator[_Entry]:
        """What lies directly in a storage, in no order."""
        waiting, seen = [storage.child], set()
        while waiting:
            number = waiting.pop()
            if number >= len(self._entries) or number in seen:
                continue
            seen.add(number)
            entry = self._entries[number]
            waiting += [entry.left, entry.right]
            yield entry

    def content(self, entry: _Entry) -> bytes:
        """The bytes of a stream, as many as it says and the file holds."""
        if entry.size >= self._small:
            return b"".join(self._chain(entry.start))[: entry.size]
        parts, number, size = [], entry.start, self._mini_size
        for _ in range(len(self._mini_table)):
            if number >= len(self._mini_table):
                break
            parts.append(self._mini[number * size : number * size + size])
            number = self._mini_table[number]
        return b"".join(parts)[: entry.size]

    def _sector(self, number: int) -> bytes:
        at = (number + 1) * self._size
        return self._data[at : at + self._size]

    def _chain(self, number: int) -> list[bytes]:
        parts = []
        for _ in range(len(self._table)):
            if number >= len(self._table):
                break
            parts.append(self._sector(number))
            number = self._table[number]
        return parts

    def _sector_table(self) -> tuple[int, ...]:
        """Which sector follows which."""
        places = list(_numbers(self._data[76:512]))
        further, count = struct.unpack_from("<II", self._data, 68)
        for _ in range(min(count, len(self._data) // self._size)):
            if further >= _LAST:
                break
            more = _numbers(self._sector(further))
            if not more:
                break
            places += more[:-1]
            further = more[-1]
        most = len(self._data) // self._size
        return _numbers(b"".join(self._sector(place) for place in places[:most] if place < _LAST))


def _numbers(raw: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(raw) // 4}I", raw[: len(raw) // 4 * 4])


def _entry(raw: bytes) -> _Entry:
    length, kind = struct.unpack_from("<HB", raw, 64)
    left, right, child = struct.unpack_from("<III", raw, 68)
    start, size = struct.unpack_from("<IQ", raw, 116)
    return _Entry(
        raw[: max(min(length, 64) - 2, 0)].decode("utf-16-le", "replace"), kind, left, right, child, start, size
    )
