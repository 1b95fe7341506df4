"""What is proposed to leave for the web: the question's own words, without what belongs to one's documents."""

from __future__ import annotations

from datetime import date

import pytest

from hameau.assistant.leaving import LONGEST, web_question

TODAY = date(2026, 3, 14)


@pytest.mark.parametrize(
    ("question", "proposed"),
    [
        ("Quand le four banal a-t-il été aboli ?", "Quand le four banal a-t-il été aboli"),
        ("  Qui\n a inventé   le zip ?", "Qui a inventé le zip"),
        ("Que disent mes courriels de mars sur la taxe foncière ?", "Que disent sur la taxe foncière"),
        ("Le prix du pain dans le fichier budget-2025.ods", "Le prix du pain"),
        ("Écrire à marie.durand@example.org au sujet du gaz", "Écrire à au sujet du gaz"),
        ("À qui est le 06 12 34 56 78 ?", "À qui est"),
        ("Virement sur FR76 3000 6000 0112 3456 7890 189 refusé", "Virement sur refusé"),
        ("Que veut dire /srv/notes/ada.txt en binaire", "Que veut dire en binaire"),
        ("Population de la France en 1946 et en 2021", "Population de la France en 1946 et en 2021"),
        ('"pain d\'épices" recette', '"pain d\'épices" recette'),
        ("?", ""),
    ],
)
def test_only_what_the_web_needs(question: str, proposed: str) -> None:
    assert web_question(question, today=TODAY) == proposed


def test_a_follow_up_is_made_whole() -> None:
    assert web_question("Et en Italie ?", ["Quel est le prix du pain en France ?"], TODAY) == (
        "Quel est le prix du pain en France ? Et en Italie"
    )


def test_a_long_question_is_cut_at_a_word() -> None:
    proposed = web_question("farine " * 100, today=TODAY)
    assert len(proposed) <= LONGEST
    assert set(proposed.split()) == {"farine"}
