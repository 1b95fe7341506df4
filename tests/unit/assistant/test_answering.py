"""Which quotes a sentence cites."""

from __future__ import annotations

from hameau.assistant.answering import Composition
from hameau.assistant.evidence import Quote
from hameau.library import Locator, SearchResult


def quote(text: str, number: int, score: float, title: str = "Règlement") -> Quote:
    passage = SearchResult(number, number, title, f"/{number}", f"Avant. {text}", Locator(0, 7 + len(text)), 1.0)
    return Quote(passage, 0, 7, text, score, score)


FEE = quote("L'adhésion coûte 12 € pour les habitants.", 1, 1.0)
OTHER = quote("Les non-adhérents paient 5 € la visite.", 2, 0.8)
FAR = quote("La roue mesure quatre mètres.", 3, 0.1)


def compose(question: str = "Combien coûte l'adhésion ?") -> Composition:
    return Composition(question, [FEE, OTHER, FAR])


def test_a_wrong_marker_is_corrected_by_what_the_quote_holds() -> None:
    sentence = compose().add_said("Les non-adhérents paient 5 €. [3]")
    assert sentence is not None
    composition = compose()
    said = composition.add_said("Les non-adhérents paient 5 €. [3]")
    assert said is not None
    assert [citation.quote for citation in composition.citations_of(said)] == [OTHER.text]
    assert said.supported


def test_the_best_quote_is_number_one_and_the_others_follow_as_cited() -> None:
    composition = compose()
    composition.add_said("La roue mesure quatre mètres.")
    composition.add_said("L'adhésion coûte 12 €.")
    assert [(c.number, c.quote) for c in composition.citations()] == [(1, FEE.text), (2, FAR.text)]


def test_nothing_but_markers_is_no_sentence() -> None:
    assert compose().add_said(" [1] [2]. ") is None


def test_a_sentence_from_nowhere_cites_nothing() -> None:
    sentence = compose().add_said("Napoléon perdit Waterloo.")
    assert sentence is not None
    assert sentence.citations == ()
    assert not sentence.supported


def test_the_verbatim_sentences_are_the_best_and_the_cited() -> None:
    composition = compose()
    composition.add_said("La roue mesure quatre mètres.")
    assert [sentence.text for sentence in composition.add_verbatim(2)] == [FEE.text, FAR.text]


def test_right_figures_of_the_wrong_thing_are_doubtful() -> None:
    composition = compose()
    sentence = composition.add_said("La roue mesure quatre mètres.")
    assert sentence is not None
    assert not sentence.supported
    assert "closer" in sentence.doubt


def test_a_far_sentence_is_not_added() -> None:
    assert [sentence.text for sentence in compose().add_verbatim(3)] == [FEE.text, OTHER.text]


def test_the_text_says_all_of_it() -> None:
    composition = compose()
    composition.add_said("L'adhésion coûte 12 €.")
    composition.add_verbatim(1)
    assert composition.text() == "L'adhésion coûte 12 €. [1]\n\n« L'adhésion coûte 12 € pour les habitants. » [1]"
