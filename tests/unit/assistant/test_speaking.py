"""Sentences out of tokens."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from hameau.assistant.speaking import SentenceStream


def feed(text: str, size: int = 3) -> list[str]:
    stream = SentenceStream()
    said = [sentence for start in range(0, len(text), size) for sentence in stream.feed(text[start : start + size])]
    return said + stream.finish()


def test_sentences_come_whole_with_their_markers() -> None:
    said = feed("L'adhésion coûte 12 €. [1] Elle se paie en mars [2]. Voilà.")
    assert said == ["L'adhésion coûte 12 €. [1]", "Elle se paie en mars [2].", "Voilà."]


def test_an_abbreviation_ends_nothing() -> None:
    assert feed("M. Dubreuil préside. Il habite Brévanne.") == ["M. Dubreuil préside.", "Il habite Brévanne."]


def test_a_first_sentence_is_given_before_the_end() -> None:
    stream = SentenceStream()
    assert stream.feed("Le moulin ouvre en mai. Il ferme en octobre") == ["Le moulin ouvre en mai."]


@example("1\n1\n[1]1", 1)
@given(st.text(alphabet="ab .!?\n[1]«»é", max_size=80), st.integers(1, 7))
def test_nothing_is_lost_or_said_twice(text: str, size: int) -> None:
    said = "".join("".join(feed(text, size)).split())
    assert said == "".join(text.split())
