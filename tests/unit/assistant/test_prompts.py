"""What the model is told, and its way of saying that it found nothing."""

from __future__ import annotations

import pytest

from hameau.assistant.prompts import answer_messages, could_be_not_found, says_not_found


@pytest.mark.parametrize(
    "text", ["INTROUVABLE", "Introuvable.", "« INTROUVABLE »", " introuvable [1]", "NOT FOUND", "[1] INTROUVABLE"]
)
def test_not_found_in_all_its_spellings(text: str) -> None:
    assert says_not_found(text)


@pytest.mark.parametrize("text", ["Le mot introuvable y figure.", "12 €", "Il est introuvable depuis 1998."])
def test_an_answer_is_an_answer(text: str) -> None:
    assert not says_not_found(text)


def test_the_beginning_is_held_back_until_it_is_known() -> None:
    assert could_be_not_found("")
    assert could_be_not_found("INT")
    assert could_be_not_found("[1] INT")
    assert not could_be_not_found("Inté")


def test_the_fixed_part_comes_first_and_never_changes() -> None:
    one = answer_messages("Où ?", (), (), "fr")
    two = answer_messages("Quand ?", ("Où ?",), (), "fr")
    assert one[0] == two[0]
    assert "Question précédente : Où ?" in two[1].content
    assert answer_messages("Where?", (), (), "en")[0].content.startswith("You answer")
