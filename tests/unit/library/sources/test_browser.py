"""The source of bookmarks, over profiles made on the spot; its parser here is the form itself, without a sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec
import pytest

from fakes import exports
from fakes.reading import context as reading
from hameau.kit import BadInput, Corrupt, HameauError, NotFound, Unavailable
from hameau.library import Source, SourceContext
from hameau.library.extraction.forms import told
from hameau.library.extraction.reading import read
from hameau.library.extraction.reasons import Unreadable
from hameau.library.ports import Item, Kept, Memory
from hameau.library.sources import BrowserSource
from hameau.library.sources.browser_profiles import profiles
from hameau.library.types import Extracted

Told = TypeVar("Told")


class Desk:
    """A parser without walls, which counts what it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def parse(self, form: str, data: bytes, kind: type[Told]) -> Told:
        self.asked += 1
        try:
            return msgspec.json.decode(told(form, data), type=kind)
        except Unreadable as verdict:
            raise Corrupt(verdict.reason) from verdict


class World:
    """A source over the profile at ``path``, and what it remembers."""

    def __init__(self, path: Path, *, rest: float = 0, **settings: object) -> None:
        self.desk = Desk()
        self.source = BrowserSource(self.desk, rest_seconds=rest)
        self.known: dict[str, str] = {}
        self.path, self.settings = path, settings

    def context(self, *, documents: int = 1, whole: bool = False, memory: Memory | None = None) -> SourceContext:
        uri = self.source.check(str(self.path), self.settings)
        source = Source("s", "home", "browser", uri, "", "ready", "", settings=self.settings, documents=documents)
        return SourceContext(source, 1 << 26, memory=memory or Memory(self.known), whole=whole)

    def sync(self, *, whole: bool = False) -> list[Item | Kept]:
        memory = Memory(self.known)
        found = list(self.source.items(self.context(whole=whole, memory=memory)))
        self.known.update({key: value for key, value in memory.noted.items() if value})
        return found

    def read(self, item: Item | Kept) -> Extracted:
        assert isinstance(item, Item)
        with self.source.content(self.context(), item.uri) as content:
            data = content.path.read_bytes() if content.path else content.data
            return read(data, content.name, reading(read))


def test_bookmarks_of_a_running_firefox(tmp_path: Path) -> None:
    connection = exports.places(tmp_path / "places.sqlite")
    world = World(tmp_path)
    (item,) = world.sync()
    found = world.read(item)
    (tart,) = (part.extracted for part in found.parts)
    assert isinstance(item, Item) and item.title == found.title == "Marque-pages de Firefox"
    assert (tart.title, tart.link) == ("Tarte aux pommes", "https://recettes.example/tarte")
    assert "Dossier : Menu / Cuisine\nÉtiquettes : tarte\n" in tart.text
    connection.close()


def test_a_profile_is_called_by_its_browser(tmp_path: Path) -> None:
    exports.places(tmp_path / "places.sqlite", wal=False).close()
    source = BrowserSource(Desk())
    assert source.title(source.check(str(tmp_path), {})) == "Firefox"


def test_nothing_new_is_not_read_again(tmp_path: Path) -> None:
    connection = exports.places(tmp_path / "places.sqlite")
    world = World(tmp_path)
    (first,) = world.sync()
    assert isinstance(first, Item)
    assert world.sync() == [Kept(first.uri)] and world.desk.asked == 1
    connection.execute("insert into moz_places (url, visit_count, last_visit_date) values ('https://x.example/', 1, 5)")
    (second,) = world.sync()
    assert isinstance(second, Item) and second.fingerprint == first.fingerprint  # a visit is no bookmark
    connection.execute("update moz_bookmarks set title = 'Tourte' where title like 'Tarte%'")
    (third,) = world.sync()
    assert isinstance(third, Item) and third.fingerprint != first.fingerprint
    assert isinstance(world.sync(whole=True)[0], Item)
    connection.close()


