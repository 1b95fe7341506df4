"""Archives as documents: every file inside is a section of one text. Standard library only; runs inside the worker.

An archive is believed in nothing: what it claims is compared with what its bytes unpack to, names lead nowhere (nothing is
ever written), archives in archives end at a depth, and all of it is paid from one budget.

Formats: ZIP (PKWARE's APPNOTE), tar (POSIX pax, GNU), gzip (RFC 1952), bzip2, xz, 7z (``sevenzip``).
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import IO, NamedTuple

from hameau.library.extraction import engine, limits, sevenzip
from hameau.library.extraction.bounded import Bounded
from hameau.library.extraction.context import Context
from hameau.library.extraction.decoding import decode_as
from hameau.library.extraction.kinds import HEAD_BYTES
from hameau.library.extraction.members import Members, is_junk, shown
from hameau.library.extraction.reasons import Unreadable
from hameau.library.extraction.structure import Draft
from hameau.library.types import Extracted

_BROKEN = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error, EOFError, NotImplementedError, OSError,
    RuntimeError, ValueError, KeyError, IndexError, OverflowError,
)  # fmt: skip
"""What the standard library raises over archives that are not what they say."""
_UTF8_NAME = 0x800
_LOCKED = 1
_PACKERS = {"application/gzip": "gz", "application/x-bzip2": "bz2", "application/x-xz": "xz"}
_TARS = {"tgz": "tar", "tbz": "tar", "tbz2": "tar", "txz": "tar"}


class Entry(NamedTuple):
    """One file inside an archive; ``open`` works until the next one is asked for."""

    path: str
    size: int
    locked: bool
    open: Callable[[], IO[bytes]]


def read_archive(data: bytes, name: str, media_type: str, context: Context) -> Extracted:
    """All that can be read in an archive; a single packed file is read as itself. Raises :class:`Unreadable`."""
    if context.depth >= limits.DEPTH:
        raise Unreadable("left", "archives in archives")
    try:
        if media_type in _PACKERS:
            stream = _unpacker(data, _PACKERS[media_type])
            bounded = Bounded(stream, len(data))
            inner = _inner_name(name, _PACKERS[media_type])
            beginning = bounded.peek(HEAD_BYTES)
            if beginning[257:262] != b"ustar":
                return context.read(bounded.all(limits.MEMBER_BYTES), inner, context.deeper())
            return _sections(_tar(bounded), media_type, context)
        if media_type == "application/x-tar":
            return _sections(_tar(Bounded(io.BytesIO(data), len(data))), media_type, context)
        if media_type == "application/x-7z-compressed":
            return _sections(_seven(data), media_type, context)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _sections(_zip(archive, len(data)), media_type or "application/zip", context)
    except _BROKEN as error:
        raise Unreadable(engine.reason_of(str(error)), repr(error)[:300]) from error


def _sections(entries: Iterator[Entry], media_type: str, context: Context) -> Extracted:
    draft = Draft()
    members = Members(draft, context)
    found = 0
    try:
        for found, entry in enumerate(entries, 1):
            if found > limits.NAMES:
                members.skip("…", "left")
                break
            _take(entry, members)
    except _BROKEN as error:
        if not members.read:
            raise
        members.skip("…", engine.reason_of(str(error)))
    if not members.read:
        _refuse(members, found)
    members.finish()
    return Extracted(text=draft.finish()[0], media_type=media_type)


def _take(entry: Entry, members: Members) -> None:
    path = shown(entry.path)
    if not path or is_junk(path):
        return
    if entry.locked:
        members.skip(path, "encrypted")
        return
    if entry.size > limits.MEMBER_BYTES:
        members.skip(path, "too_big")
        return
    try:
        with entry.open() as stream:
            data = stream.read(HEAD_BYTES)
            if not members.wanted(path, data):
                return
            data += stream.read(limits.MEMBER_BYTES + 1 - len(data))
    except _BROKEN as error:
        members.skip(path, engine.reason_of(str(error)))
        return
    if len(data) > limits.MEMBER_BYTES:
        members.skip(path, "too_big")
    else:
        members.add(path, data)


def _refuse(members: Members, found: int) -> None:
    """Raises when there is nothing to say of an archive but why: empty, or the same thing is wrong with all of it."""
    reasons = {reason for _, reason in members.unread}
    if not reasons:
        raise Unreadable("empty", f"{found} entries")
    if len(reasons) == 1 and (reason := reasons.pop()) in ("encrypted", "damaged", "bomb", "ocr_missing"):
        raise Unreadable(reason)


def _zip(archive: zipfile.ZipFile, packed: int) -> Iterator[Entry]:
    infos = [info for info in archive.infolist() if not info.is_dir()]
    claimed = sum(info.file_size for info in infos)
    if claimed > max(packed * limits.ARCHIVE_RATIO, limits.ARCHIVE_SMALL):
        raise Unreadable("bomb", f"{claimed} bytes of {packed}")
    for info in infos:
        yield Entry(_name(info), info.file_size, bool(info.flag_bits & _LOCKED), _opener(archive, info))


def _opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    return lambda: archive.open(info)


def _name(info: zipfile.ZipInfo) -> str:
    """The name of a member: where UTF-8 is not promised it is often that, or the alphabet of an old system."""
    if info.flag_bits & _UTF8_NAME:
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename  # named by its Unicode field
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return decode_as(raw, "cp850")


def _tar(stream: Bounded) -> Iterator[Entry]:
    with tarfile.open(fileobj=stream, mode="r|", encoding="utf-8", errors="replace") as archive:
        for info in archive:
            if info.isreg():
                yield Entry(info.name, info.size, False, _extractor(archive, info))
            archive.members.clear()  # type: ignore[attr-defined]  # or a million entries would be kept


def _extractor(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Callable[[], IO[bytes]]:
    def open_member() -> IO[bytes]:
        stream = archive.extractfile(info)
        if stream is None:
            raise ValueError("no file")
        return stream

    return open_member


def _seven(data: bytes) -> Iterator[Entry]:
    for member in sevenzip.members(data):
        yield Entry(member.path, member.size, member.locked, member.open)


def _unpacker(data: bytes, packer: str) -> IO[bytes]:
    raw = io.BytesIO(data)
    if packer == "gz":
        return gzip.GzipFile(fileobj=raw)  # type: ignore[return-value]
    if packer == "bz2":
        return bz2.BZ2File(raw)
    return lzma.LZMAFile(raw)


def _inner_name(name: str, packer: str) -> str:
    path = PurePosixPath(name)
    ending = path.suffix.lower().lstrip(".")
    if ending in _TARS:
        return f"{path.stem}.{_TARS[ending]}"
    return path.stem if ending == packer else name
