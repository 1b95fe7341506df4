"""Conversations in a real database."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
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
    assert "Elle coûte 12 €.[^1-1]\n" in text
    assert "Et 99 € ailleurs. *(to be checked)*" in text
    assert "[^1-1]: Règlement, p. 3 (/reglement.pdf) — « L'adhésion coûte 12 €. »" in text


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


def test_a_renamed_conversation_is_found_by_its_title(kept: Conversations) -> None:
    one = kept.keep(Question("Où est l'école ?"), ANSWER).answer.conversation
    kept.rename(one, "Préparer la rentrée")
    assert [found.id for found in kept.recent(search="preparer rentrées")] == [one]
    assert kept.recent("elsewhere", "rentrée") == []


def test_what_has_no_question_is_titled_all_the_same(kept: Conversations) -> None:
    summary = kept.keep(Question("", task="summary", document_id=2), ANSWER)
    assert kept.get(summary.answer.conversation).title == "Résumé : Règlement"
    letter = kept.keep(Question("", task="draft", template="\nMadame,\nle repas coûte {{prix}}."), ANSWER)
    assert kept.get(letter.answer.conversation).title == "Madame,"
    assert [one.id for one in kept.recent(search="repas")] == [letter.answer.conversation]


def test_footnotes_of_two_turns_are_told_apart(kept: Conversations) -> None:
    one = kept.keep(Question("Combien ?"), ANSWER).answer.conversation
    kept.keep(Question("Et ailleurs ?", conversation=one), ANSWER)
    text = export(kept.get(one), kept.turns(one), "markdown")
    labels = re.findall(r"^\[\^([\d-]+)\]:", text, re.MULTILINE)
    assert labels == ["1-1", "2-1"]


def test_a_document_cannot_write_markdown_into_the_export(kept: Conversations) -> None:
    words = "# Voir [ici](https://pirate.example) <script>alert(1)</script> ![x](y)"
    hostile = Answer("", True, (Sentence(words, (1,), True, verbatim=True),), (replace(QUOTE, quote=words),), "m")
    one = kept.keep(Question("Où ?"), hostile).answer.conversation
    text = export(kept.get(one), kept.turns(one), "markdown")
    assert "](" not in text.replace("\\](", "")
    assert "<script>" not in text.replace("\\<script", "")
    assert "\n# Voir" not in text


def test_a_filled_letter_is_exported_whole(kept: Conversations) -> None:
    question = Question("", task="draft", template="Bonjour,\nle repas coûte {{prix}} le {{jour}}.\nCordialement")
    letter = "Bonjour,\nle repas coûte 12 € [1] le [à compléter : jour].\nCordialement"
    said = (Sentence("prix : 12 €", (1,), True), Sentence("jour", (), False))
    one = kept.keep(question, Answer(letter, True, said, (QUOTE,), "m")).answer.conversation
    text = export(kept.get(one), kept.turns(one), "markdown")
    assert "le repas coûte 12 € [^1-1] le \\[à compléter : jour\\]." in text
    assert "Cordialement" in text
    assert "- jour *(à vérifier)*" in text
