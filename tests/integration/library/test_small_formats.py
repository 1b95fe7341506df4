"""What other programs export, read behind the walls: each format, hostile databases, and small breaks.

60 of them a format; ``HAMEAU_MUTATIONS=10000`` for 2,000.
"""

from __future__ import annotations

import os
import random
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from fakes import exports
from fakes.reading import context
from hameau.kit import Corrupt, HameauError, NotEnough, Refused
from hameau.library import Filter, Indexer, Item, Library, Source, SourceContext
from hameau.library.extraction import SandboxedExtractor
from hameau.library.extraction.reading import read
from hameau.library.extraction.reasons import Unreadable
from hameau.library.sources import BrowserSource, FolderSource
from hameau.library.sources.browser import Told
from hameau.library.sources.database_image import image
from hameau.storage import Database
from integration.library import mutating

BREAKS = int(os.environ.get("HAMEAU_MUTATIONS", "300").rpartition("-")[2]) // 5
SEEDS = exports.seeds()


@pytest.fixture(scope="module")
def extractor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxedExtractor]:
    made = SandboxedExtractor(scratch=tmp_path_factory.mktemp("scratch"), seconds=20)
    yield made
    made.close()


def test_every_format_is_read_behind_the_walls(extractor: SandboxedExtractor) -> None:
    parts = {name: len(extractor.extract_data(name, data).parts) for name, data in SEEDS}
    assert parts.pop(f"{exports.NOTE_ID}.md") == 0
    assert all(parts.values()), parts


def test_a_browsers_database_is_read_behind_the_walls(extractor: SandboxedExtractor, tmp_path: Path) -> None:
    connection = exports.places(tmp_path / "places.sqlite")
    told = extractor.parse("browser", image(tmp_path / "places.sqlite", 1 << 26), Told)
    assert [(one.title, one.folder, one.labels) for one in told.bookmarks] == [
        ("Tarte aux pommes", ("Menu", "Cuisine"), ("tarte",))
    ]
    assert [one.visits for one in told.visits] == [3, 1]
    connection.close()


def hostile(path: Path, *queries: str) -> bytes:
    connection = apsw.Connection(str(path))
    for query in queries:
        connection.execute(query).get  # noqa: B018
    connection.close()
    return path.read_bytes()


BOOKMARKS = "create table moz_bookmarks (id, type, fk, parent, position, title, dateAdded, lastModified, guid)"


@pytest.mark.parametrize(
    "queries",
    [
        pytest.param(("create view moz_places as select 1 as id", BOOKMARKS), id="a view instead of a table"),
        pytest.param(("create table moz_places (id)", BOOKMARKS), id="columns that are missing"),
        pytest.param(
            (
                "create table moz_places (id, url, title, visit_count, hidden, last_visit_date as (zeroblob(100000000)))",
                "insert into moz_places values (1, 'https://x.example/', 'x', 1, 0)",
            ),
            id="a value beyond all bounds",
        ),
        pytest.param(("create virtual table moz_places using fts5(id, url, title, visit_count, hidden, last_visit_date)",), id="virtual"),
        pytest.param(("create table rien (a)",), id="no table of a browser"),
    ],
)  # fmt: skip
def test_a_database_that_is_not_what_it_says_is_refused(
    extractor: SandboxedExtractor, tmp_path: Path, queries: tuple[str, ...]
) -> None:
    with pytest.raises(HameauError):
        extractor.parse("browser", hostile(tmp_path / "x.sqlite", *queries), Told)
    assert extractor.parse("echo", b"abc", dict[str, int]) == {"bytes": 3}


def test_folders_in_a_ring_and_values_of_the_wrong_kind(extractor: SandboxedExtractor, tmp_path: Path) -> None:
    data = hostile(
        tmp_path / "x.sqlite",
        BOOKMARKS,
        "create table moz_places (id, url, title, visit_count, hidden, last_visit_date)",
        "insert into moz_places values (1, 'https://a.example/', x'ff00', 'beaucoup', 0, 'hier'), (2, zeroblob(100000), 3, 1, 0, 1e300)",
        "insert into moz_bookmarks values (5, 2, null, 6, 0, 'a', 0, 0, 'a'), (6, 2, null, 5, 0, 'b', 0, 0, 'b'), "
        "(7, 1, 1, 5, 0, 'x', -9, 0, 'c'), (8, 1, 2, 'rien', 0, null, 9e99, 0, null)",
    )
    told = extractor.parse("browser", data, Told)
    assert ("https://a.example/", ("b", "a")) in [(one.address, one.folder) for one in told.bookmarks]


@pytest.mark.parametrize(("name", "data"), SEEDS, ids=[name for name, _ in SEEDS])
def test_no_break_does_more_than_refuse(name: str, data: bytes) -> None:
    """Without walls: what a reader of ours raises over a broken file is a verdict, never an accident."""
    came: Counter[str] = Counter()
    for number in range(BREAKS):
        broken = mutating.broken(data, random.Random(f"{name} {number}"), SEEDS)
        try:
            found = read(broken, name, context(read))
            came["read"] += 1
            names = [part.name for part in found.parts]
            assert len(names) == len(set(names)) and all(names)
        except Unreadable as verdict:
            came[verdict.reason] += 1
    assert sum(came.values()) == BREAKS


