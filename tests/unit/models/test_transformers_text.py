"""Whole signs, stop words, thoughts and calls, however the pieces fall."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hameau.models.engines.transformers_text import Decoder, Parts, Stops, call_of

ALPHABET = st.text("ab<think>/tool_call é€\n", max_size=60)


def of_bytes(tokens: Sequence[int]) -> str:
    return bytes(tokens).decode("utf-8", "replace")


def pieces(text: str, cuts: list[int]) -> list[str]:
    places = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return [text[start:end] for start, end in pairwise(places)]


@given(st.text(max_size=50))
def test_no_sign_is_cut(text: str) -> None:
    decoder = Decoder(of_bytes)
    said = [decoder.feed(byte) for byte in text.encode("utf-8", "replace")]
    assert "".join(said) == text.encode("utf-8", "replace").decode()
    assert not any("\ufffd" in piece for piece in said if "\ufffd" not in text)


@given(ALPHABET, st.lists(st.text("ab<", min_size=1, max_size=4), max_size=3), st.lists(st.integers(0, 60)))
def test_stop_words_end_it_wherever_they_are_cut(text: str, words: list[str], cuts: list[int]) -> None:
    stops = Stops(words)
    said = "".join([*(stops.feed(piece) for piece in pieces(text, cuts)), stops.feed("", last=True)])
    places = [text.find(word) for word in words if word in text]
    if stops.met:
        assert not any(word in said for word in words)
        assert text.startswith(said)
    else:
        assert said == text
        assert not places


@given(ALPHABET, st.lists(st.integers(0, 60)))
def test_nothing_is_lost_where_nothing_is_known(text: str, cuts: list[int]) -> None:
    parts = Parts(thinking=False, inside=False, tools=False)
    said = [part for piece in pieces(text, cuts) for part in parts.feed(piece)] + parts.feed("", last=True)
    assert "".join(piece for _, piece in said) == text
    assert {kind for kind, _ in said} <= {"text"}


@given(st.lists(st.integers(0, 200)))
def test_thoughts_and_calls_are_told_apart(cuts: list[int]) -> None:
    text = '<think>\nwell < then\n</think>\n\nHere: <tool_call>\n{"name": "f", "arguments": {"a": 1}}\n</tool_call>\nand <b>.'
    parts = Parts(thinking=True, inside=False, tools=True)
    said: dict[str, str] = {}
    for piece in pieces(text, cuts):
        for kind, words in parts.feed(piece):
            said[kind] = said.get(kind, "") + words
    for kind, words in parts.feed("", last=True):
        said[kind] = said.get(kind, "") + words
    assert said["reasoning"].strip() == "well < then"
    assert said["text"].strip() == "Here: and <b>."
    assert call_of(said["tool"]) == ("f", '{"a": 1}')


def test_a_thought_that_the_prompt_began() -> None:
    parts = Parts(thinking=True, inside=True, tools=False)
    assert parts.feed("so</think>\nyes") == [("reasoning", "so"), ("text", "yes")]


def test_nonsense_is_no_call() -> None:
    assert call_of("{") is None
    assert call_of("[1]") is None
    assert call_of('{"name": 3}') is None
    assert call_of('{"name": "f"}') == ("f", "{}")
