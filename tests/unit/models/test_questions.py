"""The scorer: exact, and fair to the ways in which people and models write the same thing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hameau.models.questions import Mark, Question, mark, questions, request_for, tally

PRICE = Question("prix", ("L'entrée coûte 1 240,50 €. La caution est de 60 €.",), "Combien ?", ("1 240,50",), ("60",))
TWO = Question("deux", ("Il faut deux tiers des voix.",), "Quelle majorité ?", ("deux tiers", "2/3"))
NOWHERE = Question("rien", ("Le chat dort.",), "Qui est le maire ?", ())


@pytest.mark.parametrize(
    ("question", "answer", "verdict"),
    [
        (PRICE, "L'entrée coûte 1240,50 €.", "right"),
        (PRICE, "**1 240,50 euros**", "right"),
        (PRICE, "1240.50", "right"),
        (PRICE, "Elle coûte 1 240,50 €, et la caution 60 €.", "wrong"),
        (PRICE, "Elle coûte 21 240,50 €.", "wrong"),
        (PRICE, "Elle coûte 240,50 €.", "wrong"),
        (PRICE, "Je ne sais pas.", "silent"),
        (TWO, "Les DEUX TIERS des membres.", "right"),
        (TWO, "2/3", "right"),
        (NOWHERE, "Je ne sais pas.", "right"),
        (NOWHERE, "Les extraits ne donnent pas cette information.", "right"),
        (NOWHERE, "Les extraits n’indiquent pas son nom.", "right"),
        (NOWHERE, "Le nom du maire n'est pas précisé dans les extraits.", "right"),
        (NOWHERE, "Aucune information n'est donnée.", "right"),
        (NOWHERE, "Le maire est le chat.", "invented"),
        (NOWHERE, "", "invented"),
    ],
)
def test_verdicts(question: Question, answer: str, verdict: Mark) -> None:
    assert mark(question, answer) == verdict


def test_marks_are_counted() -> None:
    score = tally(["right", "right", "wrong", "silent", "invented"])
    assert (score.asked, score.right, score.wrong, score.silent, score.invented) == (5, 2, 1, 1, 1)


def test_the_questions_are_what_they_say() -> None:
    found = questions()
    assert len({one.id for one in found}) == len(found) == 24
    assert sum(not one.accepts for one in found) == 6
    for one in found:
        for form in one.accepts:
            assert mark(one, f"C'est {form}.") == "right", one.id
        for form in one.refuses:
            assert mark(one, f"C'est {form}.") == "wrong", one.id
        if not one.accepts:
            assert all(mark(one, passage) == "invented" for passage in one.passages), one.id


def test_a_question_is_asked_the_same_way_each_time() -> None:
    request = request_for(TWO)
    assert request.temperature == 0
    assert TWO.passages[0] in request.messages[-1].content
    assert request == request_for(TWO)


@given(st.text(max_size=200))
def test_no_answer_whatever_makes_it_stumble(answer: str) -> None:
    assert mark(PRICE, answer) in ("right", "wrong", "silent")
    assert mark(NOWHERE, answer) in ("right", "invented")
