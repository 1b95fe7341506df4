"""What a card says of a passage: who wrote when, and no heading or mail field twice."""

from __future__ import annotations

from hameau.library import Locator, SearchResult
from hameau.server.pages.found import body, writer

MAIL = '# Toiture\n\nObjet : Re: Toiture\nDe : "Marie Lefèvre" <m@example.org>\nÀ : moi@example.org\nDate : Wed, 4 Mar 2026 09:12:00 +0000\n\nLe couvreur passe jeudi.\n'


def found(text: str, kind: str = "text", title: str = "Toiture") -> SearchResult:
    return SearchResult(1, 1, title, "/t", text, Locator(0, len(text), None, (title,)), 0.5, kind=kind)


def test_a_mail_is_told_by_its_writer_and_its_words() -> None:
    assert writer(found(MAIL, "mail")) == "Marie Lefèvre"
    assert body(found(MAIL, "mail")).strip() == "Le couvreur passe jeudi."


def test_a_later_passage_of_a_mail_says_no_writer() -> None:
    assert writer(found("Bien à vous.", "mail")) == ""
    assert body(found("Bien à vous.", "mail")) == "Bien à vous."


def test_other_texts_keep_all_but_the_heading_above_them() -> None:
    letter = "De : moi\nMerci."
    assert body(found(letter)) == letter
    assert writer(found(letter)) == ""
    assert body(found("# Toiture\n\n## Devis\nDix euros.")).strip() == "## Devis\nDix euros."


def test_a_passage_of_nothing_else_is_shown_as_it_stands() -> None:
    assert body(found("# Toiture\n")) == "# Toiture\n"