def test_no_broken_database_breaks_the_house(extractor: SandboxedExtractor, tmp_path: Path) -> None:
    exports.places(tmp_path / "places.sqlite", wal=False).close()
    exports.history(tmp_path / "History")
    seeds = [
        ("places.sqlite", (tmp_path / "places.sqlite").read_bytes()),
        ("History", (tmp_path / "History").read_bytes()),
    ]
    for number in range(BREAKS):
        _name, data = seeds[number % 2]
        try:
            extractor.parse("browser", mutating.broken(data, random.Random(number), seeds), Told)
        except (Corrupt, NotEnough, Refused) as refusal:
            assert refusal.message and refusal.hint
    assert extractor.parse("echo", b"abc", dict[str, int]) == {"bytes": 3}


@pytest.fixture
def house(tmp_path: Path, extractor: SandboxedExtractor) -> Iterator[tuple[Library, Indexer]]:
    (tmp_path / "home").mkdir()
    database = Database(tmp_path / "home" / "hameau.db")
    library = Library(database)
    adapters = {"folder": FolderSource(), "browser": BrowserSource(extractor)}
    indexer = Indexer(library, adapters=adapters, extractor=extractor, home=tmp_path / "home")
    yield library, indexer
    indexer.stop()
    database.close()


def titles(library: Library, words: str, *kinds: str) -> list[str]:
    only = Filter(kinds=frozenset(kinds))
    return [result.title for result in library.search(words, only=only).results]


def test_what_is_inside_is_found_by_its_kind(house: tuple[Library, Indexer], tmp_path: Path) -> None:
    library, indexer = house
    folder = tmp_path / "documents"
    folder.mkdir()
    for name, data in SEEDS:
        (folder / name).write_bytes(data)
    library.add_source("folder", indexer.check("folder", str(folder)))
    indexer.run_until_idle()
    assert not library.failures()
    assert titles(library, "conseil municipal", "event")[0] == "Conseil, municipal"
    assert titles(library, "téléphone de Zoé Lefèvre", "contact")[0] == "Zoé Lefèvre"
    assert titles(library, "le lavoir ouvre mardi", "chat")[0] == "Marie — mars 2025"
    assert titles(library, "tarte aux pommes", "bookmark")[0] == "Tarte aux pommes"
    calendar = next(one for one in library.documents(limit=1000) if one.uri.endswith("/a.ics"))
    assert sorted(one.title for one in library.parts(calendar.id)) == [
        "Conseil, municipal",
        "Fête du moulin",
        "Payer les impôts",
    ]
    archive = next(one for one in library.documents(limit=1000) if one.uri.endswith("/a.jex"))
    note = next(one for one in library.parts(archive.id) if one.title == "Le lavoir")
    assert [link.document.title for link in library.links(note.id).to if link.document] == ["Le moulin", "plan.txt"]


def test_a_running_browser_is_followed(house: tuple[Library, Indexer], tmp_path: Path) -> None:
    library, indexer = house
    connection = exports.places(tmp_path / "places.sqlite")
    source = library.add_source("browser", indexer.check("browser", str(tmp_path)))
    indexer.run_until_idle()
    assert titles(library, "tarte", "bookmark")[0] == "Tarte aux pommes"
    connection.execute("delete from moz_bookmarks where fk = 1")
    connection.execute(
        "insert into moz_bookmarks (type, fk, parent, title, dateAdded, guid) values (1, 2, 6, 'Le four à pain', 5, 'b')"
    )
    library.request_sync(source.id)
    indexer.run_until_idle()
    assert titles(library, "four à pain", "bookmark")[0] == "Le four à pain"
    assert "Tarte aux pommes" not in titles(library, "tarte", "bookmark")
    connection.close()


@pytest.mark.needs_chromium
def test_what_a_real_chromium_visited(extractor: SandboxedExtractor, chromium: str, tmp_path: Path) -> None:
    (tmp_path / "mairie.html").write_text("<meta charset=utf-8><title>La mairie de Brévanne</title>", encoding="utf-8")
    quiet = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    page = [f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", (tmp_path / "mairie.html").as_uri()]
    subprocess.run([chromium, *quiet, *page], capture_output=True, check=True, timeout=60)
    source = BrowserSource(extractor)
    uri = source.check(str(tmp_path / "profile" / "Default"), {"history": 1})
    context = SourceContext(Source("s", "home", "browser", uri, "", "ready", "", settings={"history": 1}), 1 << 26)
    (item,) = [one for one in source.items(context) if isinstance(one, Item)]
    with source.content(context, item.uri) as content:
        found = extractor.extract_data(content.name, content.data)
    assert [part.extracted.title for part in found.parts] == ["La mairie de Brévanne"]
