"""Which words bring passages in when there are too many hits to score them all."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hameau.library.textindex import Budget, any_of, plan

BUDGET = Budget(scored=100, scored_at_most=300, walked=1_000)
COUNTS = st.dictionaries(st.text("abcdef", min_size=1, max_size=4), st.integers(0, 2_000), min_size=1)


def test_the_rare_word_brings_in_and_the_common_one_adds() -> None:
    planned = plan(["moulin", "commune"], {"moulin": 90, "commune": 900}, 10, BUDGET)
    assert (planned.telling, planned.common) == (["moulin"], ["commune"])


def test_a_pair_is_looked_for_when_its_words_are() -> None:
    planned = plan(["moulin", "commune", "moulin commune"], {"moulin": 90, "commune": 900}, 10, BUDGET)
    assert list(planned.telling) == ["moulin", "moulin commune"]


def test_more_is_scored_while_too_little_was_found() -> None:
    planned = plan(["un", "deux"], {"un": 3, "deux": 250}, 10, BUDGET)
    assert planned.telling == ["un", "deux"]


def test_words_that_stand_nearly_everywhere_bring_nothing_in() -> None:
    planned = plan(["le", "la"], {"le": 5_000, "la": 6_000}, 10, BUDGET)
    assert (list(planned.telling), planned.common) == ([], ["le"])


@given(COUNTS, st.integers(1, 50))
def test_no_plan_is_more_work_than_it_may_be(counts: dict[str, int], depth: int) -> None:
    planned = plan(list(counts), counts, depth, BUDGET)
    assert sum(counts[word] for word in planned.telling) <= BUDGET.scored_at_most
    assert sum(counts[word] for word in planned.common) <= (BUDGET.walked if planned.telling else 2_000 + BUDGET.walked)
    assert {word for word, count in counts.items() if not count} <= {*planned.telling, *planned.common}


def test_nothing_in_a_word_is_an_operator() -> None:
    assert any_of(['say "hi"', "a OR b"]) == '"say ""hi""" OR "a OR b"'
