"""The checker against sentences that a small model gets wrong."""

from __future__ import annotations

import pytest

from hameau.assistant.checking import check_sentence, cover, numbers, stands_in

SOURCE = "L'adhésion coûte 12 € pour les habitants de Brévanne et 25 € pour les autres, payables le 1er mars 2024."


@pytest.mark.parametrize(
    ("sentence", "supported"),
    [
        ("L'adhésion coûte 12 € pour les habitants.", True),
        ("L'adhésion coûte 15 € pour les habitants.", False),
        ("L'adhésion coûte douze euros pour les habitants.", True),
        ("Elle se paie le 1er mars 2024.", True),
        ("Elle se paie le 1er avril 2024.", False),
        ("Elle se paie le 1er mars 2023.", False),
        ("Les habitants de Brévanne paient 12 €.", True),
        ("Les habitants de Rochefort paient 12 €.", False),
        ("Le moulin fut restauré par une équipe de bénévoles enthousiastes.", False),
    ],
)
def test_figures_dates_and_names_must_stand_in_the_source(sentence: str, supported: bool) -> None:
    assert check_sentence(sentence, [SOURCE, "Règlement intérieur"]).supported is supported


def test_the_doubt_names_what_is_missing() -> None:
    verdict = check_sentence("L'adhésion coûte 15 € à Rochefort.", [SOURCE])
    assert not verdict.supported
    assert "{missing}" in verdict.doubt
    assert verdict.missing == "15"


def test_words_of_the_question_need_no_source() -> None:
    assert check_sentence("Camille Dubreuil paie 12 €.", [SOURCE], "Combien paie Camille Dubreuil ?").supported


def test_a_sentence_without_any_source_is_never_supported() -> None:
    assert not check_sentence("Paris est la capitale de la France.", []).supported


def test_citation_markers_are_no_numbers() -> None:
    assert check_sentence("L'adhésion coûte 12 € [7].", [SOURCE]).supported


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("14 juillet 1789", {"14", "7", "1789"}),
        ("1 234,50 €", {"1234.5"}),
        ("1.234 habitants", {"1234"}),
        ("deux cents", {"200"}),
        ("mille neuf cent quatre-vingt-dix-sept", {"1997"}),
        ("vingt et un jours et trois nuits", {"21", "3"}),
        ("two hundred", {"200"}),
        ("un jour", set()),
        ("le 08/05", {"8", "5"}),
    ],
)
def test_numbers_have_one_spelling(text: str, values: set[str]) -> None:
    assert numbers(text) == values


def test_a_quote_stands_letter_for_letter() -> None:
    assert stands_in("12 € pour les habitants", SOURCE)
    assert not stands_in("12 euros pour les habitants", SOURCE)
    assert not stands_in("", SOURCE)


def test_cover_counts_stems() -> None:
    assert cover("les adhésions des habitants", SOURCE) == 1.0
    assert cover("", SOURCE) == 1.0


def test_cents_of_nothing_change_no_number() -> None:
    assert numbers("1 480,00 €") == numbers("1480 €") == {"1480"}
    assert numbers("4,20 m") == numbers("4,2 m") != numbers("42 m")
    assert numbers("0,50 €") == numbers("0,5 €")
    assert numbers("100") == {"100"}
