"""Which questions lean on the one before."""

from __future__ import annotations

import pytest

from hameau.assistant.followup import leans_on, make_whole


@pytest.mark.parametrize(
    "question",
    [
        "Et pour les non-adhérents ?",
        "et en hiver ?",
        "Combien coûte-t-elle ?",
        "Pourquoi ?",
        "Où est-il né ?",
        "And for children?",
        "What about non-members?",
    ],
)
def test_leans_on_the_question_before(question: str) -> None:
    assert leans_on(question)


@pytest.mark.parametrize(
    "question",
    [
        "Combien coûte l'adhésion pour les habitants ?",
        "Qui est le président de l'association ?",
        "Où est né Camille Dubreuil ?",
        "Quels sont les horaires d'ouverture du moulin en été ?",
        "When was the mill restored?",
    ],
)
def test_stands_alone(question: str) -> None:
    assert not leans_on(question)


def test_a_chain_goes_back_to_the_question_that_stands_alone() -> None:
    earlier = ["Qui répare la roue ?", "Combien coûte l'adhésion pour les habitants ?", "Et pour les enfants ?"]
    whole = make_whole("Et pour les non-adhérents ?", earlier)
    assert whole == "Combien coûte l'adhésion pour les habitants ? Et pour les enfants ? Et pour les non-adhérents ?"


def test_without_a_conversation_nothing_changes() -> None:
    assert make_whole("Et pour les enfants ?", []) == "Et pour les enfants ?"
