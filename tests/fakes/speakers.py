"""The models of a house in memory: a catalogue of three, engines that say the last message again."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

from fakes.models import EchoGenerator, HashedEmbedder
from hameau.kit import BadInput, Cancelled, Conflict, Missing, NotFound
from hameau.models import (
    Blobs,
    Cancel,
    Embedder,
    FileFacts,
    Generator,
    InstalledModel,
    LoadedModel,
    Memory,
    ModelCard,
    Nearby,
    Progress,
    Recipe,
    Unfinished,
)
from hameau.perimeter import Connection

WHEN = "2026-07-14T10:30:00.000Z"
LOADED = 1_784_025_000.0
"""When every model in memory was loaded."""


def card(name: str, kind: Literal["chat", "embedding"] = "chat") -> ModelCard:
    """A card of the catalogue."""
    note = {"fr": "Répond vite, pour les petites machines.", "en": "Answers fast, for small machines."}
    return ModelCard(
        name, kind, name.replace("-", " ").title(), "qwen", "0.5B", "Q4_K_M", ("fr", "en"), "Apache-2.0", "",
        491_400_064, 900_000_000, 4096, note=note, starter=kind == "chat",
    )  # fmt: skip


class ModelsInMemory:
    """A catalogue of three; adding takes no time unless :attr:`hold` waits."""

    def __init__(self) -> None:
        self.catalogue = [card("petit-modele"), card("grand-modele"), card("sens-des-phrases", "embedding")]
        self.here = {"sens-des-phrases": InstalledModel(self.catalogue[2], "", WHEN)}
        self.hold: Callable[[Cancel | None], None] = lambda cancel: None
        self.generators: dict[str, Generator] = {}
        """What speaks for each model, by id; a model without one says the last message again."""
        self.in_memory: dict[str, LoadedModel] = {}
        self.asked: list[tuple[str, int | None, float | None]] = []
        """What each call of :meth:`generator` wanted: model, context, keep_alive."""
        self.embedder = HashedEmbedder()
        self.discarded: list[str] = []
        self.half: dict[str, Unfinished] = {}
        self.around: list[Nearby] = []
        self.folder = Path(tempfile.gettempdir(), "hameau-models-of-a-test")
        """Where files arrive that programs send: a test that sends some sets its own."""

    def cards(self) -> list[ModelCard]:
        return self.catalogue

    def installed(self) -> list[InstalledModel]:
        return list(self.here.values())

    def consent_for(self, model_id: str, who: str) -> Connection | None:
        if model_id != "grand-modele":
            return None
        return Connection(f"model.{model_id}", who, f"model {model_id}", "models.example", 443, 4_000_000_000.0)

    def add(
        self, what: str, progress: Progress, *, cancel: Cancel | None = None, consent: Connection | None = None
    ) -> InstalledModel:
        model = what
        found = next((one for one in self.catalogue if one.id == model), None)
        if found is None:
            raise NotFound("There is no model {model}.", hint="See the list of models.", model=model)
        progress(found.size_bytes // 2, found.size_bytes)
        self.hold(cancel)
        if cancel is not None and cancel.is_set():
            raise Cancelled
        self.here[model] = InstalledModel(found, f"/models/{model}.gguf", WHEN)
        return self.here[model]

    def discard(self, model_id: str) -> None:
        self.discarded.append(model_id)
        self.half.pop(model_id, None)

    def unfinished(self) -> list[Unfinished]:
        return list(self.half.values())

    def nearby(self) -> list[Nearby]:
        return self.around

    def memory(self) -> Memory:
        used = sum(one.memory_bytes for one in self.in_memory.values())
        return Memory(16_000_000_000, 9_000_000_000, 8_000_000_000, used)

    def remove(self, model_id: str) -> None:
        self.resolve(model_id)
        del self.here[model_id]
        self.in_memory.pop(model_id, None)

    def resolve(self, name: str) -> InstalledModel:
        plain = name.lower().removesuffix(":latest")
        found = next((one for one in self.here.values() if one.card.id.lower() == plain), None)
        if found is None:
            raise NotFound("There is no model {model}.", hint="See the list of models.", model=name)
        return found

    def choose(self, kind: Literal["chat", "embedding"] = "chat", wanted: str | None = None) -> InstalledModel:
        if wanted:
            return self.resolve(wanted)
        found = next((one for one in self.here.values() if one.card.kind == kind), None)
        if found is None:
            raise Missing("No model is installed.", hint="Add one.")
        return found

    def generator(
        self, model_id: str | None = None, *, context: int | None = None, keep_alive: float | None = None
    ) -> Generator:
        model = self.choose("chat", model_id)
        name = model.card.id
        self.asked.append((name, context, keep_alive))
        ends = None if keep_alive is None or keep_alive < 0 else LOADED + keep_alive
        self.in_memory[name] = LoadedModel(model, context or model.card.context, 500_000_000, LOADED, ends)
        return self.generators.get(name) or EchoGenerator(model.card)

    def loaded(self) -> list[LoadedModel]:
        return list(self.in_memory.values())

    def unload(self, model_id: str) -> None:
        self.in_memory.pop(model_id, None)

    @property
    def blobs(self) -> Blobs:
        return Blobs(self.folder / "blobs")

    def make(self, name: str, recipe: Recipe, *, files: Mapping[str, Path] | None = None) -> InstalledModel:
        if files is not None:
            self.here[name] = InstalledModel(card(name), str(next(iter(files.values()))), WHEN, recipe=recipe)
            return self.here[name]
        base = self.resolve(recipe.base)
        if name in self.here and not self.here[name].recipe.base:
            raise Conflict("There is a model {model} already.", hint="Choose another name.", model=name)
        made = replace(base, card=replace(base.card, id=name, title=name), recipe=recipe, added_at=WHEN)
        self.here[name] = made
        return made

    def copy(self, source: str, target: str) -> InstalledModel:
        model = self.resolve(source)
        return self.make(target, replace(model.recipe, base=model.card.id))

    def embedder_for(self, model_id: str | None = None) -> Embedder:
        model = self.choose("embedding", model_id)
        if model.card.kind != "embedding":
            raise BadInput("{model} can't make vectors.", hint="See the list of models.", model=model.card.title)
        return self.embedder

    def facts(self, model_id: str) -> FileFacts | None:
        model = self.resolve(model_id)
        if not model.path:
            return None
        template = "{% for message in messages %}{{ message.content }}{% endfor %}"
        return FileFacts(
            model.path, "qwen2", model.card.title, "Apache-2.0", 2, "Q4_K_M", 494_032_768, 32768, template, 12288,
            491_400_064,
        )  # fmt: skip


class ServicesInMemory:
    """Programs elsewhere: the host of each by its id."""

    def __init__(self) -> None:
        self.hosts: dict[str, str] = {}

    def host(self, service_id: str) -> str:
        return self.hosts.get(service_id, service_id)
