"""The desk of the room: which model, from where, loaded or not. Engines are fakes here."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.chat_templates import CHATML
from fakes.gguf import tiny_chat_model, write
from fakes.models import CARD, EchoGenerator, HashedEmbedder
from fakes.packages import PackagesInMemory
from hameau.kit import BadInput, Conflict, Missing, NotEnough, NotFound, Refused
from hameau.models import (
    Catalogue,
    EngineOptions,
    Engines,
    InstalledModel,
    ModelCard,
    Models,
    Origin,
    Recipe,
    physical_cores,
)
from hameau.models.models import LARGE, SMALL

TINY = tiny_chat_model(CHATML.template, CHATML.specials, end=CHATML.end)
DIGEST = hashlib.sha256(TINY).hexdigest()


def chat(name: str, **more: object) -> ModelCard:
    origin = Origin("packages", packages=(f"{name}==1",), member="*/data/part.bin")
    card = replace(CARD, id=name, title=name, size_bytes=len(TINY), sha256=DIGEST, ram_bytes=1_000, origins=(origin,))
    return replace(card, **more)  # type: ignore[arg-type]


BUNDLED = replace(chat("sense"), kind="embedding", dimensions=384, origins=(Origin("bundled", module="json"),))
ONLINE = chat("online", origins=(Origin("url", url="https://models.example/x.gguf", hosts=("cdn.example",)),))
CARDS = (chat(LARGE), chat(SMALL), chat("other"), BUNDLED, ONLINE)


class House:
    """Models over fakes; ``loads`` is what was loaded, with its options."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.loads: list[tuple[str, EngineOptions]] = []
        self.generators: list[EchoGenerator] = []
        names = [package for card in CARDS for origin in card.origins for package in origin.packages]
        self.index = PackagesInMemory(names, [TINY] * len(names))
        self.free = [16_000_000_000]

    def models(self, **more: object) -> Models:
        engines = Engines(self.load, lambda threads, wanted="": HashedEmbedder(), "sense", "no.such.module")
        return Models(self.folder, engines, catalogue=Catalogue(CARDS), packages=self.index, memory=self.memory, **more)  # type: ignore[arg-type]

    def memory(self) -> int:
        """The next of ``free``; the last one stays."""
        return self.free.pop(0) if len(self.free) > 1 else self.free[0]

    def load(self, model: InstalledModel, options: EngineOptions) -> EchoGenerator:
        self.loads.append((model.card.id, options))
        self.generators.append(EchoGenerator(model.card))
        return self.generators[-1]


def names(models: Models) -> set[str]:
    return {one.model.card.id for one in models.loaded()}


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "models")


def test_the_bundled_model_is_always_there(house: House) -> None:
    assert [model.card.id for model in house.models().installed()] == ["sense"]
    assert house.models().choose("embedding").card.id == "sense"
    assert house.models().facts("sense") is None


def test_a_bundled_model_that_is_not_installed_is_not_there(tmp_path: Path) -> None:
    absent = replace(BUNDLED, origins=(Origin("bundled", module="no_such_module_here"),))
    models = Models(tmp_path, House(tmp_path).models()._engines, catalogue=Catalogue((absent,)))
    assert models.installed() == ()
    with pytest.raises(Missing):
        models.choose("embedding")


def test_without_a_model_the_hint_is_the_command(house: House) -> None:
    house.free = [16_000_000_000]
    with pytest.raises(Missing) as caught:
        house.models().generator()
    assert caught.value.hint.format(**caught.value.fields) == f"Fetch it with: hameau models add {LARGE}"
    house.free = [3_000_000_000]
    with pytest.raises(Missing, match=SMALL):
        house.models().choose()


def test_the_starter_follows_the_memory(house: House) -> None:
    models = house.models()
    models.add(LARGE)
    models.add(SMALL)
    house.free = [4_000_000_000]
    assert models.choose().card.id == LARGE
    assert [card.id for card in models.recommended()] == [LARGE, "sense"]
    house.free = [3_999_999_999]
    assert models.choose().card.id == SMALL
    assert [card.id for card in models.recommended()] == [SMALL, "sense"]


def test_any_installed_model_is_better_than_none(house: House) -> None:
    models = house.models()
    models.add("other")
    assert models.choose().card.id == "other"


def test_the_wish_wins(house: House) -> None:
    models = house.models(wanted="other")
    models.add(SMALL)
    with pytest.raises(Missing, match="other"):
        models.choose()
    models.add("other")
    assert models.choose().card.id == "other"
    assert models.choose("chat", SMALL).card.id == SMALL


def test_a_wish_that_is_no_model(house: House) -> None:
    with pytest.raises(NotFound):
        house.models().choose("chat", "nonsense")
    with pytest.raises(BadInput):
        house.models().choose("chat", "sense")


def test_a_model_is_loaded_once_and_stays_chosen(house: House) -> None:
    models = house.models()
    house.free = [16_000_000_000]
    models.add(LARGE)
    models.add(SMALL)
    models.generator()
    house.free = [2_000_000_000]  # it took its share: that is no reason to change
    models.generator()
    assert names(models) == {LARGE}
    assert [name for name, _ in house.loads] == [LARGE]


