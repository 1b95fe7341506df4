"""The sentences that matter, out of passages."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hameau.assistant.evidence import QUOTE_CHARACTERS, rank_quotes, within_budget
from hameau.library import Locator, SearchResult, terms


def result(text: str, title: str = "", number: int = 1, start: int = 0) -> SearchResult:
    return SearchResult(number, number, title, f"/{number}", text, Locator(start, start + len(text)), 1.0)


def weights(*texts: str) -> dict[str, float]:
    return {term: 1.0 for text in texts for term in terms(text)}


QUESTION = "Combien coûte l'adhésion pour les non-adhérents ?"


def test_the_sentence_that_answers_comes_first() -> None:
    passage = result(
        "Le moulin date de 1782. L'adhésion coûte 12 € par an, et la visite 5 € pour les non-adhérents. La roue tourne en mai."
    )
    quotes = rank_quotes(QUESTION, [passage], weights(QUESTION))
    assert quotes[0].text.startswith("L'adhésion coûte")
    assert quotes[0].cover > quotes[1].cover


def test_a_quote_knows_where_it_stands() -> None:
    text = "Première phrase sans rien. L'adhésion coûte 12 €."
    passage = result(text, start=100)
    quote = rank_quotes(QUESTION, [passage], weights(QUESTION))[0]
    assert text[quote.start - 100 :].startswith(quote.text)
    assert (quote.locator.start, quote.locator.end) == (quote.start, quote.start + len(quote.text))


def test_headings_are_no_quotes() -> None:
    quotes = rank_quotes(
        QUESTION, [result("# L'adhésion des non-adhérents coûte\n\nElle est de 5 €.")], weights(QUESTION)
    )
    assert [quote.text for quote in quotes] == ["Elle est de 5 €."]


def test_a_sentence_that_stands_twice_is_taken_once() -> None:
    quotes = rank_quotes(
        QUESTION, [result("L'adhésion coûte 12 €.", number=1), result("L'adhésion coûte 12 €.", number=2)], {}
    )
    assert len(quotes) == 1


def test_the_budget_leaves_at_least_one() -> None:
    quotes = rank_quotes(QUESTION, [result("L'adhésion coûte 12 €. Une autre phrase ici.")], weights(QUESTION))
    assert len(within_budget(quotes, 1, 5)) == 1
    assert len(within_budget(quotes, 10_000, 1)) == 1


@given(st.text(max_size=3000), st.text(max_size=60))
def test_every_quote_is_a_piece_of_its_passage(text: str, question: str) -> None:
    for quote in rank_quotes(question, [result(text)], weights(question)):
        assert text[quote.start : quote.start + len(quote.text)] == quote.text
        assert len(quote.text) <= QUOTE_CHARACTERS


def test_sentences_side_by_side_become_one_quote() -> None:
    text = "L'adhésion des non-adhérents coûte 20 €. Elle se paie en mars.\n\nL'adhésion coûte 12 €."
    chosen = within_budget(rank_quotes(QUESTION, [result(text)], weights(QUESTION)), 1000, 5)
    assert [quote.text for quote in chosen] == [
        "L'adhésion des non-adhérents coûte 20 €. Elle se paie en mars.",
        "L'adhésion coûte 12 €.",
    ]


def test_a_title_alone_is_no_quote() -> None:
    quotes = rank_quotes(
        "Qui est Camille Dubreuil ?", [result("Camille Dubreuil\n\nElle préside.", "Camille Dubreuil")], {}
    )
    assert [quote.text for quote in quotes] == ["Elle préside."]


def test_a_heading_without_marks_comes_after_what_it_heads() -> None:
    text = "Pannes et codes d'erreur\n\nE4 : il manque de l'eau dans le circuit.\n\nE5 : le capteur est sale."
    asked = "Que signifie le code d'erreur E4 de la chaudière ?"
    assert rank_quotes(asked, [result(text, "Notice de la chaudière")], weights(asked))[0].text.startswith("E4")
