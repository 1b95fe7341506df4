"""Ranges of passages answer the same as asking passage by passage."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hameau.library.scope import EVERYTHING, Scope

LARGEST = 700


@st.composite
def scopes(draw: st.DrawFn) -> tuple[Scope, set[int]]:
    edges = sorted(draw(st.sets(st.integers(1, LARGEST), max_size=12)))
    pairs = list(zip(edges[0::2], edges[1::2], strict=False))
    firsts, ends = (np.asarray([pair[at] for pair in pairs], np.int64) for at in (0, 1))
    return Scope(firsts, ends), {key for first, end in pairs for key in range(first, end)}


@given(scopes(), st.lists(st.integers(0, 3 * LARGEST), max_size=40))
def test_few_passages_are_told_apart(made: tuple[Scope, set[int]], asked: list[int]) -> None:
    scope, members = made
    assert scope.holds(np.asarray(asked, np.int64)).tolist() == [key in members for key in asked]
    assert scope.passages == len(members)


@given(scopes())
def test_many_passages_are_told_apart(made: tuple[Scope, set[int]]) -> None:
    scope, members = made
    asked = np.arange(3 * LARGEST, dtype=np.int64)
    assert set(asked[scope.holds(asked)].tolist()) == members


@given(scopes(), st.integers(1, 300))
def test_blocks_are_told_apart(made: tuple[Scope, set[int]], size: int) -> None:
    scope, members = made
    rows = scope.by_block(size)
    assert set(np.flatnonzero(rows.ravel()).tolist()) == members
    assert not rows[-1].any()  # it stands for all that lie beyond


def test_everything_holds_anything() -> None:
    assert EVERYTHING.holds(np.asarray([1, 10**9], np.int64)).all()
