"""Which words an archive is asked for, and which articles are worth reading."""

from __future__ import annotations

from hameau.library.archives.asking import Word, candidates, weighed, words_of
from hameau.library.archives.types import Named


class IndexInMemory:
    """Articles by their words, all of which must stand in one; as an archive's own index answers."""

    def __init__(self, articles: dict[str, str]) -> None:
        self.articles = {
            path: text.lower().replace(",", " ").replace(".", " ").split() for path, text in articles.items()
        }
        self.asked: list[str] = []

    def count(self, words: str) -> int:
        return len(self.holding(words, 1000))

    def holding(self, words: str, most: int) -> list[str]:
        self.asked.append(words)
        return [path for path, held in self.articles.items() if all(word in held for word in words.split())][:most]

    def titled(self, words: str, most: int) -> list[Named]:
        return [Named(path, path) for path in self.articles if words.lower() in path.lower()][:most]

    def title(self, path: str) -> str:
        return path


TOWN = {
    "moulin": "le moulin fut bâti par le meunier anselme",
    "pont": "le pont fut bâti sur la rivière",
    "école": "l'école du village est près du pont",
    "mairie": "le maire du village habite la mairie",
}


def test_elisions_stop_words_and_question_words_are_not_asked_for() -> None:
    assert [word for word, _stems in words_of("Qu'est-ce que l'école d’Anselme, aujourd'hui ?", "fr")] == [
        "école",
        "anselme",
        "aujourd'hui",
    ]


def test_the_telling_words_come_first_and_missing_ones_last() -> None:
    words = weighed("le village du meunier de Pontoise", "fr", IndexInMemory(TOWN), 4)
    assert [word.asked for word in words] == ["meunier", "village", "pontoise"]
    assert words[-1].weight > words[0].weight > words[1].weight


def test_an_index_that_holds_elided_words_is_asked_for_those_too() -> None:
    index = IndexInMemory({"a": "l'école", "b": "d'école", "c": "école"})
    words = weighed("Où est l'école ?", "fr", index, 3)
    assert [(word.asked, word.elided) for word in words] == [("école", ("l'école", "d'école"))]
    assert set(candidates("école", words, index, lambda _: True)) == {"a", "b", "c"}


def test_articles_that_hold_more_of_the_question_come_first() -> None:
    index = IndexInMemory(TOWN)
    words = weighed("Qui est le meunier du moulin près du pont ?", "fr", index, 4)
    found = candidates(
        "Qui est le meunier du moulin près du pont ?", words, index, lambda word: index.count(word.asked) > 0
    )
    assert next(iter(found)) == "moulin"
    assert "école" in found and "mairie" not in found


def test_an_article_named_in_the_question_is_found_by_its_title() -> None:
    index = IndexInMemory({"Anselme Lenoir": "un homme du pays", "autre": "rien"})
    words = [Word("anselme", ("anselm",), 2.0), Word("lenoir", ("lenoir",), 2.0)]
    assert list(candidates("Qui était Anselme Lenoir ?", words, index, lambda _: False)) == []
    assert "Anselme Lenoir" in candidates("Qui était donc Anselme Lenoir ?", words, index, lambda _: True)


def test_a_question_of_nothing_but_stop_words_asks_nothing() -> None:
    index = IndexInMemory(TOWN)
    assert weighed("Qui est-ce ?", "fr", index, 4) == []
    assert candidates("Qui est-ce ?", [], index, lambda _: True) == {}
    assert index.asked == []
