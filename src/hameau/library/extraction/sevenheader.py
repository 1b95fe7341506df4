"""The header of a 7z archive: how its bytes are packed, and what the files are called. Unpacks nothing.

Every number is compared with the bytes that are there. Source: ``7zFormat.txt`` of the LZMA SDK, public domain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hameau.library.extraction.reasons import Unreadable

START_BYTES = 32
"""The archive begins with so many bytes that say where this header stands."""
HEADER, ENCODED = 0x01, 0x17
_END, _FILES, _PACKS, _FOLDERS, _STREAMS, _SIZES, _SUMS, _CODERS, _UNPACKED, _COUNTS, _EMPTY, _NAMES = (
    0x00, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x11,
)  # fmt: skip
_ARCHIVE, _MAIN = 0x02, 0x04
_AES = b"\x06\xf1\x07\x01"


@dataclass(slots=True)
class Folder:
    """Files that are packed together: the way they were, and their sizes."""

    coders: tuple[tuple[bytes, bytes], ...]
    size: int
    start: int = 0
    packed: int = 0
    files: tuple[int, ...] = ()
    has_sum: bool = False

    @property
    def is_locked(self) -> bool:
        """Whether a password protects it."""
        return any(method == _AES for method, _ in self.coders)


class HeaderReader:
    """Reads the numbers of a header, one after the other."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data, self._at = data, at

    def byte(self) -> int:
        """The next byte."""
        self._at += 1
        return self._data[self._at - 1]

    def take(self, size: int) -> bytes:
        """The next bytes. Raises ``ValueError`` when there are fewer."""
        part = self._data[self._at : self._at + size]
        if len(part) != size:
            raise ValueError("a header ends too early")
        self._at += size
        return part

    def number(self) -> int:
        """A number whose first byte says how many follow."""
        first, mask, value = self.byte(), 0x80, 0
        for place in range(8):
            if not first & mask:
                return value | (first & (mask - 1)) << 8 * place
            value |= self.byte() << 8 * place
            mask >>= 1
        return value

    def count(self) -> int:
        """A number of things, each of which takes at least some bits of this header."""
        value = self.number()
        if value > len(self._data) * 8:
            raise ValueError("more things than bytes")
        return value

    def bits(self, count: int) -> list[bool]:
        """Yes or no, so many times."""
        raw = self.take((count + 7) // 8)
        return [bool(raw[at // 8] & 0x80 >> at % 8) for at in range(count)]

    def sums(self, count: int) -> list[bool]:
        """Skips checksums; which of the things had one."""
        defined = [True] * count if self.byte() else self.bits(count)
        self.take(4 * sum(defined))
        return defined

    def contents(self) -> tuple[list[Folder], list[str], list[bool]]:
        """Folders, names of files, and which files are empty (or folders)."""
        folders: list[Folder] = []
        while (kind := self.byte()) != _END:
            if kind == _ARCHIVE:
                while self.byte() != _END:
                    self.take(self.number())
            elif kind == _MAIN:
                folders = self.streams()
            elif kind == _FILES:
                return folders, *self._names()
            else:
                raise ValueError("an unknown part of a header")
        return folders, [], []

    def _names(self) -> tuple[list[str], list[bool]]:
        count = self.count()
        names, empty = [""] * count, [False] * count
        while (kind := self.byte()) != _END:
            size = self.number()
            inside = HeaderReader(self.take(size), 0)
            if kind == _EMPTY:
                empty = inside.bits(count)
            elif kind == _NAMES and size and not inside.byte():
                found = inside.take(size - 1).decode("utf-16-le", "replace").split("\0")
                names = [*found, *names][:count]
        return names, empty

    def streams(self) -> list[Folder]:
        """How the archive's bytes are packed."""
        start = 0
        sizes: list[int] = []
        folders: list[Folder] = []
        while (kind := self.byte()) != _END:
            if kind == _PACKS:
                start, sizes = self._packs()
            elif kind == _FOLDERS:
                folders = self._folders()
            elif kind == _STREAMS:
                self._substreams(folders)
            else:
                raise ValueError("an unknown part of a header")
        at = START_BYTES + start
        if len(sizes) != len(folders):
            raise Unreadable("closed_archive", "several streams a folder")
        for folder, size in zip(folders, sizes, strict=True):
            folder.start, folder.packed = at, size
            at += size
        return folders

    def _packs(self) -> tuple[int, list[int]]:
        start, count = self.number(), self.count()
        sizes: list[int] = []
        while (kind := self.byte()) != _END:
            if kind == _SIZES:
                sizes = [self.number() for _ in range(count)]
            elif kind == _SUMS:
                self.sums(count)
            else:
                raise ValueError("an unknown part of a header")
        return start, sizes

    def _folders(self) -> list[Folder]:
        if self.byte() != _CODERS:
            raise ValueError("no folders")
        count = self.count()
        if self.byte():
            raise Unreadable("closed_archive", "folders elsewhere")
        chains = [self._chain() for _ in range(count)]
        if self.byte() != _UNPACKED:
            raise ValueError("no sizes")
        folders = []
        for coders, last in chains:
            sizes = [self.number() for _ in coders]
            folders.append(Folder(coders, sizes[last], files=(sizes[last],)))
        while (kind := self.byte()) != _END:
            if kind != _SUMS:
                raise ValueError("an unknown part of a header")
            for folder, has_sum in zip(folders, self.sums(count), strict=True):
                folder.has_sum = has_sum
        return folders

    def _chain(self) -> tuple[tuple[tuple[bytes, bytes], ...], int]:
        """The coders of a folder in the order of unpacking, and which of them, as written, comes last."""
        count = self.number()
        if not 1 <= count <= 8:
            raise Unreadable("closed_archive", f"{count} coders")
        coders = []
        for _ in range(count):
            flags = self.byte()
            method = self.take(flags & 0xF)
            if flags & 0x10 and (self.number(), self.number()) != (1, 1):
                raise Unreadable("closed_archive", method.hex())
            coders.append((method, self.take(self.number()) if flags & 0x20 else b""))
        fed = {self.number(): self.number() for _ in range(count - 1)}  # which coder eats what which one made
        eater = {made: eats for eats, made in fed.items()}
        order = [next(at for at in range(count) if at not in fed)]
        while order[-1] in eater and len(order) < count:
            order.append(eater[order[-1]])
        if len(order) != count:
            raise ValueError("a chain that is none")
        return tuple(coders[at] for at in order), order[-1]

    def _substreams(self, folders: Sequence[Folder]) -> None:
        counts = [1] * len(folders)
        kind = self.byte()
        if kind == _COUNTS:
            counts = [self.count() for _ in folders]
            kind = self.byte()
        for folder, count in zip(folders, counts, strict=True):
            sizes = [self.number() for _ in range(count - 1)] if kind == _SIZES else []
            last = folder.size - sum(sizes)
            if last < 0 or (count > 1 and kind != _SIZES):
                raise ValueError("files bigger than their folder")
            folder.files = (*sizes, last) if count else ()
        if kind == _SIZES:
            kind = self.byte()
        while kind != _END:
            if kind != _SUMS:
                raise ValueError("an unknown part of a header")
            self.sums(sum(n for n, one in zip(counts, folders, strict=True) if n != 1 or not one.has_sum))
            kind = self.byte()
