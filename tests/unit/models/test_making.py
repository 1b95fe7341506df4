"""Models made of others, and of files: one copy of the weights, whatever becomes of the names."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fakes.chat_templates import CHATML, ZEPHYR
from fakes.gguf import gguf_bytes, tiny_chat_model, write
from fakes.hf_folder import write as write_folder
from fakes.models import CARD
from hameau.kit import BadInput, Conflict, Corrupt, Refused
from hameau.models import Adapter, Catalogue, InstalledModel, Message, Recipe
from hameau.models.adopt import adopt
from hameau.models.fetch import Arrival
from hameau.models.making import copy, make, make_from_files
from hameau.models.shelf import Shelf

TINY = tiny_chat_model(CHATML.template, CHATML.specials, end=CHATML.end, name="Tiny Test")
OTHER = tiny_chat_model(ZEPHYR.template, ZEPHYR.specials, end=ZEPHYR.end, name="Other")
PIRATE = Recipe(
    system='Parle comme un "pirate".\n\\o/ \x01',
    options={"temperature": 0.25, "stop": ["a", "é\n"], "seed": 3, "num_ctx": 2048, "num_gpu": 9},
    messages=(Message("user", "Ohé"), Message("assistant", "du bateau")),
    license="À nous",
)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "models", Catalogue(()))


@pytest.fixture
def arrival(shelf: Shelf) -> Arrival:
    return Arrival(shelf, lambda _done, _total: None)


@pytest.fixture
def base(tmp_path: Path, arrival: Arrival) -> InstalledModel:
    return adopt(write(tmp_path / "base.gguf", TINY), (), arrival)


def files(shelf: Shelf, end: str) -> list[str]:
    return sorted(path.name for path in shelf.folder.glob(f"*{end}"))


def adapter(path: Path, family: str = "llama") -> Path:
    values = {
        "general.architecture": family,
        "general.type": "adapter",
        "adapter.type": "lora",
        "adapter.lora.alpha": 1.0,
    }
    return write(path, gguf_bytes(values, {"x.lora_a": np.zeros((1, 32), np.float32)}))


def test_a_model_of_another_one(shelf: Shelf, base: InstalledModel, arrival: Arrival) -> None:
    made = make(base, "Pirate:V2", PIRATE, arrival)
    assert made.card.id == "pirate:v2"
    assert made.path == base.path
    assert made.weights == base.weights
    assert made.card.context == 2048
    assert made.recipe.base == "base"
    assert made.recipe.system == PIRATE.system
    assert made.recipe.messages == PIRATE.messages
    assert made.recipe.options == {"temperature": 0.25, "stop": ["a", "é\n"], "seed": 3, "num_ctx": 2048}
    assert files(shelf, ".gguf") == ["base.gguf"]
    assert [one.card.id for one in shelf.all()] == ["base", "pirate:v2"]


def test_a_model_of_a_made_one_inherits(base: InstalledModel, arrival: Arrival) -> None:
    pirate = make(base, "pirate", PIRATE, arrival)
    calm = make(pirate, "calm", Recipe(options={"temperature": 0.0}), arrival)
    assert calm.recipe.base == "base"
    assert calm.recipe.system == PIRATE.system
    assert calm.recipe.options["temperature"] == 0.0
    assert calm.recipe.options["seed"] == 3


def test_what_was_made_can_be_made_anew(base: InstalledModel, arrival: Arrival) -> None:
    make(base, "pirate", PIRATE, arrival)
    assert make(base, "pirate", Recipe(system="Calme"), arrival).recipe.system == "Calme"


def test_the_weights_outlive_the_name_that_they_came_with(
    shelf: Shelf, base: InstalledModel, arrival: Arrival, tmp_path: Path
) -> None:
    one, two = copy(base, "one", arrival), make(base, "two", PIRATE, arrival)
    assert one.card.title == "one"
    shelf.remove(base)
    left = {model.card.id: model for model in shelf.all()}
    assert left.keys() == {"one", "two"}
    assert left["one"].path == left["two"].path == str(shelf.path("one"))
    assert left["two"].recipe.system == PIRATE.system
    assert files(shelf, ".gguf") == ["one.gguf"]
    shelf.remove(left["two"])
    shelf.remove(shelf.all()[0])
    assert [path.name for path in shelf.folder.iterdir() if path.name != ".incoming"] == []
    assert (tmp_path / "base.gguf").read_bytes() == TINY
    del two


def test_a_base_that_vanished_is_said_and_harms_nothing(
    shelf: Shelf, base: InstalledModel, arrival: Arrival, caplog: pytest.LogCaptureFixture
) -> None:
    make(base, "pirate", PIRATE, arrival)
    Path(base.path).unlink()
    assert shelf.all() == ()
    assert "pirate uses the model base" in caplog.text


def test_names_that_are_taken_stay_what_they_are(base: InstalledModel, arrival: Arrival, tmp_path: Path) -> None:
    other = adopt(write(tmp_path / "other.gguf", OTHER), (), arrival)
    with pytest.raises(Conflict):
        make(base, "other", PIRATE, arrival)
    make(base, "a:b", PIRATE, arrival)
    with pytest.raises(Conflict):
        make(base, "a-b", PIRATE, arrival)  # the same file name
    with pytest.raises(Conflict):
        make(base, "base", PIRATE, arrival)
    assert arrival.shelf.find("other") == other


def test_what_can_not_be_made(base: InstalledModel, arrival: Arrival) -> None:
    with pytest.raises(BadInput):
        make(base, "../x", PIRATE, arrival)
    with pytest.raises(BadInput):
        make(base, "x", Recipe(options={"temperature": "hot"}), arrival)
    with pytest.raises(Refused):
        make(replace(base, service="far"), "x", PIRATE, arrival)
    with pytest.raises(BadInput):
        make(replace(base, card=replace(CARD, kind="embedding")), "x", PIRATE, arrival)
    with pytest.raises(BadInput):
        make(base, "x", Recipe(adapters=(Adapter(base.path),)), arrival)
    assert [one.card.id for one in arrival.shelf.all()] == ["base"]


def test_adapters_come_along_and_the_folder_can_be_moved(
    shelf: Shelf, base: InstalledModel, arrival: Arrival, tmp_path: Path
) -> None:
    voice = adapter(tmp_path / "voice.gguf")
    made = make(base, "voiced", Recipe(adapters=(Adapter(str(voice), 0.5),)), arrival)
    assert made.recipe.adapters == (Adapter(str(shelf.folder / "voiced.adapter.gguf"), 0.5),)
    assert Path(made.recipe.adapters[0].path).samefile(voice)
    assert made.weights != base.weights
    again = copy(made, "again", arrival)
    shelf.remove(made)
    assert again.recipe.adapters[0].path == str(shelf.folder / "again.adapter.gguf")
    moved = shelf.folder.rename(tmp_path / "stick")
    there = Shelf(moved, Catalogue(())).find("again")
    assert there
    assert there.recipe.adapters == (Adapter(str(moved / "again.adapter.gguf"), 0.5),)
    assert there.path == str(moved / "base.gguf")


def test_an_adapter_for_another_family_is_refused(base: InstalledModel, arrival: Arrival, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="qwen2"):
        make(base, "x", Recipe(adapters=(Adapter(str(adapter(tmp_path / "a.gguf", "qwen2"))),)), arrival)


def test_a_model_of_a_file_that_was_sent(shelf: Shelf, arrival: Arrival) -> None:
    digest = "sha256:" + hashlib.sha256(TINY).hexdigest()
    with shelf.blobs.receiving(digest, len(TINY)) as into:
        into.add(TINY[:1000])
        into.add(TINY[1000:])
    blob = shelf.blobs.find(digest)
    assert blob
    made = make_from_files("mine:v1", PIRATE, {"model.gguf": blob}, arrival)
    assert made.card.id == "mine:v1"
    assert f"sha256:{made.card.sha256}" == digest
    assert made.recipe.system == PIRATE.system
    assert made.recipe.base == ""
    assert shelf.blobs.find(digest) is None  # it is the model now: nothing lies there twice
    assert copy(made, "mine:v2", arrival).recipe.system == PIRATE.system


@pytest.mark.parametrize("names", [(), ("a.gguf", "b.gguf"), ("../a.gguf",), (".a",), ("a/b",)])
def test_files_that_make_no_model(names: tuple[str, ...], arrival: Arrival, tmp_path: Path) -> None:
    path = write(tmp_path / "x.gguf", TINY)
    with pytest.raises(BadInput):
        make_from_files("x", Recipe(), dict.fromkeys(names, path), arrival)
    with pytest.raises(Corrupt):
        make_from_files("x", Recipe(), {"x.gguf": write(tmp_path / "noise", b"noise" * 100)}, arrival)
    assert arrival.shelf.all() == ()


def test_a_folder_of_hugging_face(shelf: Shelf, arrival: Arrival, tmp_path: Path) -> None:
    source = write_folder(tmp_path / "Nice Model")
    made = adopt(source, (), arrival)
    assert (made.card.id, made.card.title, made.card.family) == ("nice-model", "Nice Model", "llama")
    assert made.card.quantization == "BF16"
    assert made.card.license == "apache-2.0"
    assert made.card.context == 2048
    assert Path(made.path) == shelf.folder / "nice-model"
    assert (Path(made.path) / "model.safetensors").samefile(source / "model.safetensors")
    assert not (Path(made.path) / "modeling_evil.py").exists()
    with pytest.raises(Conflict):
        adopt(write_folder(tmp_path / "else" / "nice model"), (), arrival)
    alike = copy(made, "alike", arrival)
    assert alike.path == made.path
    shelf.remove(made)
    left = shelf.find("alike")
    assert left
    assert left.path == str(shelf.folder / "alike")
    shelf.remove(left)
    assert not (shelf.folder / "alike").exists()
    assert (source / "model.safetensors").exists()


def test_a_folder_sent_file_by_file(arrival: Arrival, tmp_path: Path) -> None:
    source = write_folder(tmp_path / "x")
    made = make_from_files("sent", Recipe(), {path.name: path for path in source.iterdir()}, arrival)
    assert made.card.id == "sent"
    assert sorted(path.name for path in Path(made.path).iterdir()) == [
        "README.md", "config.json", "model.safetensors", "tokenizer.json",
    ]  # fmt: skip


def test_folders_that_are_no_chat_model(arrival: Arrival, tmp_path: Path) -> None:
    pickled = write_folder(tmp_path / "pickled")
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    with pytest.raises(BadInput, match="pickle"):
        adopt(pickled, (), arrival)
    with pytest.raises(BadInput, match="BertModel"):
        adopt(write_folder(tmp_path / "bert", architectures=["BertModel"]), (), arrival)
    mute = write_folder(tmp_path / "mute")
    (mute / "tokenizer.json").unlink()
    with pytest.raises(BadInput, match="tokenizer"):
        adopt(mute, (), arrival)
    parts = write_folder(tmp_path / "parts")
    (parts / "model.safetensors.index.json").write_text('{"weight_map": {"a": "model-00002.safetensors"}}')
    with pytest.raises(Corrupt, match="model-00002"):
        adopt(parts, (), arrival)
    broken = write_folder(tmp_path / "broken")
    (broken / "config.json").write_text("[" * 5000)
    with pytest.raises(Corrupt):
        adopt(broken, (), arrival)
    assert arrival.shelf.all() == ()


def test_a_projector_beside_a_model_comes_along(shelf: Shelf, arrival: Arrival, tmp_path: Path) -> None:
    values = {"general.architecture": "clip", "clip.has_vision_encoder": True, "clip.projector_type": "mlp"}
    sees = gguf_bytes(values, {"v.x": np.zeros(32, np.float32)})
    write(tmp_path / "stick" / "mmproj-Model-f16.gguf", sees)
    write(tmp_path / "stick" / "Model.gguf", TINY)
    made = adopt(tmp_path / "stick", (), arrival)
    assert made.projector == str(shelf.folder / "model.mmproj.gguf")
    assert "vision" in made.abilities
    assert [one.card.id for one in shelf.all()] == ["model"]
    heir = copy(made, "heir", arrival)
    assert heir.projector == made.projector
    shelf.remove(made)
    assert files(shelf, ".gguf") == ["heir.gguf", "heir.mmproj.gguf"]
    left = shelf.find("heir")
    assert left
    assert left.projector == str(shelf.folder / "heir.mmproj.gguf")
