"""The models of this machine: which there are, which is right, and the ones that are loaded. Knows nothing of
questions."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import psutil

from hameau.kit import N_, BadInput, Conflict, Missing, NotFound, Refused
from hameau.models.adopt import adopt
from hameau.models.background import BackgroundEmbedder
from hameau.models.blobs import Blobs
from hameau.models.catalogue import Catalogue, bundled
from hameau.models.embedders import Embedders, looks_like_path
from hameau.models.fetch import Arrival, PackageSource, fetch_packages
from hameau.models.gate import Gate
from hameau.models.half import discard, unfinished
from hameau.models.handle import Handle
from hameau.models.hub_file import fetch_url
from hameau.models.index import index_connections
from hameau.models.inspect import FileFacts, inspect
from hameau.models.machine import free_memory, physical_cores
from hameau.models.making import copy, make, make_from_files
from hameau.models.names import alike
from hameau.models.nearby import nearby, places
from hameau.models.ollama_store import PREFIX as OLLAMA
from hameau.models.ollama_store import bring, nearby_in_ollama
from hameau.models.packages import download
from hameau.models.pool import Pool, Wish
from hameau.models.ports import Border, Cancel, Embedder, Engines, Generator
from hameau.models.services import Services
from hameau.models.shelf import Shelf
from hameau.models.types import (
    EngineOptions,
    InstalledModel,
    Kind,
    LoadedModel,
    Memory,
    ModelCard,
    Nearby,
    Origin,
    Progress,
    Recipe,
    Unfinished,
)
from hameau.perimeter import UNWRITTEN, Connection, Witness, target_of
from hameau.perimeter import Kind as Event

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
        budget: int = 0,
        keep_alive: float = -1,
        services: Services | None = None,
        border: Border | None = None,
        witness: Witness = UNWRITTEN,
        packages: PackageSource | None = None,
        memory: Callable[[], int] = free_memory,
    ) -> None:
        """``folder`` may be shared by several homes. ``wanted`` is the chat model that the settings name, if any,
        and ``embedding`` the embedder: its name, the name of a folder or file in ``folder``, or a path;
        ``threads`` and ``context`` of 0 mean what is right for the machine and the model; ``parallel`` answers are
        written at once by one model; ``budget`` are the bytes that all may hold together, 0: what is free, as ``memory``
        says; ``keep_alive`` are the seconds that one stays in memory after its use, negative: until that is needed.
        ``services`` are the programs elsewhere that run models for us. ``border`` lets a download out, and is asked for
        nothing else."""
        self.gate = gate or Gate()
        self._catalogue = catalogue or bundled()
        self._shelf = Shelf(folder, self._catalogue)
        self._engines = engines
        self._wanted = wanted
        self._overruled: frozenset[str] = frozenset()  # loaded before the wish changed: no longer first choice
        self._threads = min(threads or physical_cores(), physical_cores())
        self._context = context
        self._parallel = max(1, parallel)
        self._keep_alive = keep_alive
        self._services = services
        self._border = border
        self._witness = witness
        self._packages = packages
        self._memory = memory
        self._wishing = threading.Lock()
        self._pool = Pool(self._load, self._needs, memory, budget=budget)
        self._embedders = Embedders(engines, folder, self._threads, self.gate, embedding)

    def cards(self) -> tuple[ModelCard, ...]:
        """Every model of the catalogue, and the installed ones that no catalogue knows."""
        known = tuple(self._catalogue)
        names = {card.id for card in known}
        return known + tuple(model.card for model in self.installed() if model.card.id not in names)

    def card(self, model_id: str) -> ModelCard:
        """One card; raises :class:`NotFound` with the names that there are."""
        if (there := self._find(model_id)) is not None:
            return there.card
        return self._catalogue.card(model_id)

    def installed(self) -> tuple[InstalledModel, ...]:
        """The models that can be used now: those of this machine, bundled ones included, then those of services."""
        carried = tuple(
            InstalledModel(card, "", "")
            for card in self._catalogue
            for origin in card.origins
            if origin.kind == "bundled" and find_spec(origin.module) is not None
        )
        own = carried + self._shelf.all()
        names = {model.card.id for model in own}
        brought = tuple(model for model in self._embedders.all() if model.card.id not in names)
        return own + brought + (self._services.models() if self._services is not None else ())

    def facts(self, model_id: str) -> FileFacts | None:
        """What the file of an installed model says of itself; ``None`` for a bundled one, a folder, and one that
        runs elsewhere. Raises :class:`Missing`."""
        model = self._installed(model_id)
        return inspect(Path(model.path)) if _is_chat_file(model) else None

    def recommended(self) -> tuple[ModelCard, ...]:
        """The starter models for this machine: a chat model that its free memory can carry, and the embedder."""
        chat = LARGE if self._memory() >= ROOMY else SMALL
        names = (self._wanted or chat, self._engines.embedding_model)
        return tuple(card for name in names if (card := self._catalogue.find(name)) is not None)

    def choose(self, kind: Kind = "chat", wanted: str | None = None) -> InstalledModel:
        """The model to use: ``wanted``, else the settings', else a recommended one that is loaded, else the recommended one,
        else any that is installed here. A model of a service is used only when it is named. Raises :class:`Missing` with the
        command that brings it."""
        if name := wanted or (self._wanted if kind == "chat" else ""):
            return self._of_kind(self._installed(name), kind)
        there = {model.card.id: model for model in self.installed() if model.card.kind == kind and not model.service}
        starters = [card.id for card in self.recommended() if card.kind == kind]
        loaded = [name for name in self._pool.names() if name not in self._overruled]
        mine = [name for name in loaded if name in (LARGE, SMALL)]  # a program's choice is not ours
        for name in (*mine, *starters, SMALL, LARGE, *loaded, *there):
            if name in there:
                return there[name]
        raise _missing(starters[0] if starters else SMALL)

    def want(self, model_id: str) -> None:
        """From now on ``model_id`` is the chat model that the settings name; empty: the right one is chosen anew.

        A loaded model goes on with what it is doing, and is unloaded when another one needs its room.
        """
        with self._wishing:
            if model_id != self._wanted:
                self._wanted, self._overruled = model_id, frozenset(self._pool.names())
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
        if isinstance(what, str) and what.startswith(OLLAMA):
            return bring(what.removeprefix(OLLAMA), arrival)
        if isinstance(what, Path) or looks_like_path(what):
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
        """Deletes an installed model; it is unloaded first, whatever it does. Raises :class:`Missing`, or :class:`Refused` for
        a bundled one, and for what is not ours to delete."""
        model = self._installed(model_id)
        if model.service:
            raise Refused(
                N_("{model} runs elsewhere, so it can't be removed here."),
                hint=N_("Let go of the whole service with: hameau models disconnect {service}"),
                model=model.card.title,
                service=model.service,
            )
        if not model.path:
            raise Refused(N_("{model} comes with Hameau and can't be removed."), model=model.card.title)
        if self._shelf.find(model_id) is None:
            raise Refused(
                N_("{model} was put in the folder of models by hand."),
                hint=N_("Delete {path} yourself when you are sure."),
                model=model.card.title,
                path=model.path,
            )
        if not any(other.weights == model.weights for other in self._shelf.all() if other.card.id != model_id):
            self._pool.unload(model.weights, now=True)
        self._shelf.remove(model)
        self._witness.record(Event.MODEL_REMOVED, model=model_id)

    def generator(
        self, model_id: str | None = None, *, context: int | None = None, keep_alive: float | None = None
    ) -> Handle:
        """The chat model, loaded (once), as a handle that stays good when it is put away: it comes back when it speaks.

        ``context`` are the tokens that must fit, at most what the model was trained for; an engine with more room is used as
        it is, one with less is loaded anew when nobody uses it. ``keep_alive`` are the seconds that it stays in memory after
        its use: 0 puts it away at once, negative keeps it until its memory is needed, ``None`` means as the settings say.
        Others are put away first when memory is short; when they are writing, the handle comes at once, and waits for them
        when it speaks.

        Raises :class:`Missing` (not installed), :class:`NotEnough` (memory) or :class:`Corrupt`, before anything is
        loaded.
        """
        model = self.choose("chat", model_id)
        self._overruled -= {model.card.id}
        handle = Handle(self._pool, self.gate, model, self._options(), self._wish(model, context, keep_alive))
        handle.load()
        return handle

    def _options(self) -> EngineOptions:
        return EngineOptions(self._threads, 0, self._parallel)

    def _wish(self, model: InstalledModel, context: int | None, keep_alive: float | None) -> Wish:
        usual = self._context or model.card.context
        wanted = max(usual, context or 0)
        if wanted > usual and (facts := _facts(model)) is not None and facts.trained_context:
            wanted = max(usual, min(wanted, facts.trained_context))
        return Wish(wanted, self._keep_alive if keep_alive is None else keep_alive)

    def _needs(self, model: InstalledModel, options: EngineOptions) -> int:
        """Bytes that ``model`` will take. Raises what is wrong with its file."""
        if model.service:
            return 0
        facts = _facts(model)
        more = max(0, options.context - model.card.context)
        return model.card.ram_bytes + (facts.kv_bytes_per_token * more if facts is not None else 0)

    def _load(self, model: InstalledModel, options: EngineOptions) -> Generator:
        if model.service and self._services is not None:
            return self._services.generator(model, options.context)
        return self._engines.chat(model, options)

    def embedder(self) -> Embedder:
        """The embedder for questions, in this process. Loads at its first text; raises :class:`Missing` then."""
        return self._embedders.embedder()

    def embedder_by_id(self, identity: str) -> Embedder | None:
        """The embedder that made the vectors called ``identity``, if it is still here: the one in use, the bundled ones
        and those in the folder of models are tried. Loads nothing."""
        return self._embedders.by_id(identity)

    def want_embedder(self, embedding: str) -> None:
        """From now on ``embedding`` is the embedder that the settings name; empty: the bundled one.

        The vectors of the one before serve until the new one has made its own.
        """
        self._embedders.want(embedding)

    def background_embedder(self) -> BackgroundEmbedder:
        """The same embedder for passages, in a process of its own that stands still while a person waits."""
        return self._embedders.background()

    def embedder_for(self, model_id: str | None = None) -> Embedder:
        """The embedder of that name, ready to be asked; the one in use for none. Background work stands aside while it
        embeds. Raises :class:`NotFound`, :class:`Missing`, or :class:`BadInput` for a chat model."""
        if model_id is None:
            return self._embedders.in_use()
        model = self.resolve(model_id)
        if model.card.kind != "embedding":
            raise BadInput(
                N_("{model} is a chat model, and makes no vectors."),
                hint=N_("Those that do: {known}"),
                model=model.card.title,
                known=", ".join(each.card.id for each in self.installed() if each.card.kind == "embedding"),
            )
        if model.service and self._services is not None:
            return self._services.embedder(model)
        return self._embedders.named(
            model.path or ("" if model.card.id == self._engines.embedding_model else model.card.id)
        )

    def resolve(self, name: str) -> InstalledModel:
        """The chat or embedding model that a program calls ``name``: as here, or as Ollama would (``name:latest``, case left
        aside). Raises :class:`NotFound` with the names that there are, or :class:`Missing` with the way to get it."""
        there = self.installed()
        exactly = (model for model in there if model.card.id == name)
        nearly = (model for model in there if alike(name, model.card.id))
        if (found := next(exactly, None) or next(nearly, None)) is not None:
            return found
        if (card := next((card for card in self._catalogue if alike(name, card.id)), None)) is not None:
            raise _missing(card.id)
        raise NotFound(
            N_("There is no model called “{model}” here."),
            hint=N_("The models are: {known}"),
            model=name[:200],
            known=", ".join(model.card.id for model in there),
        )

    def make(self, name: str, recipe: Recipe, *, files: Mapping[str, Path] | None = None) -> InstalledModel:
        """A model called ``name`` that uses the weights of another one in its own way, or has weights of its own: ``files`` by
        their names; one of that name is replaced when it was made so too. Raises :class:`NotFound`, :class:`BadInput` or
        :class:`Conflict`, and what :meth:`add` raises for files."""
        arrival = self._arrival()
        self._check_name(name)
        if files is not None:
            return self._made(make_from_files(name, recipe, files, arrival))
        return self._made(make(self.resolve(recipe.base), name, recipe, arrival))

    @property
    def blobs(self) -> Blobs:
        """The files that programs sent to make models of."""
        return self._shelf.blobs

    def copy(self, source: str, target: str) -> InstalledModel:
        """Another name for a model; its weights stay one. Raises :class:`NotFound`, :class:`BadInput` or :class:`Conflict`."""
        self._check_name(target)
        return self._made(copy(self.resolve(source), target, self._arrival()))

    def _check_name(self, name: str) -> None:
        """Raises :class:`Conflict` for the name of a model that is here and not on the shelf: bundled, or a service's."""
        for model in self.installed():
            if alike(name, model.card.id) and self._shelf.find(model.card.id) is None:
                raise Conflict(
                    N_("Another model called “{model}” is already there."),
                    hint=N_("Choose another name."),
                    model=model.card.id,
                )

    def _made(self, made: InstalledModel) -> InstalledModel:
        for one in self._pool.loaded():  # what it was before is not what answers from now on
            if one.model.card.id == made.card.id and one.model.weights != made.weights:
                self._pool.unload(one.model.weights)
        self._witness.record(Event.MODEL_ADDED, model=made.card.id, sha256=made.card.sha256)
        return made

    def loaded(self) -> tuple[LoadedModel, ...]:
        """The chat models in memory, the one used last first."""
        return self._pool.loaded()

    def memory(self) -> Memory:
        """What models hold, and what they may."""
        return self._pool.memory(psutil.virtual_memory().total)

    def unload(self, model_id: str) -> None:
        """Frees the memory of a loaded chat model as soon as nobody uses it; nothing happens when it is not loaded."""
        for one in self._pool.loaded():
            if one.model.card.id == model_id:
                self._pool.unload(one.model.weights)
                return
        if (model := self._find(model_id)) is not None:
            self._pool.unload(model.weights)

    def nearby(self) -> tuple[Nearby, ...]:
        """Models that lie on a stick or in a folder of this machine and could be added."""
        here = self._shelf.all()
        found = nearby(places(), {model.card.size_bytes for model in here})
        return found + nearby_in_ollama(frozenset(model.card.id for model in here))

    def unfinished(self) -> tuple[Unfinished, ...]:
        """The models of the catalogue that are half here: :meth:`add` goes on with them."""
        return unfinished(self._shelf, self._catalogue)

    def discard(self, model_id: str) -> None:
        """Throws away what has arrived of a model that is half here. Raises :class:`Conflict` while it arrives."""
        discard(self._shelf, model_id)

    def close(self) -> None:
        """Ends every engine."""
        self._pool.close()
        self._embedders.close()

    def _arrival(self) -> Arrival:
        return Arrival(self._shelf, lambda _done, _total: None, None, self._packages or download)

    def _find(self, model_id: str) -> InstalledModel | None:
        return next((model for model in self.installed() if model.card.id == model_id), None)

    def _installed(self, model_id: str) -> InstalledModel:
        if (model := self._find(model_id)) is not None:
            return model
        self._catalogue.card(model_id)
        raise _missing(model_id)

    def _of_kind(self, model: InstalledModel, kind: Kind) -> InstalledModel:
        if model.card.kind != kind:
            raise BadInput(N_("{model} is not a chat model."), model=model.card.title)
        return model


def _origin(card: ModelCard) -> Origin:
    if not card.origins:
        raise NotFound(N_("The catalogue does not say where {model} can be had."), model=card.title)
    return card.origins[0]


def _missing(model_id: str) -> Missing:
    return Missing(
        N_("The model {model} is not installed."), hint=N_("Fetch it with: hameau models add {model}"), model=model_id
    )


def _is_chat_file(model: InstalledModel) -> bool:
    return bool(model.path) and model.card.kind == "chat" and not Path(model.path).is_dir()


def _facts(model: InstalledModel) -> FileFacts | None:
    """What the file says, if it is one. Raises what is wrong with it."""
    return inspect(Path(model.path)) if _is_chat_file(model) else None
