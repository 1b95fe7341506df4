"""What answers took from a forgotten document goes from the answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hameau.assistant import Answer, Citation, Question, Sentence, forget_in_answers
from hameau.assistant.conversations import Conversations
from hameau.assistant.forgetting import rests_on, without
from hameau.library import Extracted, Item, Library, Locator, SearchResult
from hameau.storage import Database

PLACE = Locator(0, 10)


def citation(number: int, document_id: int, quote: str) -> Citation:
    return Citation(number, 1, document_id, f"Titre {document_id}", f"/{document_id}.txt", quote, PLACE)


def answer(ours: int, other: int) -> Answer:
    return Answer(
        "Zorglub vit ici. [1] La cotisation est de 12 €. [2] Il est sans doute vieux.\n\n« Zorglub vit à Rouen. » [1]",
        answered=True,
        sentences=(
            Sentence("Zorglub vit ici.", (1,), supported=True),
            Sentence("La cotisation est de 12 €.", (2,), supported=True),
            Sentence("Zorglub est sans doute vieux.", (), supported=False),
            Sentence("Zorglub vit à Rouen.", (1,), supported=True, verbatim=True),
        ),
        citations=(citation(1, ours, "Zorglub vit à Rouen."), citation(2, other, "La cotisation est de 12 €.")),
        model="m",
        nearest=(SearchResult(9, ours, "Zorglub", "/z", "Zorglub", PLACE, 1.0),),
    )


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "hameau.db")
    yield database
    database.close()


@pytest.fixture
def library(database: Database) -> Library:
    return Library(database, forget_answers=forget_in_answers)


def two_documents(library: Library) -> tuple[int, int]:
    source = library.add_source("folder", "/papiers")
    items = [Item(f"/papiers/{name}", name, 5, "2026-01-01T00:00:00Z", name) for name in ("a", "b")]
    begun = library.begin_documents(source.id, items)
    for document in begun:
        library.write_document(document.id, Extracted(f"Mots de {document.title}."), document.title)
    return begun[0].id, begun[1].id


def test_only_what_rests_on_it_goes() -> None:
    kept = without(answer(1, 2), {1})
    assert [sentence.citations for sentence in kept.sentences] == [(), (2,), ()]
    assert [one.document_id for one in kept.citations] == [2]
    assert kept.nearest == ()
    assert "Zorglub" not in repr(kept)
    assert "La cotisation est de 12 €. [2]" in kept.answer
    assert rests_on(kept) == [2]
    assert without(answer(1, 2), {3}) == answer(1, 2)


def test_it_goes_with_the_document(database: Database, library: Library) -> None:
    kept = Conversations(database)
    ours, other = two_documents(library)
    turn = kept.keep(Question("Où vit-il ?"), answer(ours, other))
    shown = kept.keep(Question("Et la cotisation ?"), replace(answer(other, other), nearest=()))
    assert kept.recent(search="Zorglub Rouen")
    library.forget_document(ours)
    (after,) = kept.turns(turn.answer.conversation)
    assert "Zorglub" not in repr(after)
    assert after.answer.answered
    assert kept.turns(shown.answer.conversation)[0].answer == shown.answer
    assert [one.id for one in kept.recent(search="Zorglub Rouen")] == [shown.answer.conversation]
    assert len(kept.recent(search="cotisation")) == 2
    library.forget_document(other)
    library.erasing.finish()
    assert b"Zorglub" not in database.path.read_bytes()
    assert b"zorglub" not in database.path.read_bytes()


def test_a_title_made_of_a_document_goes_too(database: Database, library: Library) -> None:
    kept = Conversations(database)
    ours, _ = two_documents(library)
    one = replace(answer(ours, ours), nearest=())
    turn = kept.keep(Question("", task="summary", document_id=ours), one, "fr")
    assert f"Titre {ours}" in kept.get(turn.answer.conversation).title
    library.forget_document(ours)
    assert f"Titre {ours}" not in kept.get(turn.answer.conversation).title


def test_a_document_that_goes_while_it_is_quoted(database: Database, library: Library) -> None:
    ours, other = two_documents(library)
    late = answer(ours, other)
    library.forget_document(ours)
    turn = Conversations(database).keep(Question("Où vit-il ?"), late)
    assert "Zorglub" not in repr(turn.answer)


def test_a_deleted_conversation_leaves_no_byte(database: Database, library: Library) -> None:
    kept = Conversations(database)
    turn = kept.keep(Question("Où vit Zorglub ?"), answer(1, 2))
    kept.delete(turn.answer.conversation)
    library.erasing.finish()
    content = database.path.read_bytes()
    assert b"orglub" not in content
