"""The models of this machine: which there are, which is right, and the ones that are loaded. Knows nothing of
questions."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

from hameau.kit import N_, BadInput, HameauError, Missing, NotEnough, NotFound, Refused
from hameau.models.adopt import adopt
from hameau.models.background import BackgroundEmbedder
from hameau.models.catalogue import Catalogue, bundled
from hameau.models.fetch import Arrival, PackageSource, fetch_packages
from hameau.models.gate import Gate
from hameau.models.hub_file import fetch_url
from hameau.models.index import index_connections
from hameau.models.inspect import FileFacts, inspect
from hameau.models.machine import free_memory, physical_cores
from hameau.models.packages import download
from hameau.models.ports import Border, Cancel, Embedder, Engines, Generator
from hameau.models.shelf import Shelf
from hameau.models.types import EngineOptions, InstalledModel, Kind, ModelCard, Origin, Progress
from hameau.perimeter import UNWRITTEN, Connection, Witness, target_of
from hameau.perimeter import Kind as Event

logger = logging.getLogger(__name__)

LARGE, SMALL = "qwen2.5-coder-1.5b-instruct", "qwen2.5-coder-0.5b-instruct"
"""The starter chat models: the large one where :data:`ROOMY` bytes are free, else the small one."""
ROOMY = 4_000_000_000
_YES = 3600.0  # seconds that a yes to one download holds


class Models:
    """What the rest of the house asks of models. Thread-safe; nothing is loaded before it is needed."""

    def __init__(
        self,
        folder: Path,
        engines: Engines,
        *,
        catalogue: Catalogue | None = None,
        gate: Gate | None = None,
        wanted: str = "",
        embedding: str = "",
        threads: int = 0,
        context: int = 0,
        parallel: int = 1,
        border: Border | None = None,
        witness: Witness = UNWRITTEN,
        packages: PackageSource | None = None,
        memory: Callable[[], int] = free_memory,
    ) -> None:
        """``folder`` may be shared by several homes. ``wanted`` is the chat model that the settings name, if any,
        and ``embedding`` the embedder: its name, the name of a folder or file in ``folder``, or a path;
        ``threads`` and ``context`` of 0 mean what is right for the machine and the model; ``memory`` says how many bytes
        are free. ``border`` lets a download out, and is asked for nothing else."""
        self.gate = gate or Gate()
        self._catalogue = catalogue or bundled()
        self._shelf = Shelf(folder, self._catalogue)
        self._engines = engines
        self._wanted = wanted
        self._overruled: frozenset[str] = frozenset()  # loaded before the wish changed: no longer first choice
        self._threads = min(threads or physical_cores(), physical_cores())
        self._context = context
        self._parallel = parallel
        self._border = border
        self._witness = witness
        self._packages = packages
        self._memory = memory
        self._loading = threading.RLock()  # held for the seconds that a chat model takes
        self._making = threading.RLock()  # held for an instant: a search must not wait for a model that loads
        self._generators: dict[str, Generator] = {}
        self._embedding = embedding
        self._embedder: Embedder | None = None
        self._older: dict[str, Embedder | None] = {}  # by id: their vectors serve until the new ones are complete
        self._background: BackgroundEmbedder | None = None

    def cards(self) -> tuple[ModelCard, ...]:
        """Every model of the catalogue, and the installed ones that no catalogue knows."""
        known = tuple(self._catalogue)
        names = {card.id for card in known}
        return known + tuple(model.card for model in self._shelf.all() if model.card.id not in names)

    def card(self, model_id: str) -> ModelCard:
        """One card; raises :class:`NotFound` with the names that there are."""
        if (there := self._shelf.find(model_id)) is not None:
            return there.card
        return self._catalogue.card(model_id)

    def installed(self) -> tuple[InstalledModel, ...]:
        """The models that can be used now, bundled ones included."""
        carried = tuple(
            InstalledModel(card, "", "")
            for card in self._catalogue
            for origin in card.origins
            if origin.kind == "bundled" and find_spec(origin.module) is not None
        )
        return carried + self._shelf.all()

    def facts(self, model_id: str) -> FileFacts | None:
        """What the file of an installed model says of itself; ``None`` for a bundled one. Raises :class:`Missing`."""
        model = self._installed(model_id)
        return inspect(Path(model.path)) if model.path else None

    def recommended(self) -> tuple[ModelCard, ...]:
        """The starter models for this machine: a chat model that its free memory can carry, and the embedder."""
        chat = LARGE if self._memory() >= ROOMY else SMALL
        names = (self._wanted or chat, self._engines.embedding_model)
        return tuple(card for name in names if (card := self._catalogue.find(name)) is not None)

    def choose(self, kind: Kind = "chat", wanted: str | None = None) -> InstalledModel:
        """The model to use: ``wanted``, else the settings', else the one that is loaded, else the recommended one, else
        any installed one. Raises :class:`Missing` with the command that brings it."""
        if name := wanted or (self._wanted if kind == "chat" else ""):
            return self._of_kind(self._installed(name), kind)
        there = {model.card.id: model for model in self.installed() if model.card.kind == kind}
        starters = [card.id for card in self.recommended() if card.kind == kind]
        loaded = [name for name in tuple(self._generators) if name not in self._overruled]
        for name in (*loaded, *starters, SMALL, LARGE, *there):
            if name in there:
                return there[name]
        raise _missing(starters[0] if starters else SMALL)

    def want(self, model_id: str) -> None:
        """From now on ``model_id`` is the chat model that the settings name; empty: the right one is chosen anew.

        A loaded model goes on with what it is doing, and is unloaded when another one needs its room.
        """
        with self._loading:
            if model_id != self._wanted:
                self._wanted, self._overruled = model_id, frozenset(self._generators)
                self._witness.record(Event.MODEL_CHOSEN, model=model_id or "auto")

    def consent_for(self, model_id: str, who: str) -> Connection | None:
        """What ``who`` must say yes to before :meth:`add` can fetch this model; ``None`` when there is nothing to
        ask."""
        origin = _origin(self._catalogue.card(model_id))
        if origin.kind != "url" or self._shelf.find(model_id) is not None:
            return None
        goal = target_of(origin.url)
        why = f"model {model_id}"
        until = time.time() + _YES
        return Connection(f"model.{model_id}"[:64], who, why, goal.host, goal.port, until, also=origin.hosts)

    def add(
        self,
        what: str | Path,
        progress: Progress = lambda _done, _total: None,
        *,
        cancel: Cancel | None = None,
        consent: Connection | None = None,
    ) -> InstalledModel:
        """Brings a model here: by its id in the catalogue, or from a file, or from a folder or a stick that holds one.

        What is there already stays as it is. Raises :class:`NotFound`, :class:`Corrupt`, :class:`BadInput`,
        :class:`Conflict`, :class:`NotEnough`, :class:`Missing`, :class:`Unavailable`, :class:`Cancelled`, or
        :class:`Refused` when the model needs a ``consent`` (see :meth:`consent_for`) and there is none.
        """
        before = {model.card.id for model in self.installed()}
        added = self._add(what, progress, cancel, consent)
        if added.card.id not in before:
            self._witness.record(Event.MODEL_ADDED, model=added.card.id, sha256=added.card.sha256)
        return added

    def _add(
        self, what: str | Path, progress: Progress, cancel: Cancel | None, consent: Connection | None
    ) -> InstalledModel:
        arrival = Arrival(self._shelf, progress, cancel, self._packages or download)
        if isinstance(what, Path) or _looks_like_path(what):
            return adopt(Path(what), self._catalogue, arrival)
        card = self._catalogue.card(what)
        if (there := self._shelf.find(what)) is not None:
            progress(card.size_bytes, card.size_bytes)
            return there
        origin = _origin(card)
        if origin.kind == "bundled":
            return self._installed(what)
        if origin.kind == "packages":
            with ExitStack() as opened:
                if self._border is not None and self._packages is None:
                    for connection in index_connections(card.id):
                        opened.enter_context(self._border.opened(connection))
                return fetch_packages(card, origin, arrival)
        return fetch_url(card, origin, arrival, self._border, consent)

    def remove(self, model_id: str) -> None:
        """Deletes an installed model; it is unloaded first. Raises :class:`Missing`, or :class:`Refused` for a
        bundled one."""
        model = self._installed(model_id)
        if not model.path:
            raise Refused(N_("{model} comes with Hameau and can't be removed."), model=model.card.title)
        with self._loading:
            if (loaded := self._generators.pop(model_id, None)) is not None:
                loaded.close()
            self._shelf.remove(model)
        self._witness.record(Event.MODEL_REMOVED, model=model_id)

    def generator(self, model_id: str | None = None) -> Generator:
        """The chat model, loaded (once). Another one is unloaded first when memory is short.

        Raises :class:`Missing` (not installed), :class:`NotEnough` (memory) or :class:`Corrupt`, before anything is
        loaded.
        """
        with self._loading:
            model = self.choose("chat", model_id)
            self._overruled -= {model.card.id}
            if (loaded := self._generators.get(model.card.id)) is not None:
                return loaded
            inspect(Path(model.path))
            self._make_room(model.card)
            options = EngineOptions(self._threads, self._context or model.card.context, self._parallel)
            generator = self._engines.chat(model, options)
            self._generators[model.card.id] = generator
            return generator

    def embedder(self) -> Embedder:
        """The embedder for questions, in this process. Loads at its first text; raises :class:`Missing` then."""
        with self._making:
            if self._embedder is None:
                self._embedder = self._engines.embedder(self._threads, self._embedding_path())
            return self._embedder

    def embedder_by_id(self, identity: str) -> Embedder | None:
        """The embedder that made the vectors called ``identity``, if it is still here: the one in use, the bundled ones
        and those in the folder of models are tried. Loads nothing."""
        with self._making:
            if self._embedder is not None and self._embedder.id == identity:
                return self._embedder
            if identity not in self._older:
                self._older[identity] = self._find_embedder(identity)
            return self._older[identity]

    def _find_embedder(self, identity: str) -> Embedder | None:
        for name in self._engines.embedders(self._shelf.folder):
            try:
                made = self._engines.embedder(self._threads, name)
            except HameauError as error:
                logger.debug("%s is not an embedder: %s", name, error)
                continue
            if made.id == identity:
                return made
            made.close()
        return None

    def want_embedder(self, embedding: str) -> None:
        """From now on ``embedding`` is the embedder that the settings name; empty: the bundled one.

        The vectors of the one before serve until the new one has made its own.
        """
        with self._making:
            if embedding == self._embedding:
                return
            self._embedding = embedding
            before, background = self._embedder, self._background
            self._embedder = self._background = None
            if before is not None:
                self._older[before.id] = before
        if background is not None:
            background.close()

    def _embedding_path(self) -> str:
        """The wish of the settings as the engines know it: a path for what lies in the folder of models."""
        inside = self._shelf.folder / self._embedding
        if self._embedding and inside.exists():
            return str(inside.absolute())
        return str(Path(self._embedding).expanduser()) if _looks_like_path(self._embedding) else self._embedding

    def background_embedder(self) -> BackgroundEmbedder:
        """The same embedder for passages, in a process of its own that stands still while a person waits."""
        with self._making:
            if self._background is None:
                same = self.embedder()
                wanted = self._embedding_path()
                self._background = BackgroundEmbedder(
                    self._engines.embedding_worker, same.id, same.dimensions, self._threads, self.gate, wanted
                )
            return self._background

    def loaded(self) -> tuple[str, ...]:
        """The ids of the chat models in memory."""
        return tuple(self._generators)

    def unload(self, model_id: str) -> None:
        """Frees the memory of a loaded chat model; nothing happens when it is not loaded."""
        with self._loading:
            if (loaded := self._generators.pop(model_id, None)) is not None:
                loaded.close()

    def close(self) -> None:
        """Ends every engine."""
        with self._loading:
            for model_id in tuple(self._generators):
                self.unload(model_id)
        with self._making:
            if self._background is not None:
                self._background.close()
            for embedder in filter(None, (self._embedder, *self._older.values())):
                embedder.close()
            self._background = self._embedder = None
            self._older.clear()

    def _installed(self, model_id: str) -> InstalledModel:
        for model in self.installed():
            if model.card.id == model_id:
                return model
        self._catalogue.card(model_id)
        raise _missing(model_id)

    def _of_kind(self, model: InstalledModel, kind: Kind) -> InstalledModel:
        if model.card.kind != kind:
            raise BadInput(N_("{model} is not a chat model."), model=model.card.title)
        return model

    def _make_room(self, card: ModelCard) -> None:
        for other in tuple(self._generators):
            if self._memory() >= card.ram_bytes:
                return
            self.unload(other)
        free = self._memory()
        if free < card.ram_bytes:
            raise NotEnough(
                N_("{model} needs {need} MB of memory, and {free} MB are free."),
                hint=N_("Close other programs, or choose a smaller model: hameau models list shows them."),
                model=card.title,
                need=card.ram_bytes // 1_000_000,
                free=free // 1_000_000,
            )


def _origin(card: ModelCard) -> Origin:
    if not card.origins:
        raise NotFound(N_("The catalogue does not say where {model} can be had."), model=card.title)
    return card.origins[0]


def _missing(model_id: str) -> Missing:
    return Missing(
        N_("The model {model} is not installed."), hint=N_("Fetch it with: hameau models add {model}"), model=model_id
    )


def _looks_like_path(what: str) -> bool:
    return "/" in what or "\\" in what or what.lower().endswith(".gguf") or what in (".", "..", "~")
