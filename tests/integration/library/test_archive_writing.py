"""A space written as an archive: read back by the library that reads archives, by our own reader, and by kiwix-serve."""

from __future__ import annotations

import html
import json
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from libzim.reader import Archive
from libzim.search import Query, Searcher

from hameau.cli.archives import archives as command
from hameau.hub import Hub, read_settings
from hameau.kit import BadInput, Conflict, NotFound
from hameau.library import About, Archives, Extracted, Item, Library, Source, write_archive
from hameau.storage import Database
from servers.kiwix import kiwix_serve

NOTES = {
    "L'école du village": "# L'école du village\n\nL'école ouvre à huit heures.\n\n- la cour\n- le préau\n\n## Horaires\n\nMatin & soir <script>alert(1)</script>.",
    "Budget": "Le budget de l’association s’élève à 1 200 euros.",
    "Budget ": "Un autre budget, du même nom.",
    "Vide": "   ",
}


def filled(library: Library) -> Library:
    source = library.add_source("folder", "/notes")
    for number, (title, text) in enumerate(NOTES.items()):
        item = Item(f"/notes/{number}.md", title, 1, "2026-05-01T10:00:00.000Z", str(number))
        document = library.begin_document(source.id, item)
        library.write_document(document.id, Extracted(text, title=title.strip(), language="fr"))
    return library


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    database = Database(tmp_path_factory.mktemp("library") / "hameau.db")
    yield filled(Library(database))
    database.close()


@pytest.fixture(scope="module")
def written(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("written") / "hamlet.zim"
    steps: list[int] = []
    made = write_archive(
        library,
        target,
        About("Le hameau", "Les papiers du hameau", licence="CC BY-SA 4.0"),
        progress=lambda done, _title: steps.append(done),
    )
    assert (made.path, made.documents, made.left_out) == (target, 3, 1)
    assert steps == [1, 2, 3]
    assert made.size == target.stat().st_size
    assert [one.name for one in target.parent.iterdir()] == ["hamlet.zim"]
    return target


def test_it_is_whole_and_says_what_it_is(written: Path) -> None:
    archive = Archive(written)
    assert archive.check()
    said = {key: archive.get_metadata(key).decode() for key in ("Title", "Language", "License", "Description", "Name")}
    assert said == {
        "Title": "Le hameau", "Language": "fra", "License": "CC BY-SA 4.0", "Description": "Les papiers du hameau", "Name": "le-hameau_fr",
    }  # fmt: skip
    assert archive.has_illustration(48)
    assert archive.main_entry.get_item().path == "index"
    assert b"L&#x27;\xc3\xa9cole du village" in bytes(archive.main_entry.get_item().content)


def test_its_index_knows_elided_and_accented_words(written: Path) -> None:
    archive = Archive(written)
    for words, path in (
        ("école", "l-ecole-du-village"),
        ("ecoles", "l-ecole-du-village"),
        ("association", "budget"),
        ("élève", "budget"),
    ):
        assert path in list(Searcher(archive).search(Query().set_query(words)).getResults(0, 5)), words


def test_nothing_of_a_document_runs(written: Path) -> None:
    page = bytes(Archive(written).get_entry_by_path("l-ecole-du-village").get_item().content).decode()
    assert "<script>" not in page and "&lt;script&gt;" in page
    assert "<li>la cour</li>" in page and "<h3>Horaires</h3>" in page
    assert page.count("<h1>") == 1


def test_our_own_reader_reads_it(written: Path) -> None:
    source = Source("src", "home", "zim", str(written), "", "ready", "")
    archives = Archives(lambda _: source)
    (answer,) = archives.ask([source], "À quelle heure ouvre l'école ?")
    assert "huit heures" in answer.passages[0].text
    assert len(archives.facts("src").title) > 0
    archives.close()


@pytest.mark.needs_server(**{"kiwix-serve": "kiwix_tools"})
def test_kiwix_serves_and_searches_it(written: Path) -> None:
    with kiwix_serve(written) as address:
        with urllib.request.urlopen(f"{address}/hamlet/l-ecole-du-village") as reply:
            assert "ouvre à huit heures" in reply.read().decode()
        asked = urllib.parse.urlencode({"pattern": "village", "books.name": "hamlet", "format": "xml"})
        with urllib.request.urlopen(f"{address}/search?{asked}") as reply:
            assert "L'école du village" in html.unescape(reply.read().decode())


def test_what_is_there_is_never_replaced(library: Library, tmp_path: Path) -> None:
    target = tmp_path / "a.zim"
    target.write_text("mine")
    about = About("t", "d")
    with pytest.raises(Conflict):
        write_archive(library, target, about)
    assert target.read_text() == "mine"
    with pytest.raises(BadInput):
        write_archive(library, tmp_path / "a.zip", about)
    with pytest.raises(NotFound):
        write_archive(library, tmp_path / "no" / "a.zim", about)
    with pytest.raises(NotFound):
        write_archive(library, tmp_path / "b.zim", about, space="nobody")
    assert [one.name for one in tmp_path.iterdir()] == ["a.zim"]


def test_the_command_writes_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAMEAU_HOME", str(tmp_path / "home"))
    hub = Hub(read_settings())
    filled(hub.library)
    hub.close()
    done = CliRunner().invoke(
        command, ["write", str(tmp_path / "a.zim"), "--title", "Le hameau", "--json"], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {
        "path": str(tmp_path / "a.zim"), "documents": 3, "bytes": (tmp_path / "a.zim").stat().st_size, "left_out": 1,
    }  # fmt: skip
