"""A question in one language over documents in another."""

from __future__ import annotations

from hameau.assistant.answering import Composition
from hameau.assistant.evidence import Quote
from hameau.assistant.foreign import crosses_languages, foreign_probability
from hameau.assistant.judging import CALIBRATED
from hameau.library import Locator, SearchResult

TEXT = "Le tarif est de 40 € pour les adhérents. Pour les non-adhérents, la journée coûte 90 €, et la caution est de 150 €."
ENGLISH = "How much does it cost to rent the room for non-members?"


def passage(similarity: float | None) -> SearchResult:
    return SearchResult(1, 1, "Règlement", "/r.md", TEXT, Locator(0, len(TEXT)), 1.0, similarity)


def test_the_languages_are_told_apart() -> None:
    assert crosses_languages(ENGLISH, [passage(0.86)])
    assert not crosses_languages("Combien coûte la location pour les non-adhérents ?", [passage(0.86)])
    assert not crosses_languages("Price room?", [passage(0.86)])
    assert not crosses_languages(ENGLISH, [])


def test_nearness_alone_decides() -> None:
    near, far = (foreign_probability([passage(cosine)], f"{CALIBRATED}-q4") for cosine in (0.86, 0.76))
    assert near is not None
    assert far is not None
    assert near > 0.9
    assert far < 0.1


def test_cosines_of_another_embedder_decide_nothing() -> None:
    assert foreign_probability([passage(0.86)], "other") is None
    assert foreign_probability([passage(None)], CALIBRATED) is None


def test_figures_are_checked_and_words_are_not() -> None:
    composition = Composition(ENGLISH, [Quote(passage(0.86), 0, 0, TEXT, 1.0, 0.0)], foreign=True)
    right = composition.add_said("It costs 90 € a day for non-members.")
    wrong = composition.add_said("It costs 75 € a day for non-members.")
    assert right is not None
    assert right.supported
    assert right.citations == (1,)
    assert wrong is not None
    assert not wrong.supported
