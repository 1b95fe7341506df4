"""Adds a model that is already on this machine or on a stick: validated, then linked or copied, never changed."""

from __future__ import annotations

import filecmp
import hashlib
import logging
import os
from dataclasses import replace
from pathlib import Path

from hameau.kit import N_, BadInput, Conflict, Corrupt, NotFound, locked
from hameau.models.catalogue import Catalogue
from hameau.models.fetch import Arrival, check_disk
from hameau.models.inspect import card_of, inspect, slug
from hameau.models.shelf import disk_error
from hameau.models.types import InstalledModel, ModelCard

logger = logging.getLogger(__name__)

_CHUNK = 4 << 20
_DEPTH = 3  # folders deep that a stick is searched
_MAX_FILES = 100
_SHOWN = 10


def adopt(path: Path, catalogue: Catalogue, arrival: Arrival) -> InstalledModel:
    """The model file at ``path``, or the one in that folder, on the shelf. Adding the same file twice changes nothing.

    Raises :class:`NotFound`, :class:`Corrupt`, :class:`BadInput` (not a chat model), :class:`Conflict` (another file
    has that name), :class:`NotEnough` (disk) or :class:`Cancelled`; then nothing is left behind.
    """
    try:
        source = path.expanduser().resolve()
        if not source.is_dir():
            return _adopt_file(source, catalogue, arrival)
        found = _models_in(source)
        if not found:
            raise NotFound(N_("There is no .gguf file in {path}."), path=str(path))
        if len(found) > 1:
            raise BadInput(
                N_("There are {count} models in {path}: {names}."),
                hint=N_("Add the one you want: hameau models add {first}"),
                count=len(found),
                path=str(path),
                names=", ".join(str(file.relative_to(source)) for file in found[:_SHOWN]),
                first=str(found[0]),
            )
        return _adopt_file(found[0], catalogue, arrival)
    except OSError as error:
        raise disk_error(error, path) from error


def _models_in(folder: Path) -> list[Path]:
    base = len(folder.parts)
    found: list[Path] = []
    for parent, folders, names in os.walk(folder):
        folders[:] = (
            sorted(name for name in folders if not name.startswith("."))
            if len(Path(parent).parts) - base < _DEPTH
            else []
        )
        found += (
            Path(parent, name) for name in sorted(names) if name.lower().endswith(".gguf") and not name.startswith(".")
        )
        if len(found) >= _MAX_FILES:
            break
    return found[:_MAX_FILES]


def _adopt_file(source: Path, catalogue: Catalogue, arrival: Arrival) -> InstalledModel:
    card = card_of(inspect(source))
    shelf = arrival.shelf
    shelf.incoming.mkdir(parents=True, exist_ok=True)
    twins = [known for known in catalogue if known.sha256 and known.size_bytes == card.size_bytes]
    with locked(shelf.incoming / "adopt.lock", arrival.check):
        for left in shelf.incoming.glob("*.adopting"):  # of a copy that was killed: whoever holds the lock is alone
            left.unlink(missing_ok=True)
        draft = shelf.incoming / f"{card.id}.adopting"
        try:
            linked = _link(source, draft)
            digest = _digest(source, arrival) if linked and twins else "" if linked else _copy(source, draft, arrival)
            card = next((twin for twin in twins if twin.sha256 == digest), replace(card, sha256=digest))
            if (there := shelf.find(card.id)) is not None or shelf.path(card.id).exists():
                return _already(there, shelf.path(card.id), draft, card)
            model = shelf.put(card, draft)
        finally:
            draft.unlink(missing_ok=True)
    arrival.progress(card.size_bytes, card.size_bytes)
    return model


def _already(there: InstalledModel | None, path: Path, draft: Path, card: ModelCard) -> InstalledModel:
    """The model that is there, when it is the same file; else :class:`Conflict`."""
    if there is not None and filecmp.cmp(there.path, draft, shallow=False):
        return there
    raise Conflict(
        N_("Another model called “{model}” is already there."),
        hint=N_("Remove it first (hameau models remove {model}), or rename your file."),
        model=card.id if there is not None else slug(path.stem),
    )


def _link(source: Path, draft: Path) -> bool:
    try:
        os.link(source, draft)
    except OSError as error:  # another disk, or a file system without links
        logger.debug("%s is copied: %s", source, error)
        return False
    return True


def _digest(source: Path, arrival: Arrival) -> str:
    digest, done = hashlib.sha256(), 0
    size = source.stat().st_size
    with source.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            arrival.check()
            digest.update(chunk)
            done += len(chunk)
            arrival.progress(done, size)
    return digest.hexdigest()


def _copy(source: Path, draft: Path, arrival: Arrival) -> str:
    digest, done = hashlib.sha256(), 0
    size = source.stat().st_size
    check_disk(draft.parent, size)
    with source.open("rb") as stream, draft.open("xb") as copy:
        while chunk := stream.read(_CHUNK):
            arrival.check()
            copy.write(chunk)
            digest.update(chunk)
            done += len(chunk)
            arrival.progress(done, size)
        copy.flush()
        os.fsync(copy.fileno())
    if done != size:
        raise Corrupt(N_("{path} changed while it was copied."), hint=N_("Try again."), path=str(source))
    return digest.hexdigest()
