from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hameau.library.fusion import WEIGHTS, Fit
from hameau.library.rerank import Sought, asked_terms, score

SAME = Fit(0.5, 0.5)


def sought(question: str) -> Sought:
    stems, written, names = asked_terms(question, ["fr"])
    return Sought(dict.fromkeys(stems, 2.0), dict.fromkeys(written, 2.0), dict.fromkeys(names, 2.0))


def best(question: str, *texts: str) -> str:
    return max(texts, key=lambda text: score(sought(question), SAME, text, "fr", WEIGHTS))


def test_all_the_words_weigh_more_than_one_word_often() -> None:
    whole = "Le prix du loyer de la salle est de 30 euros."
    assert best("prix du loyer de la salle", "Un loyer, un loyer, encore un loyer, toujours le loyer.", whole) == whole


def test_a_name_in_the_question_weighs_more() -> None:
    assert best("que dit le maire Durand ?", "Le maire Martin dit non.", "Durand, le maire, dit non.").startswith(
        "Durand"
    )
    assert asked_terms("Que dit Durand de l'Aveyron ?", ["fr"])[2] == ["=durand", "=aveyron"]


def test_a_word_of_the_same_family_is_half_of_it() -> None:
    none, family, word = "Un arbre vert.", "Le fondateur est là.", "La fondation est là."
    ranked = [score(sought("fondation"), SAME, text, "fr", WEIGHTS) for text in (none, family, word)]
    assert ranked == sorted(ranked)
    assert ranked[0] < ranked[1] < ranked[2]


@given(st.text(max_size=200), st.text(max_size=80), st.floats(0, 1), st.floats(0, 1))
def test_a_score_is_a_share(text: str, question: str, words: float, sense: float) -> None:
    assert 0.0 <= score(sought(question), Fit(words, sense), text, "fr", WEIGHTS) <= 1.0 + 1e-9
