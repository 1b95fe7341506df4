"""How a recipe is laid under a request: it holds where the asker said nothing, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hameau.kit import BadInput
from hameau.models import GenerationRequest, Message, Recipe, context_of, fields_of, laid
from hameau.models.recipes import checked, over

ASKS = (Message("user", "Bonjour"),)
PIRATE = Recipe(system="Parle comme un pirate.", options={"temperature": 0.3, "num_predict": 7, "num_ctx": 512})


def test_a_recipe_fills_in_what_was_not_said() -> None:
    request = laid(PIRATE, GenerationRequest(ASKS, temperature=0.8), ())
    assert (request.temperature, request.max_tokens) == (0.3, 7)
    assert request.messages == (Message("system", "Parle comme un pirate."), *ASKS)


def test_what_the_asker_said_holds() -> None:
    own = (Message("system", "Sois bref."), *ASKS)
    request = laid(PIRATE, GenerationRequest(own, temperature=0.8), {"temperature"})
    assert request.temperature == 0.8
    assert request.max_tokens == 7
    assert request.messages == own


def test_a_beginning_comes_after_the_instruction() -> None:
    recipe = Recipe(system="S", messages=(Message("user", "1"), Message("assistant", "2")))
    assert [one.content for one in laid(recipe, GenerationRequest(ASKS)).messages] == ["S", "1", "2", "Bonjour"]
    own = (Message("system", "T"), *ASKS)
    assert [one.content for one in laid(recipe, GenerationRequest(own)).messages] == ["T", "1", "2", "Bonjour"]


def test_a_raw_prompt_gets_the_options_only() -> None:
    request = laid(PIRATE, GenerationRequest(prompt="1, 2,"))
    assert request.messages == ()
    assert request.temperature == 0.3


def test_no_recipe_changes_nothing() -> None:
    request = GenerationRequest(ASKS)
    assert laid(Recipe(), request) is request


def test_options_have_the_meaning_that_ollama_gives_them() -> None:
    found = fields_of({"seed": -1, "num_predict": -2, "stop": "x", "top_k": 3.0, "num_gpu": 4, "temperature": None})
    assert found == {"seed": None, "max_tokens": -1, "stop": ("x",), "top_k": 3}
    assert fields_of({"seed": 2**40 + 5}) == {"seed": 5}
    assert context_of({"num_ctx": 4096}) == 4096
    assert context_of({}) is None
    assert context_of({"num_ctx": 0}) is None


@pytest.mark.parametrize(
    "options",
    [
        {"temperature": "hot"},
        {"temperature": -1},
        {"temperature": True},
        {"temperature": float("nan")},
        {"top_k": 1.5},
        {"top_p": 2},
        {"stop": [1]},
        {"stop": ["x"] * 1000},
        {"seed": 2**70},
        {"num_predict": 2**40},
    ],
)
def test_what_can_not_be_is_refused_by_name(options: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match=next(iter(options))):
        fields_of(options)


def test_the_context_is_bounded_too() -> None:
    with pytest.raises(BadInput, match="num_ctx"):
        context_of({"num_ctx": "much"})
    with pytest.raises(BadInput):
        checked(Recipe(options={"num_ctx": 2**40}))


def test_a_recipe_over_another_one_says_what_it_says() -> None:
    merged = over(Recipe(base="x", options={"temperature": 1}), PIRATE)
    assert merged.base == "x"
    assert merged.system == PIRATE.system
    assert merged.options == {"temperature": 1, "num_predict": 7, "num_ctx": 512}


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_NAMES = st.sampled_from(
    ["temperature", "top_p", "top_k", "min_p", "seed", "stop", "num_predict", "repeat_last_n", "x"]
)


@given(st.dictionaries(_NAMES, _ANYTHING))
def test_whatever_is_asked_is_understood_or_refused(options: dict[str, Any]) -> None:
    try:
        found = fields_of(options)
    except BadInput:
        return
    assert GenerationRequest(**found)  # type: ignore[arg-type]
