"""The folder of models: what is in it is what is installed, however it came there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fakes.chat_templates import CHATML
from fakes.gguf import tiny_chat_model, write
from fakes.models import CARD
from hameau.models import Catalogue
from hameau.models.shelf import Shelf

TINY = tiny_chat_model(CHATML.template, CHATML.specials, end=CHATML.end, name="Tiny Test")
KNOWN = replace(CARD, id="known", size_bytes=len(TINY), title="Known")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "models", Catalogue((KNOWN,)))


def put(shelf: Shelf) -> None:
    shelf.put(KNOWN, write(shelf.incoming / "x", TINY))


def test_an_empty_or_absent_folder_holds_nothing(shelf: Shelf) -> None:
    assert shelf.all() == ()
    assert shelf.find("known") is None


def test_what_is_put_is_found_and_what_is_removed_is_gone(shelf: Shelf) -> None:
    put(shelf)
    model = shelf.find("known")
    assert model
    assert model.card == KNOWN
    assert Path(model.path).read_bytes() == TINY
    assert not (shelf.incoming / "x").exists()
    shelf.remove(model)
    assert shelf.all() == ()
    assert list(shelf.folder.glob("*.*")) == [shelf.incoming]


def test_the_folder_can_be_copied(shelf: Shelf, tmp_path: Path) -> None:
    put(shelf)
    copy = tmp_path / "stick"
    for path in shelf.folder.glob("*.*"):
        if path.is_file():
            write(copy / path.name, path.read_bytes())
    there = Shelf(copy, Catalogue(())).find("known")
    assert there
    assert there.card == KNOWN


def test_a_file_put_by_hand_is_known_by_name_and_size(shelf: Shelf) -> None:
    write(shelf.folder / "known.gguf", TINY)
    model = shelf.find("known")
    assert model
    assert model.card == KNOWN


def test_a_stranger_put_by_hand_has_a_card_from_its_header(shelf: Shelf) -> None:
    write(shelf.folder / "Mine Own.gguf", TINY)
    assert [model.card.title for model in shelf.all()] == ["Tiny Test"]
    assert shelf.all()[0].card.id == "mine-own"


def test_a_broken_card_is_made_anew(shelf: Shelf) -> None:
    put(shelf)
    (shelf.folder / "known.toml").write_text("id = [")
    assert shelf.find("known")


def test_a_file_cut_short_is_not_installed(shelf: Shelf, caplog: pytest.LogCaptureFixture) -> None:
    put(shelf)
    path = shelf.folder / "known.gguf"
    path.write_bytes(TINY[:-10])
    assert shelf.all() == ()
    assert "truncated" in caplog.text


def test_garbage_in_the_folder_harms_nothing(shelf: Shelf) -> None:
    put(shelf)
    write(shelf.folder / "noise.gguf", b"noise")
    (shelf.folder / "folder.gguf").mkdir()
    assert [model.card.id for model in shelf.all()] == ["known"]


def test_a_name_can_not_leave_the_folder(shelf: Shelf) -> None:
    assert shelf.path("../../../etc/x").parent == shelf.folder
