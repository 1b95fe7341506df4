"""Repeated refusals are counted; no count is lost and what is remembered is bounded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hameau.perimeter.journal.floods import DISTINCT, WINDOW, Floods
from hameau.perimeter.journal.types import Fact

PLACE: dict[str, Fact] = {"act": "connect", "program": "curl", "address": "192.0.2.1", "port": 443}


def put(floods: Floods, facts: dict[str, Fact], moment: float, written: list[dict[str, Fact]]) -> None:
    """What the pen does with a refusal."""
    counted = floods.counted(facts, moment)
    written += floods.due(moment)
    if counted is None:
        floods.written(facts, moment, 7)
        written.append(facts)


def test_the_first_is_written_the_others_are_counted() -> None:
    floods = Floods()
    assert floods.counted(PLACE, 0) is None
    floods.written(PLACE, 0, 7)
    assert [floods.counted(PLACE, moment) for moment in (1, 2, WINDOW - 1)] == [7, 7, 7]
    assert list(floods.due(WINDOW - 1)) == []
    assert list(floods.due(WINDOW)) == [{**PLACE, "times": 3, "first": 7}]
    assert floods.counted(PLACE, WINDOW) is None
    assert not len(floods)


def test_another_program_or_port_is_another_refusal() -> None:
    floods = Floods()
    floods.written(PLACE, 0, 7)
    for other in ({"program": "wget"}, {"port": 80}, {"address": "192.0.2.2"}, {"act": "listen"}):
        assert floods.counted({**PLACE, **other}, 1) is None
    assert floods.counted({**PLACE, "pid": 12}, 1) == 7


def test_a_clock_that_goes_back_writes_again() -> None:
    floods = Floods()
    floods.written(PLACE, 1000, 7)
    assert floods.counted(PLACE, 5) is None


def test_a_flood_of_different_places_is_counted_together() -> None:
    floods, written = Floods(), list[dict[str, Fact]]()
    for port in range(5000):
        put(floods, {**PLACE, "port": port + 1}, 1.0, written)
    assert len(written) < DISTINCT + 10
    written += floods.due(1.0, all_=True)
    assert sum(int(facts.get("times", 1)) for facts in written) == 5000
    assert {"act": "connect", "many": True} in [
        {name: facts[name] for name in ("act", "many")} for facts in written if facts.get("many")
    ]


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(0, 400))))
def test_nothing_is_lost(tries: list[tuple[int, float]]) -> None:
    floods, written = Floods(), list[dict[str, Fact]]()
    for port, moment in sorted(tries, key=lambda each: each[1]):
        put(floods, {**PLACE, "port": port}, moment, written)
    written += floods.due(400, all_=True)
    assert sum(int(facts.get("times", 1)) for facts in written) == len(tries)
    assert not list(floods.due(1000, all_=True))
