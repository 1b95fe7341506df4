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
        "Et qui est le trésorier ?",
        "Et comment s'inscrire ?",
        "Quel tarif paie-t-il ?",
        "Que fait-il à la fête ?",
        "À quelle heure commence-t-elle ?",
        "Et quand est-il ouvert aux écoles ?",
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
        "Et où est la clé du four ?",
        "Combien de bénévoles faut-il pour la fête ?",
        "Y a-t-il un parking pour les cars ?",
        "Est-il interdit de fumer dans la salle ?",
        "Quand le lavoir a-t-il été rénové ?",
        "À quelle heure la visite guidée commence-t-elle ?",
        "L'association prête-t-elle des outils ?",
        "Et qui est le nouveau trésorier ?",
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
