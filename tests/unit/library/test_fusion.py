from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from hameau.library.fusion import WEIGHTS, fuse

SCORES = st.dictionaries(st.integers(1, 50), st.floats(0.01, 30), max_size=30)
COSINES = st.dictionaries(st.integers(1, 50), st.floats(-1, 1), max_size=30)


def test_words_alone_answer_while_there_are_no_vectors() -> None:
    assert fuse({1: 2.0, 2: 5.0}, {}) == [(2, 1.0), (1, 0.4)]


def test_meaning_alone_answers_when_no_word_is_found() -> None:
    assert fuse({}, {1: 0.7, 2: 0.9}) == [(2, 1.0), (1, 0.0)]


def test_a_passage_good_in_both_comes_first() -> None:
    ranked = fuse({1: 10.0, 2: 9.0, 3: 1.0}, {2: 0.9, 3: 0.91, 4: 0.5, 1: 0.5})
    assert ranked[0][0] == 2


def test_a_passage_without_a_vector_yet_is_judged_by_its_words() -> None:
    assert fuse({1: 10.0, 2: 5.0}, {2: 0.9, 3: 0.5})[0][0] == 1


def test_the_share_decides() -> None:
    text, meaning = {1: 10.0, 2: 1.0}, {1: 0.1, 2: 0.9}
    assert fuse(text, meaning, replace(WEIGHTS, text=0.9))[0][0] == 1
    assert fuse(text, meaning, replace(WEIGHTS, text=0.1))[0][0] == 2


@given(SCORES, COSINES)
def test_every_candidate_is_ranked_once_and_scores_fall(text: dict[int, float], meaning: dict[int, float]) -> None:
    ranked = fuse(text, meaning)
    assert sorted(key for key, _ in ranked) == sorted(text.keys() | meaning.keys())
    scores = [score for _, score in ranked]
    assert scores == sorted(scores, reverse=True)
