"""What a search understands, tolerates and shows, on a real database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.embedding import GroupEmbedder
from hameau.library import Extracted, Filter, Item, Library, SearchResults
from hameau.library.spelling import distance, slips
from hameau.storage import Database

FILLING = "Le temps est doux et les rues sont calmes ce matin."


class Shelf:
    """A library whose documents have kinds, dates and people."""

    def __init__(self, path: Path) -> None:
        self.database = Database(path)
        self.library = Library(self.database, lambda: None)
        self.source = self.library.add_source("folder", "/documents")

    def put(self, uri: str, text: str, date: str = "2026-01-01", authors: str = "", language: str = "") -> int:
        item = Item(uri, uri, len(text), f"{date}T12:00:00.000Z", uri + text)
        document = self.library.begin_document(self.source.id, item)
        kind = "message/rfc822" if uri.endswith(".eml") else "text/plain"
        self.library.write_document(
            document.id, Extracted(text, media_type=kind, authors=authors, language=language), uri + text
        )
        return document.id

    def search(self, query: str, **more: object) -> SearchResults:
        return self.library.search(query, **more)  # type: ignore[arg-type]

    def uris(self, query: str, **more: object) -> list[str]:
        return [result.uri for result in self.search(query, **more).results]


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path / "hameau.db")
    shelf.put("mars.eml", "La toiture sera refaite par le couvreur.", "2024-03-14", "Marie Dupont <marie@example.org>")
    shelf.put("juin.eml", "La toiture est finie, le couvreur est parti.", "2024-06-02", "Paul Morel")
    shelf.put("notes.txt", "La toiture coûte cher, dit le couvreur.", "2024-03-20")
    for number in range(5):
        shelf.put(f"autre{number}.txt", f"{FILLING} Numéro {number}.", "2022-05-05")
    yield shelf
    shelf.database.close()


def test_what_the_question_says_of_documents_binds_and_is_told(shelf: Shelf) -> None:
    found = shelf.search("dans mes courriels de mars 2024, que dit-on de la toiture ?")
    assert [result.uri for result in found.results] == ["mars.eml"]
    assert found.understood.only.kinds == {"mail"}
    assert found.understood.words == "que dit-on de la toiture ?"
    assert not found.understood.widened


def test_everywhere_takes_all_of_it_as_words(shelf: Shelf) -> None:
    found = shelf.search("dans mes courriels de mars 2024, que dit-on de la toiture ?", everywhere=True)
    assert {"mars.eml", "juin.eml", "notes.txt"} <= {result.uri for result in found.results}
    assert found.understood.only == Filter()


def test_what_the_caller_binds_holds_beside_it(shelf: Shelf) -> None:
    assert shelf.uris("toiture", only=Filter(kinds=frozenset({"text"}))) == ["notes.txt"]
    assert shelf.uris("mes courriels sur la toiture", only=Filter(kinds=frozenset({"text"}))) == ["notes.txt"]
    assert shelf.uris("toiture", only=Filter(since="2024-06-01")) == ["juin.eml"]
    assert shelf.uris("toiture", only=Filter(sources=frozenset({"none"}))) == []
    assert shelf.uris("toiture", only=Filter(languages=frozenset({"de"}))) == []


def test_where_nothing_is_found_the_whole_library_answers_and_says_so(shelf: Shelf) -> None:
    found = shelf.search("dans mes PDF de 2019, la toiture")
    assert len(found.results) == 3
    assert found.understood.widened


def test_a_person_binds_when_the_library_knows_one(shelf: Shelf) -> None:
    assert shelf.uris("courriels de Marie sur la toiture") == ["mars.eml"]
    assert shelf.search("courriels de Gontran sur la toiture").understood.only.people == frozenset()
    assert set(shelf.uris("courriels de Gontran sur la toiture")) == {"mars.eml", "juin.eml"}


def test_a_file_binds_by_its_name(shelf: Shelf) -> None:
    assert shelf.uris("que dit notes.txt de la toiture ?") == ["notes.txt"]
    assert set(shelf.uris("que dit inconnu.txt de la toiture ?")[:3]) == {"mars.eml", "juin.eml", "notes.txt"}


def test_without_words_the_newest_documents_are_shown(shelf: Shelf) -> None:
    assert shelf.uris("mes courriels") == ["juin.eml", "mars.eml"]
    assert shelf.uris("le dernier courriel de Marie") == ["mars.eml"]


def test_the_newest_comes_first_when_it_is_asked(shelf: Shelf) -> None:
    for month in range(1, 7):
        shelf.put(f"f{month}.txt", f"Facture d'eau du mois {month}.", f"2025-{month:02}-10")
    assert shelf.search("la dernière facture d'eau").understood.latest
    assert shelf.uris("la dernière facture d'eau")[:3] == ["f6.txt", "f5.txt", "f4.txt"]
    scores = [result.score for result in shelf.search("la dernière facture d'eau").results]
    assert scores == sorted(scores, reverse=True)
    assert not shelf.search("facture d'eau").understood.latest


def test_a_passage_that_stands_in_several_documents_is_shown_once(shelf: Shelf) -> None:
    shelf.put("copie.txt", "La toiture coûte cher,  dit le couvreur.")
    found = shelf.search("la toiture coûte cher")
    first = found.results[0]
    assert {first.uri, *(copy.uri for copy in first.copies)} == {"notes.txt", "copie.txt"}
    assert len(found.results) == 3


@pytest.mark.parametrize(
    ("typed", "taken"), [("toitrue", "toiture"), ("toitture", "toiture"), ("couvrreur", "couvreur"), ("toutoure", "")]
)
def test_a_slip_is_forgiven_and_told(shelf: Shelf, typed: str, taken: str) -> None:
    found = shelf.search(typed)
    assert dict(found.understood.spelling) == ({typed: taken} if taken else {})
    assert bool(found.results) is bool(taken)


def test_a_word_that_is_known_is_never_touched(shelf: Shelf) -> None:
    shelf.put("toitures.txt", "Toitura est le nom du bateau.")
    assert not shelf.search("toitura").understood.spelling
    assert not shelf.search("qwertyuiop zzzzzz 1234567").understood.spelling


def test_a_meaning_is_found_within_a_scope_too(tmp_path: Path) -> None:
    embedder = GroupEmbedder()
    shelf = Shelf(tmp_path / "hameau.db")
    shelf.library = Library(shelf.database, lambda: embedder)
    shelf.put("a.eml", "Le matou dort.")
    shelf.put("b.txt", "Un félin passe.")
    tasks = shelf.library.passages_without_vectors(embedder.id, 10)
    vectors = embedder.embed_passages([task.text for task in tasks])
    shelf.library.write_vectors(embedder.id, [task.passage_id for task in tasks], vectors)
    assert shelf.uris("dans mes courriels, le chat") == ["a.eml"]
    assert shelf.search("le chat").embedder == embedder.id
    shelf.database.close()


def test_all_spellings_one_slip_away_are_one_slip_away() -> None:
    made = list(slips("toit"))
    assert len(made) == len(set(made))
    assert all(distance(one, "toit", 2) == 1 for one in made)
    assert {"tois", "tot", "toitt", "otit"} <= set(made)
    assert distance("toiture", "voitures", 2) == 2
    assert distance("toiture", "mairie", 2) > 2
