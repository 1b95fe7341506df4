"""What a check looks at: the bytes of a journal as they were at one moment, in a folder or in an exported file."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from hameau.kit import N_, Corrupt
from hameau.perimeter.journal.folder import HEAD, KEY, PUBLIC, shared
from hameau.perimeter.journal.keys import PrivateKey, PublicKey
from hameau.perimeter.journal.lines import HEAD_DOMAIN, head_of, is_signed, seconds
from hameau.perimeter.journal.segments import number_of, segments
from hameau.perimeter.journal.types import Summary

_SMALL = 10_000_000
"""The most bytes that are read of a file that is no segment."""
ASIDE = "aside-"


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of entries, and how many of its bytes count: what is appended later does not."""

    name: str
    size: int
    open: Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A whole journal."""

    segments: tuple[Segment, ...]
    head: bytes | None
    public: bytes | None
    private: PrivateKey | None = None
    """When the check runs beside the journal."""
    private_damaged: bool = False
    aside: Mapping[str, Callable[[], bytes]] = field(default_factory=dict)
    """What was moved aside after a crash, by file name."""


def files_of(folder: Path) -> list[int]:
    """The segments in ``folder`` by the numbers that the disk gives to files: another one when a file was written anew."""
    with shared(folder):
        return [path.stat().st_ino for path in segments(folder)]


def of_folder(folder: Path) -> Evidence:
    """The journal in ``folder`` as it is now. The lock is held for a moment only."""
    with shared(folder):
        files = [(path, path.stat().st_size) for path in segments(folder)]
        head, public = _bytes(folder / HEAD), _bytes(folder / PUBLIC)
    try:
        private = _bytes(folder / KEY)
    except PermissionError:
        private = None  # another account checks: the public key is enough
    key = PrivateKey.read(private) if private is not None else None
    return Evidence(
        tuple(Segment(path.name, size, _opener(path)) for path, size in files),
        head,
        public,
        key,
        private is not None and key is None,
        {path.name: _reader(path) for path in folder.glob(ASIDE + "*")},
    )


def of_memory(files: Mapping[str, bytes]) -> Evidence:
    """A journal whose files lie in memory."""
    names = sorted(filter(number_of, files), key=number_of)
    return Evidence(
        tuple(Segment(name, len(files[name]), partial(io.BytesIO, files[name])) for name in names),
        files.get(HEAD),
        files.get(PUBLIC),
        aside={name: partial(bytes, files[name]) for name in files if name.startswith(ASIDE)},
    )


def of_archive(archive: zipfile.ZipFile) -> Evidence:
    """A journal that was exported. The archive must stay open. Raises :class:`Corrupt` when it is no such file."""
    infos = {info.filename: info for info in archive.infolist()}
    names = sorted(filter(number_of, infos), key=number_of)
    if not names and PUBLIC not in infos:
        raise Corrupt(
            N_("This file is not an exported journal."), hint=N_("« hameau journal export FILE » writes one.")
        )

    def small(name: str) -> bytes:
        with archive.open(name) as stream:
            return stream.read(_SMALL)

    def opened(name: str) -> Callable[[], BinaryIO]:
        return lambda: cast(BinaryIO, archive.open(name))

    return Evidence(
        tuple(Segment(name, infos[name].file_size, opened(name)) for name in names),
        small(HEAD) if HEAD in infos else None,
        small(PUBLIC) if PUBLIC in infos else None,
        aside={name: partial(small, name) for name in infos if name.startswith(ASIDE)},
    )


def summary(folder: Path) -> Summary:
    """What the head of the journal in ``folder`` says, when it is signed; nothing when there is none."""
    with shared(folder):
        line, public = _bytes(folder / HEAD), _bytes(folder / PUBLIC)
    key = PublicKey.read(public) if public else None
    known = key.text if key else ""
    head = head_of(line) if key and line and is_signed(key, line, HEAD_DOMAIN) else None
    if head is None:
        return Summary(key=known, whole=line is None and public is None)
    return Summary(head.number, head.hash, known, head.refused, seconds(head.left), seconds(head.began))


def _bytes(path: Path) -> bytes | None:
    try:
        with path.open("rb") as stream:
            return stream.read(_SMALL)
    except FileNotFoundError:
        return None


def _opener(path: Path) -> Callable[[], BinaryIO]:
    return lambda: path.open("rb")


def _reader(path: Path) -> Callable[[], bytes]:
    return lambda: _bytes(path) or b""
