"""A model from a file, a folder or a stick: checked, linked or copied, never changed."""

from __future__ import annotations

import hashlib
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.chat_templates import CHATML, ZEPHYR
from fakes.gguf import tiny_chat_model, write
from fakes.models import CARD
from hameau.kit import BadInput, Cancelled, Conflict, Corrupt, NotFound
from hameau.models import Catalogue, InstalledModel
from hameau.models import adopt as room
from hameau.models.fetch import Arrival
from hameau.models.shelf import Shelf

TINY = tiny_chat_model(CHATML.template, CHATML.specials, end=CHATML.end, name="Tiny Test")
OTHER = tiny_chat_model(ZEPHYR.template, ZEPHYR.specials, end=ZEPHYR.end, name="Other")
KNOWN = replace(CARD, id="known", size_bytes=len(TINY), sha256=hashlib.sha256(TINY).hexdigest(), title="Known")

Adopt = Callable[[Path], InstalledModel]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "home" / "models", Catalogue(()))


@pytest.fixture
def stick(tmp_path: Path) -> Iterator[Path]:
    """A folder on another disk than the models': memory, where the system offers it as one."""
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("this machine has only one disk")
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


@pytest.fixture
def adopt(shelf: Shelf) -> Adopt:
    return lambda path: room.adopt(path, Catalogue(()), Arrival(shelf, lambda _done, _total: None))


def test_a_file_on_the_same_disk_is_linked(tmp_path: Path, shelf: Shelf, adopt: Adopt) -> None:
    mine = write(tmp_path / "Mine.gguf", TINY)
    model = adopt(mine)
    assert (model.card.id, model.card.title) == ("mine", "Tiny Test")
    assert mine.samefile(model.path)
    assert shelf.find("mine") == model
    assert mine.read_bytes() == TINY


def test_a_file_of_another_disk_is_copied(stick: Path, shelf: Shelf, adopt: Adopt) -> None:
    mine = write(stick / "Mine.gguf", TINY)
    model = adopt(mine)
    assert not mine.samefile(model.path)
    assert Path(model.path).read_bytes() == TINY
    assert model.card.sha256 == hashlib.sha256(TINY).hexdigest()
    assert not list(shelf.incoming.glob("*.adopting"))


def test_a_file_of_the_catalogue_is_recognised_under_any_name(tmp_path: Path, shelf: Shelf) -> None:
    mine = write(tmp_path / "download(3).gguf", TINY)
    model = room.adopt(mine, Catalogue((KNOWN,)), Arrival(shelf, lambda _done, _total: None))
    assert model.card == KNOWN


def test_adding_twice_changes_nothing(tmp_path: Path, shelf: Shelf, adopt: Adopt) -> None:
    mine = write(tmp_path / "Mine.gguf", TINY)
    assert adopt(mine) == adopt(mine)
    assert len(shelf.all()) == 1


def test_another_file_of_the_same_name_is_a_conflict(tmp_path: Path, shelf: Shelf, adopt: Adopt) -> None:
    adopt(write(tmp_path / "Mine.gguf", TINY))
    with pytest.raises(Conflict):
        adopt(write(tmp_path / "else" / "Mine.gguf", OTHER))
    assert [model.card.title for model in shelf.all()] == ["Tiny Test"]


def test_the_one_model_of_a_stick_is_found(tmp_path: Path, adopt: Adopt) -> None:
    write(tmp_path / "stick" / "models" / "Mine.GGUF", TINY)
    write(tmp_path / "stick" / ".Trash" / "old.gguf", OTHER)
    assert adopt(tmp_path / "stick").card.id == "mine"


def test_several_models_are_listed_for_the_person_to_choose(tmp_path: Path, adopt: Adopt) -> None:
    write(tmp_path / "stick" / "a.gguf", TINY)
    write(tmp_path / "stick" / "b.gguf", OTHER)
    with pytest.raises(BadInput, match="2 models") as caught:
        adopt(tmp_path / "stick")
    assert "a.gguf, b.gguf" in str(caught.value)


def test_what_is_not_there(tmp_path: Path, adopt: Adopt) -> None:
    with pytest.raises(NotFound):
        adopt(tmp_path)
    with pytest.raises(NotFound):
        adopt(tmp_path / "nothing.gguf")


@pytest.mark.parametrize("name", ["with\0nothing.gguf", "circle.gguf"])
def test_what_leads_nowhere(name: str, tmp_path: Path, adopt: Adopt) -> None:
    (tmp_path / "circle.gguf").symlink_to("circle.gguf")
    with pytest.raises(NotFound):
        adopt(tmp_path / name)
    with pytest.raises(NotFound):
        adopt(Path("~nobody-of-that-name/model.gguf"))


def test_a_bad_file_leaves_nothing_behind(tmp_path: Path, shelf: Shelf, adopt: Adopt) -> None:
    with pytest.raises(Corrupt):
        adopt(write(tmp_path / "Mine.gguf", TINY[:-7]))
    assert shelf.all() == ()
    assert not [path for path in shelf.folder.rglob("*") if path.is_file() and path.suffix != ".lock"]


def test_a_stopped_copy_leaves_nothing_behind(stick: Path, shelf: Shelf) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        room.adopt(write(stick / "Mine.gguf", TINY), Catalogue(()), Arrival(shelf, lambda _d, _t: None, stop))
    assert not [path for path in shelf.folder.rglob("*") if path.is_file() and path.suffix != ".lock"]


def test_a_link_to_a_file_is_followed(tmp_path: Path, adopt: Adopt) -> None:
    mine = write(tmp_path / "real" / "Mine.gguf", TINY)
    (tmp_path / "link.gguf").symlink_to(mine)
    assert Path(adopt(tmp_path / "link.gguf").path).samefile(mine)


def test_what_a_killed_copy_left_is_cleared_away(tmp_path: Path, shelf: Shelf, adopt: Adopt) -> None:
    write(shelf.incoming / "another.adopting", TINY[:1000])
    adopt(write(tmp_path / "Mine.gguf", TINY))
    assert not list(shelf.incoming.glob("*.adopting"))
