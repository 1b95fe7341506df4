"""The files in a 7z archive, packed by LZMA, LZMA2, Deflate, bzip2 or not at all. Standard library only; inside the worker.

Nothing is believed: every number is compared with the bytes that are there. What the format allows besides (PPMd, BCJ2,
several volumes) is refused as an archive of a kind that is not opened; AES as protected.

Source: ``7zFormat.txt`` of the LZMA SDK, public domain.
"""

from __future__ import annotations

import bz2
import io
import lzma
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, Protocol, Self

from hameau.library.extraction import limits
from hameau.library.extraction.bounded import Bounded
from hameau.library.extraction.reasons import Unreadable
from hameau.library.extraction.sevenheader import ENCODED, HEADER, Folder, HeaderReader

_START = struct.Struct("<6sBBIQQI")
_COPY, _LZMA, _LZMA2, _DEFLATE, _BZIP2, _DELTA = (
    b"\x00",
    b"\x03\x01\x01",
    b"\x21",
    b"\x04\x01\x08",
    b"\x04\x02\x02",
    b"\x03",
)
_JUMPS = {
    b"\x04": lzma.FILTER_X86, b"\x03\x03\x01\x03": lzma.FILTER_X86, b"\x05": lzma.FILTER_POWERPC, b"\x06": lzma.FILTER_IA64,
    b"\x07": lzma.FILTER_ARM, b"\x08": lzma.FILTER_ARMTHUMB, b"\x09": lzma.FILTER_SPARC,
}  # fmt: skip
_MOST_HEADER = 32 << 20


@dataclass(frozen=True, slots=True)
class Member:
    """One file; ``open`` works until the next member is asked for."""

    path: str
    size: int
    locked: bool
    open: Callable[[], IO[bytes]]


class _Decompressor(Protocol):
    def decompress(self, data: bytes, max_length: int = ...) -> bytes: ...


def members(data: bytes) -> Iterator[Member]:
    """The files of the archive, in order. Raises ``ValueError`` or ``struct.error`` where it is damaged."""
    mark, _, _, _, offset, size, checksum = _START.unpack_from(data)
    header = data[_START.size + offset : _START.size + offset + size]
    if not mark or len(header) != size or size > _MOST_HEADER or zlib.crc32(header) != checksum:
        raise ValueError("no header")
    for _ in range(4):  # a packed header may hold a packed header
        if not header or header[0] != ENCODED:
            break
        reader = HeaderReader(header, 1)
        folders = reader.streams()
        if len(folders) != 1 or folders[0].size > _MOST_HEADER:
            raise ValueError("no header")
        if folders[0].is_locked:
            raise Unreadable("encrypted")
        header = _stream(data, folders[0]).all(_MOST_HEADER)[: folders[0].size]
    reader = HeaderReader(header, 0)
    if not header or reader.byte() != HEADER:
        raise Unreadable("empty")
    yield from _files(data, *reader.contents())


def _files(data: bytes, folders: Sequence[Folder], names: Sequence[str], empty: Sequence[bool]) -> Iterator[Member]:
    filled = iter([name for name, nothing in zip(names, empty, strict=True) if not nothing])
    for folder in folders:
        stream = None
        for size in folder.files:
            name = next(filled, None)
            if name is None:
                raise ValueError("a file without a name")
            if folder.is_locked:
                yield Member(name, size, True, io.BytesIO)
                continue
            stream = stream or _stream(data, folder)
            part = _Part(stream, size)
            yield Member(name, size, False, part.open)
            part.drain()


class _Part:
    """The next ``size`` bytes of a stream that holds several files."""

    def __init__(self, stream: Bounded, size: int) -> None:
        self._stream, self._left = stream, size

    def open(self) -> IO[bytes]:
        return self  # type: ignore[return-value]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """The next file begins behind this one, whoever stopped reading it."""

    def read(self, size: int) -> bytes:
        part = self._stream.read(min(size, self._left))
        if not part and size and self._left:
            raise EOFError("a packed file ends too early")
        self._left -= len(part)
        return part

    def drain(self) -> None:
        while self._left:
            self.read(1 << 20)


class _Unpacking:
    """Hands out what one decompressor makes of ``data``, in whole pieces."""

    def __init__(self, data: memoryview, decompressor: _Decompressor) -> None:
        self._data, self._decompressor, self._at = data, decompressor, 0

    def read(self, size: int) -> bytes:
        parts = bytearray()
        idle = 0
        while len(parts) < size and idle < 2 and not getattr(self._decompressor, "eof", False):
            piece = b"" if getattr(self._decompressor, "needs_input", True) is False else self._next()
            made = self._decompressor.decompress(piece, size - len(parts))
            idle = 0 if made or piece else idle + 1
            parts += made
        return bytes(parts)

    def _next(self) -> bytes:
        piece = bytes(self._data[self._at : self._at + (1 << 16)])
        self._at += len(piece)
        return piece


class _Inflate:
    """zlib's decompressor with the manners of the two others: what was not looked at stays inside."""

    def __init__(self) -> None:
        self._inner, self._tail = zlib.decompressobj(-15), b""

    @property
    def needs_input(self) -> bool:
        return not self._tail

    @property
    def eof(self) -> bool:
        return self._inner.eof

    def decompress(self, data: bytes, max_length: int = 0) -> bytes:
        made = self._inner.decompress(self._tail + data, max_length)
        self._tail = self._inner.unconsumed_tail
        return made


def _stream(data: bytes, folder: Folder) -> Bounded:
    packed = memoryview(data)[folder.start : folder.start + folder.packed]
    if len(packed) != folder.packed:
        raise ValueError("the archive ends too early")
    methods = [method for method, _ in folder.coders]
    if methods == [_COPY]:
        return Bounded(io.BytesIO(packed), len(data))
    if methods == [_DEFLATE]:
        return Bounded(_Unpacking(packed, _Inflate()), len(data))
    if methods == [_BZIP2]:
        return Bounded(_Unpacking(packed, bz2.BZ2Decompressor()), len(data))
    filters = [_filter(method, properties) for method, properties in reversed(folder.coders)]
    return Bounded(_Unpacking(packed, lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters)), len(data))


def _filter(method: bytes, properties: bytes) -> dict[str, Any]:
    """One link of liblzma's chain."""
    if method in _JUMPS:
        return {"id": _JUMPS[method]}
    if method == _DELTA and len(properties) == 1:
        return {"id": lzma.FILTER_DELTA, "dist": properties[0] + 1}
    if method == _LZMA and len(properties) == 5:
        mode, words = properties[0], int.from_bytes(properties[1:], "little")
        return {
            "id": lzma.FILTER_LZMA1, "dict_size": _affordable(words), "lc": mode % 9, "lp": mode // 9 % 5, "pb": mode // 45,
        }  # fmt: skip
    if method == _LZMA2 and len(properties) == 1 and properties[0] <= 40:
        half = properties[0]
        return {"id": lzma.FILTER_LZMA2, "dict_size": _affordable((2 | half & 1) << half // 2 + 11)}
    raise Unreadable("closed_archive", method.hex())


def _affordable(size: int) -> int:
    if size > limits.LZMA_BYTES:
        raise Unreadable("too_much_memory")
    return max(size, 4096)
