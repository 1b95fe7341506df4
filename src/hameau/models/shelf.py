"""The folder of installed models: ``ID.gguf`` and its card ``ID.toml``, so that the folder can be copied on a stick.

A model is there when both files are; the weights arrive first under another name, and the card is written last.
"""

from __future__ import annotations

import logging
import os
import tomllib
from pathlib import Path

from hameau.kit import N_, HameauError, NotEnough, Refused, now, stamp
from hameau.models.catalogue import Catalogue, from_mapping, to_toml
from hameau.models.inspect import card_of, inspect, slug
from hameau.models.types import InstalledModel, ModelCard

logger = logging.getLogger(__name__)

_NO_SPACE = 28  # errno.ENOSPC
_QUOTA = 122  # errno.EDQUOT on Linux


class Shelf:
    """What is in the folder. Reads it anew each time: a person or another process may change it."""

    def __init__(self, folder: Path, catalogue: Catalogue) -> None:
        self.folder = folder
        self._catalogue = catalogue
        self._strangers: dict[tuple[str, int, int], ModelCard | None] = {}

    @property
    def incoming(self) -> Path:
        """Where files arrive: on the same disk, so that the last step is a rename."""
        return self.folder / ".incoming"

    def path(self, model_id: str) -> Path:
        """Where the weights of ``model_id`` stand or would stand."""
        return self.folder / f"{slug(model_id)}.gguf"

    def find(self, model_id: str) -> InstalledModel | None:
        """The installed model called ``model_id``."""
        return next((model for model in self.all() if model.card.id == model_id), None)

    def all(self) -> tuple[InstalledModel, ...]:
        """Every complete model in the folder, by id. A file that is not one is logged and left out."""
        try:
            paths = sorted(path for path in self.folder.glob("*.gguf") if not path.name.startswith("."))
        except OSError as error:
            logger.warning("The models can't be listed: %s", error)
            return ()
        found = (self._at(path) for path in paths)
        return tuple(model for model in found if model is not None)

    def put(self, card: ModelCard, arrived: Path) -> InstalledModel:
        """Makes ``arrived`` (a complete file in :attr:`incoming`) an installed model."""
        target = self.path(card.id)
        added_at = now()
        try:
            draft = self.incoming / f"{target.stem}.toml"
            _write(draft, to_toml(card, added_at))
            arrived.replace(target)
            draft.replace(target.with_suffix(".toml"))
            sync_folder(self.folder)
        except OSError as error:
            raise disk_error(error, target) from error
        return InstalledModel(card, str(target), added_at)

    def remove(self, model: InstalledModel) -> None:
        """Deletes the files of ``model``. A process that uses them keeps them until it ends."""
        path = Path(model.path)
        try:
            path.unlink(missing_ok=True)
            path.with_suffix(".toml").unlink(missing_ok=True)
        except OSError as error:
            raise disk_error(error, path) from error

    def _at(self, path: Path) -> InstalledModel | None:
        try:
            facts = path.stat()
            if side := _read_side(path.with_suffix(".toml")):
                card, added_at = side
                if card.size_bytes == facts.st_size:
                    return InstalledModel(card, str(path), added_at)
            card_or_none = self._stranger(path, facts)
            return InstalledModel(card_or_none, str(path), stamp(facts.st_mtime)) if card_or_none else None
        except OSError as error:
            logger.warning("%s can't be read: %s", path, error)
            return None

    def _stranger(self, path: Path, facts: os.stat_result) -> ModelCard | None:
        """The card of a file that was put here by hand: from the catalogue by name and size, else from its header."""
        key = (path.name, facts.st_size, facts.st_mtime_ns)
        if key not in self._strangers:
            known = self._catalogue.find(path.stem)
            if known is not None and known.size_bytes == facts.st_size:
                self._strangers[key] = known
            else:
                try:
                    self._strangers[key] = card_of(inspect(path), slug(path.stem))
                except HameauError as error:
                    logger.warning("%s is not a usable model: %s", path, error)
                    self._strangers[key] = None
        return self._strangers[key]


def disk_error(error: OSError, path: Path) -> HameauError:
    """The error of ours for one of the disk's."""
    if error.errno in (_NO_SPACE, _QUOTA):
        return NotEnough(N_("The disk is full."), hint=N_("Make room, then run the same command again."))
    return Refused(N_("{path} can't be written: {reason}"), path=str(path), reason=error.strerror or str(error))


def sync_folder(folder: Path) -> None:
    """Makes renames inside ``folder`` survive a power cut (fsync(2): a directory needs its own)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


def _read_side(path: Path) -> tuple[ModelCard, str] | None:
    try:
        data = tomllib.loads(path.read_text("utf-8"))
        added_at = str(data.pop("added_at", ""))
        return from_mapping(data), added_at
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError, KeyError, ValueError) as error:
        logger.warning("The card %s can't be read: %s", path, error)
        return None