def test_another_one_is_unloaded_when_memory_is_short(house: House) -> None:
    models = house.models()
    models.add(LARGE)
    models.add(SMALL)
    house.free = [1_000]
    models.generator(LARGE)
    models.generator(SMALL)
    assert names(models) == {LARGE, SMALL}
    models.add("other")
    house.free = [0, 0, 1_000]
    models.generator("other")
    assert "other" in names(models)
    assert any(generator.closed for generator in house.generators)


def test_too_little_memory_is_said_before_anything_is_loaded(house: House) -> None:
    models = house.models()
    models.add(SMALL)
    house.free = [10]
    with pytest.raises(NotEnough):
        models.generator()
    assert house.loads == []


def test_a_search_does_not_wait_for_a_model_that_loads(house: House) -> None:
    models = house.models()
    models.add("other")
    loading, go_on = threading.Event(), threading.Event()
    load = house.load

    def slow(model: InstalledModel, options: EngineOptions) -> EchoGenerator:
        loading.set()
        go_on.wait()
        return load(model, options)

    house.load = slow  # type: ignore[method-assign]
    models = house.models()
    thread = threading.Thread(target=models.generator)
    thread.start()
    loading.wait()
    assert models.embedder().embed_queries(["où ?"]).shape == (1, 384)
    assert models.loaded() == ()
    go_on.set()
    thread.join()
    assert names(models) == {"other"}


def test_threads_are_never_more_than_cores(house: House) -> None:
    models = house.models(threads=10_000, context=512)
    models.add(SMALL)
    models.generator()
    assert house.loads[0][1].threads == physical_cores()
    assert house.loads[0][1].context == 512


def test_an_added_model_is_there_once(house: House) -> None:
    models = house.models()
    seen: list[tuple[int, int]] = []
    first = models.add("other", lambda done, total: seen.append((done, total)))
    assert models.add("other", lambda done, total: seen.append((done, total))) == first
    assert seen[-1] == (len(TINY), len(TINY))
    assert house.index.asked == ["other==1"]
    facts = models.facts("other")
    assert facts
    assert facts.architecture == "llama"


def test_a_file_is_added_by_its_path(house: House, tmp_path: Path) -> None:
    models = house.models()
    model = models.add(str(write(tmp_path / "x" / "Mine.gguf", TINY[:-4] + b"1234")))
    assert model.card.id == "mine"
    assert models.card("mine") == model.card
    assert "mine" in [card.id for card in models.cards()]


def test_an_unknown_name_is_not_found(house: House) -> None:
    with pytest.raises(NotFound):
        house.models().add("nonsense")
    with pytest.raises(NotFound):
        house.models().remove("nonsense")


def test_removing_unloads_and_deletes(house: House) -> None:
    models = house.models()
    models.add("other")
    models.generator("other")
    models.remove("other")
    assert house.generators[0].closed
    assert models.loaded() == ()
    assert "other" not in [model.card.id for model in models.installed()]
    with pytest.raises(Missing):
        models.remove("other")


def test_a_bundled_model_stays(house: House) -> None:
    with pytest.raises(Refused):
        house.models().remove("sense")
    assert house.models().add("sense").card.id == "sense"


def test_the_name_of_a_bundled_model_is_taken(house: House, tmp_path: Path) -> None:
    models = house.models()
    models.add("other")
    for name in ("sense", "Sense:latest"):
        with pytest.raises(Conflict):
            models.copy("other", name)
        with pytest.raises(Conflict):
            models.make(name, Recipe(base="other"))
        with pytest.raises(Conflict):
            models.make(name, Recipe(), files={"w.gguf": tmp_path / "w.gguf"})


def test_a_model_of_the_internet_needs_a_yes(house: House) -> None:
    models = house.models()
    with pytest.raises(Refused, match="nobody has said yes"):
        models.add("online")
    consent = models.consent_for("online", "Ada")
    assert consent
    assert (consent.who, consent.host, consent.port, consent.also) == ("Ada", "models.example", 443, ("cdn.example",))
    assert models.consent_for("other", "Ada") is None


def test_without_a_fingerprint_nothing_is_downloaded(tmp_path: Path) -> None:
    loose = replace(ONLINE, sha256="")
    models = Models(tmp_path, House(tmp_path).models()._engines, catalogue=Catalogue((loose,)))
    with pytest.raises(Refused, match="fingerprint"):
        models.add("online", consent=models.consent_for("online", "Ada"))


def test_the_embedder_is_made_once(house: House) -> None:
    models = house.models()
    assert models.embedder() is models.embedder()
    assert models.background_embedder() is models.background_embedder()
    assert models.background_embedder().id == models.embedder().id
    models.close()


def test_closing_ends_every_engine(house: House) -> None:
    models = house.models()
    models.add("other")
    models.generator()
    models.close()
    assert house.generators[0].closed
    assert models.loaded() == ()


def test_another_wish_holds_at_once(house: House) -> None:
    models = house.models(wanted="other")
    for name in (LARGE, "other"):
        models.add(name)
    models.generator()
    assert models.choose("chat").card.id == "other"
    models.want("")
    assert models.choose("chat").card.id == LARGE
    assert names(models) == {"other"}  # somebody may be reading its answer
    models.generator("other")
    assert models.choose("chat").card.id == LARGE  # what a program has loaded is not what answers a person
    models.want(LARGE)
    assert models.generator().card.id == LARGE