def test_between_two_readings_there_is_a_rest(tmp_path: Path) -> None:
    connection = exports.places(tmp_path / "places.sqlite")
    world = World(tmp_path, rest=900)
    (first,) = world.sync()
    assert isinstance(first, Item)
    connection.execute("update moz_bookmarks set title = 'Tourte' where title like 'Tarte%'")
    assert world.sync() == [Kept(first.uri)]
    assert isinstance(world.sync(whole=True)[0], Item)
    connection.close()


def test_the_history_only_by_choice_and_for_some_days(tmp_path: Path) -> None:
    exports.places(tmp_path / "places.sqlite").close()
    assert len(World(tmp_path).sync()) == 1
    world = World(tmp_path, history="90")
    kept, visits = world.sync()
    found = world.read(visits)
    assert found.title == "Historique de Firefox"
    assert [part.extracted.title for part in found.parts] == ["Tarte"]
    assert "Visites : 3" in found.parts[0].extracted.text
    assert isinstance(kept, Item) and isinstance(visits, Item) and not visits.uri.startswith(kept.uri)


def test_chromium(tmp_path: Path) -> None:
    (tmp_path / "Bookmarks").write_bytes(exports.chromium())
    exports.history(tmp_path / "History")
    world = World(tmp_path, history=30)
    kept, visits = world.sync()
    assert [part.extracted.title for part in world.read(kept).parts] == ["La mairie"]
    assert [part.extracted.link for part in world.read(visits).parts] == ["https://mairie.example/"]


def test_a_database_that_makes_no_sense_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "places.sqlite").write_bytes(b"SQLite format 3\0" + bytes(2000))
    with pytest.raises(Unavailable):
        World(tmp_path).sync()


def test_a_profile_that_is_away(tmp_path: Path) -> None:
    exports.places(tmp_path / "places.sqlite", wal=False).close()
    world = World(tmp_path)
    context = world.context()
    (tmp_path / "places.sqlite").unlink()
    with pytest.raises(Unavailable):
        world.source.present(context)
    with pytest.raises(Unavailable):
        list(world.source.items(context))
    with pytest.raises(NotFound), world.source.content(context, f"{tmp_path}/places.sqlite/bookmarks"):
        pass


def test_check(tmp_path: Path) -> None:
    source = BrowserSource(Desk())
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "Bookmarks").write_text("{}")
    assert (
        source.check(str(tmp_path / "p" / "Bookmarks"), {})
        == source.check(str(tmp_path / "p"), {"history": 9})
        == str(tmp_path / "p")
    )
    bad: list[tuple[str, dict[str, object], type[HameauError]]] = [
        (str(tmp_path), {}, BadInput),
        (str(tmp_path / "absent"), {}, NotFound),
        ("https://example.org/", {}, BadInput),
        ("", {}, BadInput),
        (str(tmp_path / "p"), {"history": "toujours"}, BadInput),
        (str(tmp_path / "p"), {"history": -1}, BadInput),
        (str(tmp_path / "p"), {"history": True}, BadInput),
    ]
    for uri, settings, error in bad:
        with pytest.raises(error):
            source.check(uri, settings)


def test_profiles_are_found(tmp_path: Path) -> None:
    for place in (
        ".mozilla/firefox/abc.default",
        ".mozilla/firefox/xyz.travail",
        ".config/chromium/Default",
        ".config/chromium/Vide",
    ):
        (tmp_path / place).mkdir(parents=True)
    for file in (
        ".mozilla/firefox/abc.default/places.sqlite",
        ".mozilla/firefox/xyz.travail/places.sqlite",
        ".config/chromium/Default/Bookmarks",
    ):
        (tmp_path / file).touch()
    assert [(one.browser, one.title) for one in profiles(tmp_path)] == [
        ("Chromium", "Chromium"), ("Firefox", "Firefox (default)"), ("Firefox", "Firefox (travail)"),
    ]  # fmt: skip
    assert profiles(tmp_path / "nowhere") == []
