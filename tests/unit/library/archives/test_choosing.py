"""The best passages of the best articles."""

from __future__ import annotations

from hameau.library.archives.asking import Word
from hameau.library.archives.choosing import best, cut
from hameau.library.archives.types import Article

WORDS = [Word("meunier", ("meuni",), 3.0), Word("1742", ("1742",), 4.0)]


def article(path: str, text: str) -> Article:
    return Article(path, path.capitalize(), text, ())


def test_the_passage_that_holds_the_question_is_first_and_its_place_is_right() -> None:
    text = (
        "# Moulin\n\n"
        + "La rivière coule au pied du bourg. " * 30
        + "\n\nUn meunier le bâtit en 1742.\n\n"
        + "Autre chose. " * 60
    )
    articles = {"moulin": article("moulin", text), "pont": article("pont", "Le meunier passe le pont. " * 20)}
    hits = best({"pont": 1.0, "moulin": 0.9}, WORDS, lambda path: cut(articles[path], "fr"), 4)
    assert "1742" in hits[0].text and hits[0].path == "moulin"
    assert text[hits[0].start : hits[0].start + len(hits[0].text)] == hits[0].text
    assert all(0.0 <= hit.fit <= 1.0 for hit in hits)


def test_what_holds_no_word_and_what_is_gone_is_no_hit() -> None:
    articles = {"a": article("a", "Rien de tel ici."), "b": None}
    hits = best({"a": 1.0, "b": 1.0}, WORDS, lambda path: cut(one, "fr") if (one := articles[path]) else None, 4)
    assert hits == ()


def test_a_page_that_is_reached_by_two_names_is_read_once() -> None:
    one = article("moulin", "Le meunier vit là depuis 1742.")
    hits = best({"moulin": 1.0, "le moulin": 0.9}, WORDS, lambda _: cut(one, "fr"), 4)
    assert len(hits) == 1
