"""The file beside a model: whatever it says is read back as it was written."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.models import CARD
from hameau.models import Adapter, Message, Recipe
from hameau.models.sidecar import Side, parse, render

_TEXT = st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=40)
_OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "temperature": st.floats(0, 100),
        "num_ctx": st.integers(1, 100_000),
        "stop": st.lists(_TEXT.filter(bool), max_size=3),
        "seed": st.integers(-(2**63), 2**63 - 1),
    },
)
_RECIPES = st.builds(
    Recipe,
    base=_TEXT,
    system=_TEXT,
    options=_OPTIONS,
    adapters=st.lists(st.builds(Adapter, _TEXT, st.floats(-10, 10)), max_size=2).map(tuple),
    messages=st.lists(st.builds(Message, st.sampled_from(["user", "assistant"]), _TEXT), max_size=2).map(tuple),
    license=_TEXT,
)


@given(_RECIPES, _TEXT, st.none() | st.frozensets(st.sampled_from(["tools", "vision"])))
def test_what_is_written_is_read(recipe: Recipe, path: str, abilities: frozenset[str] | None) -> None:
    side = Side(CARD, "2026-01-01T00:00:00Z", recipe, path, path, abilities)  # type: ignore[arg-type]
    assert parse(render(side)) == side


def test_what_an_older_version_found_is_looked_for_again() -> None:
    text = render(Side(CARD, abilities=frozenset({"tools"})))
    assert parse(text).abilities == {"tools"}
    assert parse(text.replace("looked = 1", "looked = 0")).abilities is None


@pytest.mark.parametrize(
    "more",
    [
        "[recipe]\nbase = 3",
        "[recipe.options]\ntemperature = 'hot'",
        "[[recipe.messages]]\nrole = 'robot'",
        "[here]\nweights = 3",
    ],
)
def test_nonsense_is_refused(more: str) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        parse(render(Side(replace(CARD, note={"fr": "x"}))) + more)
