"""The folder of installed models: what is in it is what is installed, so that it can be copied on a stick.

- ``NAME.gguf`` and its card ``NAME.toml``; ``NAME.mmproj.gguf`` lets it see, ``NAME.adapter….gguf`` changes it
- ``NAME/``: a model in the form of Hugging Face, with ``NAME.toml`` beside the folder
- ``NAME.toml`` alone: a recipe that uses another model's weights, or files that another program keeps

Weights arrive first under another name, and the card is written last: a model is there when both are.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from hameau.kit import now, stamp
from hameau.models.blobs import Blobs
from hameau.models.catalogue import Catalogue
from hameau.models.disk import disk_error, sync_folder, write_whole
from hameau.models.hf_folder import card_of_folder, is_folder
from hameau.models.inspect import card_of, inspect, slug
from hameau.models.looking import Looking
from hameau.models.recipes import PLAIN
from hameau.models.sidecar import Side, render
from hameau.models.types import Ability, Adapter, InstalledModel, ModelCard, Recipe

logger = logging.getLogger(__name__)

PROJECTOR, ADAPTER = ".mmproj", ".adapter"


class Shelf:
    """What is in the folder. Looks anew each time: a person or another process may change it."""

    def __init__(self, folder: Path, catalogue: Catalogue) -> None:
        self.folder = folder
        self._catalogue = catalogue
        self._looking = Looking(self._stranger)

    @property
    def incoming(self) -> Path:
        """Where files arrive: on the same disk, so that the last step is a rename."""
        return self.folder / ".incoming"

    @property
    def blobs(self) -> Blobs:
        """The files that programs sent to make models of."""
        return Blobs(self.incoming / "blobs")

    def path(self, model_id: str) -> Path:
        """Where the weights of ``model_id`` stand or would stand."""
        return self.folder / f"{slug(model_id)}.gguf"

    def side(self, model_id: str) -> Path:
        """Where the card of ``model_id`` stands or would stand."""
        return self.folder / f"{slug(model_id)}.toml"

    def taken(self, model_id: str) -> bool:
        """Whether something of that file name is here already."""
        return any(each.exists() for each in (self.path(model_id), self.side(model_id), self.folder / slug(model_id)))

    def find(self, model_id: str) -> InstalledModel | None:
        """The installed model called ``model_id``."""
        return next((model for model in self.all() if model.card.id == model_id), None)

    def all(self) -> tuple[InstalledModel, ...]:
        """Every complete model in the folder, by id. A file that is not one is logged and left out."""
        try:
            entries = sorted(path for path in self.folder.iterdir() if not path.name.startswith("."))
        except FileNotFoundError:
            return ()
        except OSError as error:
            logger.warning("The models can't be listed: %s", error)
            return ()
        own = [model for path in entries if (model := self._own(path)) is not None]
        standing = {Path(model.path).name.removesuffix(".gguf") for model in own}
        by_id = {model.card.id: model for model in own}
        cards = (path for path in entries if path.suffix == ".toml" and path.name[:-5] not in standing)
        lent = (self._borrowed(path, by_id) for path in cards)
        found = [*own, *(model for model in lent if model is not None)]
        return tuple(sorted(found, key=lambda model: model.card.id))

    def put(
        self, card: ModelCard, arrived: Path, *, recipe: Recipe = PLAIN, projector: Path | None = None
    ) -> InstalledModel:
        """Makes ``arrived`` (a complete file or folder in :attr:`incoming`) an installed model; its adapters lie in the
        folder already."""
        target = self.path(card.id) if arrived.is_file() else self.folder / slug(card.id)
        try:
            side = Side(card, now(), recipe, abilities=self._looking.abilities_of(arrived, projector))
            draft = write_whole(self.incoming / self.side(card.id).name, render(self._inside(side)))
            if projector is not None:
                projector.replace(self._beside(card.id, PROJECTOR))
            arrived.replace(target)
            draft.replace(self.side(card.id))
            sync_folder(self.folder)
        except OSError as error:
            raise disk_error(error, target) from error
        return self.find(card.id) or InstalledModel(card, str(target), side.added_at, recipe=recipe)

    def refer(
        self, card: ModelCard, recipe: Recipe = PLAIN, *, weights: str = "", projector: str = ""
    ) -> InstalledModel | None:
        """A model whose weights lie elsewhere: at the path ``weights``, or with the model that the recipe is based on.
        One of that name is replaced. ``None`` when that can't be used."""
        abilities = None
        try:
            if weights:
                abilities = self._looking.abilities_of(Path(weights), Path(projector) if projector else None)
            side = Side(card, now(), recipe, weights, projector, abilities)
            self.incoming.mkdir(parents=True, exist_ok=True)
            write_whole(self.incoming / self.side(card.id).name, render(self._inside(side))).replace(self.side(card.id))
            sync_folder(self.folder)
        except OSError as error:
            raise disk_error(error, self.side(card.id)) from error
        return self.find(card.id)

    def rewrite(self, model: InstalledModel, recipe: Recipe) -> InstalledModel | None:
        """``model`` with another recipe, everything else as it is."""
        side = self._looking.side(self._side_of(model)) or Side(model.card, model.added_at)
        try:
            text = render(self._inside(replace(side, recipe=recipe)))
            self.incoming.mkdir(parents=True, exist_ok=True)
            write_whole(self.incoming / self.side(model.card.id).name, text).replace(self._side_of(model))
        except OSError as error:
            raise disk_error(error, self._side_of(model)) from error
        return self.find(model.card.id)

    def users(self, model_id: str) -> tuple[InstalledModel, ...]:
        """The models that use the weights of ``model_id``."""
        return tuple(model for model in self.all() if model.recipe.base == model_id)

    def remove(self, model: InstalledModel) -> None:
        """Deletes the files of ``model``. Weights that another model uses too become that one's, and are not lost;
        another program's files stay. A process that uses them keeps them until it ends."""
        path = Path(model.path)
        try:
            if not model.foreign and not model.recipe.base:
                self._hand_on(model)
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
                for each in self._parts(path.name.removesuffix(".gguf"), PROJECTOR):
                    each.unlink(missing_ok=True)
            self._side_of(model).unlink(missing_ok=True)
            for each in self._parts(self._side_of(model).name.removesuffix(".toml"), ADAPTER):
                each.unlink(missing_ok=True)
            sync_folder(self.folder)
        except OSError as error:
            raise disk_error(error, path) from error

    def adapter(self, model_id: str, number: int) -> Path:
        """Where the adapter ``number`` of ``model_id`` stands or would stand."""
        return self._beside(model_id, f"{ADAPTER}{number or ''}")

    def _hand_on(self, model: InstalledModel) -> None:
        """Gives the weights to the first model that uses them, and the others to that one. A kill between two steps
        leaves a name too many, never one too few."""
        users = self.users(model.card.id)
        if not users:
            return
        heir, others = users[0], users[1:]
        path = Path(model.path)
        if path.is_dir():
            shutil.copytree(path, self.folder / slug(heir.card.id), copy_function=os.link)
        else:
            os.link(path, self.path(heir.card.id))
        for each in self._parts(path.name.removesuffix(".gguf"), PROJECTOR):
            os.link(each, self._beside(heir.card.id, PROJECTOR))
        for user in others:
            self.rewrite(user, replace(user.recipe, base=heir.card.id))
        self.rewrite(heir, replace(heir.recipe, base=""))

    def _parts(self, name: str, part: str) -> Iterator[Path]:
        prefix = f"{name}{part}"
        return (path for path in self.folder.glob("*.gguf") if path.name.startswith(prefix) and is_part(path))

    def _beside(self, model_id: str, part: str) -> Path:
        return self.folder / f"{slug(model_id)}{part}.gguf"

    def _side_of(self, model: InstalledModel) -> Path:
        borrowed = model.foreign or model.recipe.base
        return self.side(model.card.id) if borrowed else _toml_of(Path(model.path))

    def _inside(self, side: Side) -> Side:
        """``side`` with paths in this folder as names, so that the folder can be moved."""
        adapters = tuple(
            Adapter(each.path.removeprefix(f"{self.folder}{os.sep}"), each.scale) for each in side.recipe.adapters
        )
        return replace(side, recipe=replace(side.recipe, adapters=adapters))

    def _recipe(self, side: Side) -> Recipe:
        adapters = tuple(Adapter(str(self.folder / each.path), each.scale) for each in side.recipe.adapters)
        return replace(side.recipe, adapters=adapters)

    def _own(self, path: Path) -> InstalledModel | None:
        """The model whose weights are ``path``."""
        weights = path.suffix == ".gguf" and not is_part(path) and path.is_file()
        if not weights and not is_folder(path):
            return None
        try:
            facts = path.stat()
            side = self._looking.side(_toml_of(path))
            if side is None or side.weights or (weights and side.card.size_bytes != facts.st_size):
                stranger = self._looking.card(path)
                side = Side(stranger, stamp(facts.st_mtime)) if stranger is not None else None
            if side is None:
                return None
            projector = path.with_name(f"{path.name.removesuffix('.gguf')}{PROJECTOR}.gguf")
            seen = projector if projector.exists() else None
            return InstalledModel(
                side.card,
                str(path),
                side.added_at,
                projector=str(seen or ""),
                recipe=replace(self._recipe(side), base=""),
                abilities=self._abilities(side, path, seen),
            )
        except OSError as error:
            logger.warning("%s can't be read: %s", path, error)
            return None

    def _borrowed(self, path: Path, own: Mapping[str, InstalledModel]) -> InstalledModel | None:
        try:
            return self._lent(path, own)
        except OSError as error:  # another program's file that went, or may not be read any more
            logger.warning("%s can't be read: %s", path, error)
            return None

    def _lent(self, path: Path, own: Mapping[str, InstalledModel]) -> InstalledModel | None:
        """The model that ``path``, a card without weights beside it, speaks of."""
        side = self._looking.side(path)
        if side is None:
            return None
        recipe = self._recipe(side)
        if side.weights:
            weights = Path(side.weights)
            if not weights.exists():
                logger.info("%s is not where another program kept it: %s", side.card.id, weights)
                return None
            seen = Path(side.projector) if side.projector else None
            return InstalledModel(
                side.card,
                side.weights,
                side.added_at,
                projector=side.projector,
                recipe=recipe,
                foreign=True,
                abilities=self._abilities(side, weights, seen),
            )
        base = own.get(recipe.base)
        if base is None:
            logger.warning("%s uses the model %s, which is not here", side.card.id, recipe.base or "?")
            return None
        card = replace(side.card, size_bytes=base.card.size_bytes, ram_bytes=base.card.ram_bytes)
        return replace(base, card=card, added_at=side.added_at, recipe=recipe)

    def _abilities(self, side: Side, path: Path, projector: Path | None) -> frozenset[Ability]:
        known = side.abilities
        if known is not None and ("vision" in known) == (projector is not None):
            return known
        return self._looking.abilities_of(path, projector)

    def _stranger(self, path: Path) -> ModelCard:
        """The card of a file that was put here by hand: from the catalogue by name and size, else from its header."""
        if path.is_dir():
            return card_of_folder(path)
        known = self._catalogue.find(path.stem)
        if known is not None and known.size_bytes == path.stat().st_size:
            return known
        return card_of(inspect(path), slug(path.stem))


def is_part(path: Path) -> bool:
    """Whether the file is no model by itself: a projector or an adapter beside one."""
    end = Path(path.stem).suffix
    return end == PROJECTOR or end.startswith(ADAPTER)


def _toml_of(path: Path) -> Path:
    return path.with_name(f"{path.name.removesuffix('.gguf')}.toml")
