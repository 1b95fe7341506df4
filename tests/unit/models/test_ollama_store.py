"""Ollama's own store: its models come here without a second copy, and nothing in it is changed."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.chat_templates import CHATML
from fakes.gguf import tiny_chat_model
from fakes.ollama_store import put
from hameau.kit import BadInput, Corrupt, NotFound
from hameau.models import Catalogue, Message
from hameau.models.fetch import Arrival
from hameau.models.ollama_store import bring, kept, nearby_in_ollama, stores
from hameau.models.shelf import Shelf

TINY = tiny_chat_model(CHATML.template, CHATML.specials, end=CHATML.end, name="Tiny Test")
LAYERS = {
    "model": TINY,
    "template": b"{{ .Prompt }}",
    "system": "Réponds en français.".encode(),
    "params": json.dumps({"stop": ["<|im_end|>"], "temperature": 0.2, "mirostat": 1}).encode(),
    "messages": json.dumps([{"role": "user", "content": "Bonjour"}, {"role": "robot", "content": "?"}]).encode(),
    "license": b"MIT License\n\nPermission is hereby granted",
}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    folder = tmp_path / "ollama"
    put(folder, "tiny:1b", LAYERS)
    put(folder, "mario/pirate", {"model": TINY})
    return folder


@pytest.fixture
def arrival(tmp_path: Path) -> Arrival:
    return Arrival(Shelf(tmp_path / "models", Catalogue(())), lambda _done, _total: None)


@pytest.fixture
def other_disk() -> Iterator[Path]:
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == Path(tempfile.gettempdir()).stat().st_dev:
        pytest.skip("this machine has only one disk")
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


def test_what_is_kept_there_is_listed(store: Path) -> None:
    assert [one.name for one in kept((store,))] == ["mario/pirate", "tiny:1b"]
    assert kept((store,))[1].size_bytes == sum(map(len, LAYERS.values()))


def test_the_place_is_found(store: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OLLAMA_MODELS", str(store))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert store in stores()
    assert [one.what for one in nearby_in_ollama(frozenset({"tiny:1b"}))] == ["ollama:mario/pirate"]


def test_a_model_comes_as_it_is_used_there(store: Path, arrival: Arrival) -> None:
    model = bring("tiny:1b", arrival, (store,))
    assert model.card.id == model.card.title == "tiny:1b"
    assert model.recipe.system == "Réponds en français."
    assert model.recipe.options == {"stop": ["<|im_end|>"], "temperature": 0.2}
    assert model.recipe.messages == (Message("user", "Bonjour"),)
    assert model.recipe.license.startswith("MIT License")
    assert arrival.shelf.find("tiny:1b") == model


def test_there_is_no_second_copy(store: Path, arrival: Arrival) -> None:
    blob = next(one for one in kept((store,)) if one.name == "tiny:1b").of("model")[0].path
    model = bring("TINY:1b", arrival, (store,))
    assert Path(model.path).samefile(blob)
    assert bring("tiny:1b", arrival, (store,)) == model
    arrival.shelf.remove(model)
    assert blob.read_bytes() == TINY


def test_where_no_link_is_possible_it_is_used_where_it_lies(other_disk: Path, arrival: Arrival) -> None:
    blob = put(other_disk, "tiny", LAYERS)["model"]
    model = bring("tiny", arrival, (other_disk,))
    assert model.path == str(blob)
    assert model.foreign
    assert model.recipe.system
    assert not list(arrival.shelf.folder.glob("*.gguf"))
    assert bring("tiny", arrival, (other_disk,)) == model
    arrival.shelf.remove(model)
    assert blob.exists()
    assert arrival.shelf.find("tiny") is None


def test_what_ollama_throws_away_is_no_longer_here(other_disk: Path, arrival: Arrival) -> None:
    blob = put(other_disk, "tiny", LAYERS)["model"]
    bring("tiny", arrival, (other_disk,))
    blob.unlink()
    assert arrival.shelf.all() == ()


def test_a_damaged_file_is_not_taken(store: Path, arrival: Arrival) -> None:
    blob = next(one for one in kept((store,)) if one.name == "tiny:1b").of("model")[0].path
    blob.write_bytes(TINY[:-1] + bytes([TINY[-1] ^ 1]))
    with pytest.raises(Corrupt, match="damaged"):
        bring("tiny:1b", arrival, (store,))
    assert arrival.shelf.all() == ()


def test_an_unknown_name_tells_the_known_ones(store: Path, arrival: Arrival) -> None:
    with pytest.raises(NotFound) as caught:
        bring("nothing", arrival, (store,))
    assert "tiny:1b" in str(caught.value.fields["known"])


@pytest.mark.parametrize(
    "manifest",
    [
        "",
        "[]",
        "{}",
        '{"layers": 3}',
        '{"layers": [{}]}',
        '{"layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:../../../etc/passwd", "size": 1}]}',
        '{"layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:%s", "size": -1}]}'
        % ("a" * 64),
        '{"layers": [{"mediaType": 3, "digest": 4, "size": 5}]}',
        "[" * 100_000,
    ],
)
def test_a_hostile_manifest_harms_nothing(store: Path, arrival: Arrival, manifest: str) -> None:
    path = store / "manifests" / "registry.ollama.ai" / "library" / "bad" / "latest"
    path.parent.mkdir()
    path.write_text(manifest)
    assert [one.name for one in kept((store,))] == ["mario/pirate", "tiny:1b"]


def test_hostile_layers_are_refused_in_words(tmp_path: Path, arrival: Arrival) -> None:
    store = tmp_path / "other"
    put(store, "params", {"model": TINY, "params": b"{nonsense"})
    put(store, "options", {"model": TINY, "params": b'{"temperature": "hot"}'})
    put(store, "noise", {"model": os.urandom(5000)})
    put(store, "blind", {"model": TINY, "projector": TINY})
    put(store, "adapter", {"model": TINY, "adapter": TINY})
    for name, kind in (
        ("params", Corrupt),
        ("options", BadInput),
        ("noise", Corrupt),
        ("blind", BadInput),
        ("adapter", BadInput),
    ):
        with pytest.raises(kind):
            bring(name, arrival, (store,))
    assert arrival.shelf.all() == ()
