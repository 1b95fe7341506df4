"""Adds a model that is already on this machine or on a stick: validated, then linked or copied, never changed."""

from __future__ import annotations

import filecmp
import hashlib
import logging
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from hameau.kit import N_, BadInput, Conflict, Corrupt, NotFound, locked, new_id
from hameau.models.disk import check_disk, disk_error
from hameau.models.fetch import Arrival
from hameau.models.hf_folder import card_of_folder, files_of, is_folder
from hameau.models.inspect import card_of, check_projector, inspect, slug
from hameau.models.recipes import PLAIN
from hameau.models.shelf import PROJECTOR
from hameau.models.types import InstalledModel, ModelCard, Recipe

logger = logging.getLogger(__name__)

_CHUNK = 4 << 20
_DEPTH = 3  # folders deep that a stick is searched
_MAX_FILES = 100
_SHOWN = 10


def adopt(
    path: Path,
    catalogue: Iterable[ModelCard],
    arrival: Arrival,
    *,
    name: str = "",
    recipe: Recipe = PLAIN,
    projector: Path | None = None,
    digest: str = "",
) -> InstalledModel:
    """The model at ``path`` on the shelf: a GGUF file, the one in that folder, or a folder in the form of Hugging Face.
    Adding the same one twice changes nothing.

    ``name`` is its id (else its file's name), ``recipe`` how it is used, ``projector`` the file that lets it see (else the
    one that lies beside it).

    Raises :class:`NotFound`, :class:`Corrupt`, :class:`BadInput` (not a chat model), :class:`Conflict` (another file
    has that name), :class:`NotEnough` (disk) or :class:`Cancelled`; then nothing is left behind.
    """
    try:
        source = path.expanduser().resolve()
    except (ValueError, RuntimeError, OSError) as error:  # a NUL in its name, an unknown user's home, links in a circle
        raise NotFound(N_("There is no file {path}."), path=str(path)) from error
    try:
        wanted = _Wanted(name, recipe, projector, digest)
        if is_folder(source):
            return _adopt_folder(source, arrival, wanted)
        if not source.is_dir():
            return _adopt_file(source, catalogue, arrival, wanted)
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
        return _adopt_file(found[0], catalogue, arrival, wanted)
    except OSError as error:
        raise disk_error(error, path) from error


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the caller says of the model beside its path."""

    name: str
    recipe: Recipe
    projector: Path | None
    digest: str
    """Its SHA-256, when somebody has checked it."""


def _models_in(folder: Path) -> list[Path]:
    base = len(folder.parts)
    found: list[Path] = []
    for parent, folders, names in os.walk(folder):
        folders[:] = (
            sorted(name for name in folders if not name.startswith("."))
            if len(Path(parent).parts) - base < _DEPTH
            else []
        )
        found += (Path(parent, name) for name in sorted(names) if _is_model(name))
        if len(found) >= _MAX_FILES:
            break
    return found[:_MAX_FILES]


def _is_model(name: str) -> bool:
    lower = name.lower()
    return lower.endswith(".gguf") and not lower.startswith(".") and "mmproj" not in lower


def _projector_of(source: Path) -> Path | None:
    """The projector beside ``source``, as those who publish such models name it, when there is no doubt: it begins with
    the model's name, or both are the only ones of their kind in the folder."""
    beside = sorted(source.parent.glob("*.gguf"))
    seeing = [path for path in beside if "mmproj" in path.name.lower() and not path.name.startswith(".")]
    named = [path for path in seeing if path.name.lower().startswith(f"{source.stem.lower()}.mmproj")]
    alone = seeing if len([path for path in beside if _is_model(path.name)]) == 1 else []
    found = named or alone
    return found[0] if len(found) == 1 else None


