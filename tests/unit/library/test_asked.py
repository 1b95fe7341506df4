"""Sources that are asked: when they are, and how what they say stands among what the library holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.embedding import GroupEmbedder
from fakes.zim import AskedInMemory
from hameau.kit import Unavailable
from hameau.library import Extracted, Filter, Item, Library
from hameau.library.asked import may_ask
from hameau.storage import Database

TOWN = {
    "Mairie": "La mairie de la commune se trouve sur la place depuis 1880.",
    "Chat": "Le chat est un petit félin domestique.",
    "Voiture": "Une automobile roule sur la route.",
}


@pytest.fixture
def asked() -> AskedInMemory:
    return AskedInMemory(TOWN)


@pytest.fixture
def library(tmp_path: Path, asked: AskedInMemory) -> Iterator[Library]:
    embedder = GroupEmbedder()
    made = Library(Database(tmp_path / "hameau.db"), lambda: embedder, lambda _: embedder, asked=asked)
    source = made.add_source("folder", "/notes")
    for number, text in enumerate(
        ["Le budget de la mairie est voté en mars.", "La voiture de la commune est en panne."]
    ):
        document = made.begin_document(source.id, Item(f"/notes/{number}.txt", f"Note {number}", 1, "", str(number)))
        made.write_document(document.id, Extracted(text, title=f"Note {number}", language="fr"))
    yield made
    made._database.close()


def test_what_is_asked_stands_in_the_one_list(library: Library) -> None:
    source = library.add_source("zim", "/archives/hameau.zim")
    found = library.search("où est la mairie de la commune").results
    assert {one.origin for one in found} == {"library", "encyclopedia"}
    one = next(result for result in found if result.origin == "encyclopedia")
    assert (one.title, one.document_id, one.kind) == ("Mairie", 0, "page")
    assert one.passage_id < 0
    assert one.link.startswith(f"/reader/{source.id}/Mairie?start=")
    assert one.uri == "/archives/hameau.zim#Mairie"
    assert one.similarity is not None
    assert [result.score for result in found] == sorted((result.score for result in found), reverse=True)
    assert len({result.passage_id for result in found}) == len(found)


def test_without_an_archive_nobody_is_asked(library: Library, asked: AskedInMemory) -> None:
    assert {one.origin for one in library.search("la mairie de la commune").results} == {"library"}
    assert asked.asked == []


def test_several_are_asked_together_and_those_that_rest_are_not(library: Library, asked: AskedInMemory) -> None:
    first = library.add_source("zim", "/archives/a.zim")
    second = library.add_source("zim", "/archives/b.zim")
    library.search("le chat domestique")
    assert set(asked.asked[-1][0]) == {first.id, second.id}
    library.pause_source(first.id)
    library.search("le chat domestique gris")
    assert asked.asked[-1][0] == (second.id,)
    library.remove_source(second.id)
    asked.asked.clear()
    assert library.search("un félin domestique").results == () or asked.asked == []


def test_a_filter_lets_archives_in_or_keeps_them_out(library: Library, asked: AskedInMemory) -> None:
    zim = library.add_source("zim", "/archives/hameau.zim")
    notes = next(one for one in library.sources() if one.kind == "folder")

    def origins(only: Filter) -> set[str]:
        return {one.origin for one in library.search("la mairie de la commune", only=only, everywhere=True).results}

    assert origins(Filter(sources=frozenset({zim.id}))) == {"encyclopedia"}
    assert origins(Filter(sources=frozenset({notes.id}))) == {"library"}
    assert "encyclopedia" in origins(Filter(languages=frozenset({"fr"})))
    assert origins(Filter(languages=frozenset({"en"}))) == set()
    assert origins(Filter(kinds=frozenset({"page"}))) == {"encyclopedia"}
    assert "encyclopedia" not in origins(Filter(kinds=frozenset({"text"})))
    assert "encyclopedia" not in origins(Filter(people=frozenset({"Lenoir"})))


@pytest.mark.parametrize(
    ("only", "may"),
    [
        (Filter(), True),
        (Filter(kinds=frozenset({"page", "mail"})), True),
        (Filter(kinds=frozenset({"mail"})), False),
        (Filter(document_id=3), False),
        (Filter(people=frozenset({"Anne"})), False),
        (Filter(since="2024-01-01"), False),
        (Filter(until="2024-01-01"), False),
        (Filter(languages=frozenset({"fr"})), True),
    ],
)
def test_an_article_has_no_date_no_sender_and_is_no_document(only: Filter, may: bool) -> None:
    assert may_ask(only) is may


def test_the_same_passage_is_shown_once_and_as_ones_own(tmp_path: Path) -> None:
    text = "La mairie de la commune se trouve sur la place depuis 1880."
    library = Library(Database(tmp_path / "hameau.db"), asked=AskedInMemory({"Mairie": text}))
    source = library.add_source("folder", "/notes")
    document = library.begin_document(source.id, Item("/notes/m.txt", "Mairie", 1, "", "1"))
    library.write_document(document.id, Extracted(f"{text} Et le reste.", title="Mairie"))
    library.add_source("zim", "/archives/hameau.zim")
    assert [one.origin for one in library.search("la mairie de la commune").results] == ["library"]


def test_a_scrap_of_ones_own_hides_no_article(tmp_path: Path) -> None:
    library = Library(Database(tmp_path / "hameau.db"), asked=AskedInMemory(TOWN))
    source = library.add_source("folder", "/notes")
    document = library.begin_document(source.id, Item("/notes/m.txt", "Mairie", 1, "", "1"))
    library.write_document(document.id, Extracted("Mairie", title="Mairie"))
    library.add_source("zim", "/archives/hameau.zim")
    assert {one.origin for one in library.search("la mairie de la commune").results} == {"library", "encyclopedia"}


def test_a_library_without_documents_still_asks(tmp_path: Path) -> None:
    library = Library(Database(tmp_path / "hameau.db"), asked=AskedInMemory(TOWN))
    library.add_source("zim", "/archives/hameau.zim")
    assert [one.title for one in library.search("le félin domestique").results] == ["Chat"]


def test_when_asking_fails_the_library_answers(tmp_path: Path) -> None:
    class Broken(AskedInMemory):
        def ask(self, *_args: object, **_more: object) -> list[object]:  # type: ignore[override]
            raise Unavailable("away")

    library = Library(Database(tmp_path / "hameau.db"), asked=Broken(TOWN))
    source = library.add_source("folder", "/notes")
    document = library.begin_document(source.id, Item("/notes/m.txt", "Note", 1, "", "1"))
    library.write_document(document.id, Extracted("La mairie est ouverte.", title="Note"))
    library.add_source("zim", "/archives/hameau.zim")
    assert [one.title for one in library.search("la mairie").results] == ["Note"]


def test_to_warm_the_library_makes_archives_ready(library: Library, asked: AskedInMemory) -> None:
    zim = library.add_source("zim", "/archives/hameau.zim")
    library.warm()
    assert asked.warmed == [zim.id]
