"""The words half of a search on a real index: what is saved when there are too many hits changes no score."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hameau.library import WEIGHTS, Extracted, Filter, Item, Library
from hameau.library.analysis import lookups
from hameau.library.scope import EVERYTHING, Scope, Scopes
from hameau.library.textindex import BUDGET, Budget, TextIndex
from hameau.storage import Database

HOUSES = 240
SMALL = Budget(scored=100, scored_at_most=300, walked=1_000)
RARE = ("moulin", "lavoir", "puits", "four")


class Village:
    """A note a house: « maison » stands in all of them, « commune » in every second, each of ``RARE`` in a few."""

    def __init__(self, path: Path) -> None:
        self.database = Database(path)
        library = Library(self.database)
        source = library.add_source("folder", "/").id
        for at in range(HOUSES):
            rare = " ".join(word for every, word in enumerate(RARE, 7) if at % (every * 3) == 0)
            text = f"Maison {at}. {rare} {'La commune' if at % 2 else 'Un voisin'} entretient {'la maison' * (1 + at % 3)}."
            document = library.begin_document(
                source, Item(f"{at}.txt", f"{at}.txt", 1, f"2026-01-{1 + at % 28:02}T00:00:00Z", "")
            )
            library.write_document(document.id, Extracted(text, language="fr" if at % 3 else "de"))

    def best(
        self, question: str, scope: Scope = EVERYTHING, budget: Budget = BUDGET, depth: int = 20
    ) -> dict[int, float]:
        with self.database.read() as session:
            return TextIndex(WEIGHTS, budget).candidates(session, lookups(question), scope, depth)


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    village = Village(tmp_path_factory.mktemp("words") / "hameau.db")
    yield village
    village.database.close()


@pytest.mark.parametrize(
    "question", ["le moulin de la commune", "lavoir, puits et maison", "four commune maison voisin"]
)
def test_what_is_brought_in_has_its_whole_score(village: Village, question: str) -> None:
    whole = village.best(question, depth=HOUSES)
    found = village.best(question, budget=SMALL)
    assert found
    for passage, score in found.items():
        assert score == pytest.approx(whole[passage])
    assert next(iter(found)) == next(iter(whole))


def test_a_word_that_is_too_common_is_left_out(village: Village) -> None:
    found = village.best("moulin maison", budget=replace(SMALL, scored_at_most=100, walked=10))
    assert set(found) == set(village.best("moulin"))


def test_words_that_stand_everywhere_still_find(village: Village) -> None:
    assert village.best("maison", budget=Budget(10, 30, 1_000))  # the newest, where no title has it


def test_a_filter_binds_before_the_best_are_chosen(village: Village) -> None:
    scope = Scopes(village.database).of(
        "home", Filter(languages=frozenset({"de"}), since="2026-01-05", until="2026-01-08")
    )
    with village.database.read() as session:
        allowed = {
            row[0]
            for row in session.tuples(
                "select p.id from passages p join documents d on d.id = p.document_id where d.language = 'de'"
                " and d.dated_at >= '2026-01-05' and d.dated_at < '2026-01-08'"
            )
        }
    assert allowed
    for budget in (BUDGET, SMALL):
        assert set(village.best("la maison de la commune", scope, budget, HOUSES)) == allowed


def test_no_word_finds_nothing(village: Village) -> None:
    assert village.best("") == {}
    assert village.best("zyzzyva", budget=Budget(1, 1, 1)) == {}