def _adopt_file(source: Path, catalogue: Iterable[ModelCard], arrival: Arrival, wanted: _Wanted) -> InstalledModel:
    card = card_of(inspect(source), wanted.name)
    projector = wanted.projector or _projector_of(source)
    if projector is not None:
        check_projector(projector)
    shelf = arrival.shelf
    shelf.incoming.mkdir(parents=True, exist_ok=True)
    twins = [known for known in catalogue if known.sha256 and known.size_bytes == card.size_bytes]
    with locked(shelf.incoming / "adopt.lock", arrival.check):
        for left in shelf.incoming.glob("*.adopting"):  # of a copy that was killed: whoever holds the lock is alone
            shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)
        draft = shelf.incoming / f"{slug(card.id)}.adopting"
        seeing = shelf.incoming / f"{slug(card.id)}{PROJECTOR}.adopting"
        try:
            linked = _link(source, draft)
            digest = wanted.digest
            if linked and twins and not digest:
                digest = _digest(source, arrival)
            elif not linked:
                digest = _copy(source, draft, arrival)
            card = _known(card, twins, digest, wanted)
            if (there := shelf.find(card.id)) is not None or shelf.taken(card.id):
                return _already(there, shelf.path(card.id), draft, card)
            if projector is not None:
                link_or_copy(projector, seeing, arrival)
            model = shelf.put(card, draft, recipe=wanted.recipe, projector=seeing if projector else None)
        finally:
            draft.unlink(missing_ok=True)
            seeing.unlink(missing_ok=True)
    arrival.progress(card.size_bytes, card.size_bytes)
    return model


def _known(card: ModelCard, twins: list[ModelCard], digest: str, wanted: _Wanted) -> ModelCard:
    """The card of the catalogue when it is that very file; under the name that was asked for, if one was."""
    twin = next((twin for twin in twins if twin.sha256 == digest), None)
    if twin is None:
        return replace(card, sha256=digest, title=wanted.name or card.title)
    return replace(twin, id=wanted.name, title=wanted.name, starter=False, origins=()) if wanted.name else twin


def _adopt_folder(source: Path, arrival: Arrival, wanted: _Wanted) -> InstalledModel:
    card = card_of_folder(source, wanted.name)
    shelf = arrival.shelf
    shelf.incoming.mkdir(parents=True, exist_ok=True)
    with locked(shelf.incoming / "adopt.lock", arrival.check):
        target = shelf.folder / slug(card.id)
        if target.exists() and target.samefile(source) and (there := shelf.find(card.id)) is not None:
            return there
        if shelf.taken(card.id):
            raise _conflict(card.id)
        draft = shelf.incoming / f"{slug(card.id)}.adopting"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        try:
            for file in files_of(source):
                link_or_copy(file.resolve(), draft / file.name, arrival)
            model = shelf.put(card, draft, recipe=wanted.recipe)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    arrival.progress(card.size_bytes, card.size_bytes)
    return model


def _already(there: InstalledModel | None, path: Path, draft: Path, card: ModelCard) -> InstalledModel:
    """The model that is there, when it is the same file; else :class:`Conflict`."""
    if there is not None and Path(there.path).is_file() and filecmp.cmp(there.path, draft, shallow=False):
        return there
    raise _conflict(card.id if there is not None else slug(path.stem))


def _conflict(model_id: str) -> Conflict:
    return Conflict(
        N_("Another model called “{model}” is already there."),
        hint=N_("Remove it first (hameau models remove {model}), or rename your file."),
        model=model_id,
    )


def link_or_copy(source: Path, draft: Path, arrival: Arrival) -> None:
    """Puts the file ``source`` at ``draft``: another name for it on the same disk, else a copy. Raises ``OSError``."""
    if not _link(source, draft):
        _copy(source, draft, arrival)


def is_linkable(source: Path, folder: Path) -> bool:
    """Whether the file ``source`` can have a second name in ``folder``. Raises ``OSError``."""
    trial = folder / f"{new_id('link')}.adopting"
    try:
        return _link(source, trial)
    finally:
        trial.unlink(missing_ok=True)


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
