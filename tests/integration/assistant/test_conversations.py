"""Conversations in a real database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hameau.assistant.conversations import Conversations, title_of
from hameau.assistant.export import export
from hameau.assistant.types import Answer, Citation, Question, Sentence
from hameau.kit import BadInput, NotFound
from hameau.library import Locator
from hameau.storage import Database

QUOTE = Citation(1, 5, 2, "Règlement", "/reglement.pdf", "L'adhésion coûte 12 €.", Locator(10, 32, page=3))
ANSWER = Answer(
    "Elle coûte 12 €. [1]",
    answered=True,
    sentences=(Sentence("Elle coûte 12 €.", (1,), supported=True), Sentence("Et 99 € ailleurs.", (), supported=False)),
    citations=(QUOTE,),
    model="m",
)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Conversations]:
    database = Database(tmp_path / "hameau.db")
    yield Conversations(database)
    database.close()


def test_a_first_question_begins_a_conversation(kept: Conversations) -> None:
    turn = kept.keep(Question("Combien coûte l'adhésion ?"), ANSWER)
    conversation = kept.get(turn.answer.conversation)
    assert (conversation.title, conversation.turns) == ("Combien coûte l'adhésion ?", 1)
    assert kept.turns(conversation.id) == [turn]


def test_the_next_question_goes_on_in_it(kept: Conversations) -> None:
    first = kept.keep(Question("Combien coûte l'adhésion ?"), ANSWER)
    kept.keep(Question("Et pour les enfants ?", conversation=first.answer.conversation), ANSWER)
    assert [turn.question.text for turn in kept.turns(first.answer.conversation)] == [
        "Combien coûte l'adhésion ?",
        "Et pour les enfants ?",
    ]
    assert len(kept.recent()) == 1


def test_search_folds_accents_and_reads_both_sides(kept: Conversations) -> None:
    wanted = kept.keep(Question("Où est l'école ?"), ANSWER).answer.conversation
    kept.keep(Question("Qui répare la roue ?"), Answer("Personne.", False, (), (), ""))
    assert [one.id for one in kept.recent(search="ecoles")] == [wanted]
    assert [one.id for one in kept.recent(search="12 €")] == [wanted]
    assert kept.recent(search="inexistant") == []
    assert kept.recent(search='" OR * NEAR(') == []


def test_deleting_leaves_nothing_to_find(kept: Conversations) -> None:
    gone = kept.keep(Question("Où est l'école ?"), ANSWER).answer.conversation
    kept.delete(gone)
    assert kept.recent(search="école") == []
    with pytest.raises(NotFound):
        kept.turns(gone)


def test_another_space_sees_nothing(kept: Conversations) -> None:
    mine = kept.keep(Question("Où est l'école ?"), ANSWER).answer.conversation
    assert kept.recent("elsewhere") == []
    for forbidden in (kept.get, kept.turns, kept.delete):
        with pytest.raises(NotFound):
            forbidden(mine, "elsewhere")


def test_renaming(kept: Conversations) -> None:
    one = kept.keep(Question("Où est l'école ?"), ANSWER).answer.conversation
    kept.rename(one, "  L'école \n du bourg ")
    assert kept.get(one).title == "L'école du bourg"
    with pytest.raises(BadInput):
        kept.rename(one, " ")


def test_markdown_marks_doubts_and_sources(kept: Conversations) -> None:
    one = kept.keep(Question("Combien ?"), ANSWER).answer.conversation
    text = export(kept.get(one), kept.turns(one), "markdown", "en")
    assert "Elle coûte 12 €.[^1]\n" in text
    assert "Et 99 € ailleurs. *(to be checked)*" in text
    assert "[^1]: Règlement, p. 3 (/reglement.pdf) — « L'adhésion coûte 12 €. »" in text


def test_json_holds_everything(kept: Conversations) -> None:
    one = kept.keep(Question("Combien ?"), ANSWER).answer.conversation
    data = json.loads(export(kept.get(one), kept.turns(one), "json"))
    assert data["turns"][0]["answer"]["citations"][0]["locator"]["page"] == 3
    with pytest.raises(BadInput):
        export(kept.get(one), kept.turns(one), "pdf")


def test_titles_end_at_a_word() -> None:
    assert title_of("Une question\nsur deux lignes") == "Une question"
    assert len(title_of("mot " * 100)) <= 81
    assert title_of("x" * 300).endswith("…")
