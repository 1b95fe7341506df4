"""Tool calls in plain JSON: found in whatever pieces they come, and nothing else is taken for one."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hameau.models import Tool
from hameau.models.engines.xllamacpp_calls import Calls, schema_of

NAMES = frozenset({"weather", "count"})
CALL = '{"name": "weather", "arguments": {"city": "Dax \\"{]\\"", "days": [1, {"a": "}"}]}}'
ARGUMENTS = '{"city": "Dax \\"{]\\"", "days": [1, {"a": "}"}]}'


def sift(pieces: Sequence[str], several: bool = True) -> tuple[str, list[tuple[str, str]]]:
    """The text and the calls (name, arguments) in an answer that comes in ``pieces``."""
    calls = Calls(NAMES, several)
    chunks = [chunk for piece in pieces for chunk in calls.feed(piece)]
    chunks += calls.end()
    found: dict[int, tuple[str, str]] = {}
    for tool in (tool for chunk in chunks for tool in chunk.tools):
        name, arguments = found.get(tool.index, ("", ""))
        assert bool(tool.id) == (tool.index not in found)
        found[tool.index] = name + tool.name, arguments + tool.arguments
    return "".join(chunk.text for chunk in chunks), [found[index] for index in range(len(found))]


def cut(text: str, places: set[int]) -> list[str]:
    edges = [0, *sorted(place for place in places if place < len(text)), len(text)]
    return [text[start:end] for start, end in itertools.pairwise(edges)]


@pytest.mark.parametrize(
    "text",
    [
        CALL,
        f"\n {CALL}\n",
        f"```json\n{CALL}\n```",
        f"```\n{CALL}```\nI called it.",
        f"<tools>\n{CALL}\n</tools>",
        f"<tool_call>{CALL}</tool_call>",
        f"{CALL}.json and so on",
        f"{CALL}\n{CALL}\n{CALL}",
    ],
)
@given(st.sets(st.integers(1, 200), max_size=40))
def test_a_bare_call_is_found_however_it_is_cut(text: str, places: set[int]) -> None:
    assert sift(cut(text, places)) == ("", [("weather", ARGUMENTS)])


@given(st.sets(st.integers(1, 200), max_size=40))
def test_several_calls_are_told_apart(places: set[int]) -> None:
    other = '{"name": "count", "arguments": {}}'
    assert sift(cut(f"{CALL}\n{other}", places)) == ("", [("weather", ARGUMENTS), ("count", "{}")])
    assert sift(cut(f"{CALL}\n{other}", places), several=False) == ("", [("weather", ARGUMENTS)])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"name": "Ada", "age": 36}',
        '{"name": "delete_all", "arguments": {}}',
        '{"name": "weather", "arguments": "Dax"}',
        '{"title": "weather", "arguments": {}}',
        "```python\nprint()\n```",
        f"Here it is: {CALL}",
        "\n\n  Bonjour.",
    ],
)
@given(st.sets(st.integers(1, 200), max_size=40))
def test_other_text_stays_as_it_is(text: str, places: set[int]) -> None:
    assert sift(cut(text, places)) == (text, [])


@given(st.text())
def test_any_text_goes_through_unharmed(text: str) -> None:
    assert sift(list(text)) == (text, [])


def test_text_that_can_be_no_call_is_shown_at_once() -> None:
    calls = Calls(NAMES, True)
    assert [chunk.text for chunk in calls.feed("Bon")] == ["Bon"]
    assert [chunk.text for chunk in calls.feed("{jour")] == ["{jour"]


def test_a_call_that_breaks_off_is_told_as_far_as_it_came() -> None:
    assert sift([CALL[:40]]) == ("", [("weather", CALL[33:40])])


def test_after_the_calls_there_is_nothing_to_wait_for() -> None:
    calls = Calls(NAMES, True)
    list(calls.feed(CALL))
    assert not calls.done
    list(calls.feed("\nThat was"))
    assert calls.done


def test_references_hold_in_the_schema_of_several_tools() -> None:
    parameters = {"$defs": {"x": {"type": "string"}}, "type": "object", "properties": {"a": {"$ref": "#/$defs/x"}}}
    schema = json.loads(json.dumps(schema_of((Tool("one", parameters=parameters), Tool("two")))))
    reference = schema["$defs"]["t0"]["properties"]["a"]["$ref"]
    there: object = schema
    for step in reference.removeprefix("#/").split("/"):
        assert isinstance(there, dict)
        there = there[step]
    assert there == {"type": "string"}
