"""How much form an answer may be bound to."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from hameau.kit import BadInput
from hameau.models import GenerationRequest, Message, Tool
from hameau.models.engines.forms import DEEPEST, MOST_BESIDE, MOST_PROPERTIES, check_form

ASK = (Message("user", "?"),)
WORD = {"type": "string"}


def nested(levels: int) -> Mapping[str, object]:
    schema: dict[str, object] = dict(WORD)
    for _ in range(levels):
        schema = {"items": schema}
    return schema


def fields(count: int) -> Mapping[str, object]:
    return {"type": "object", "properties": {f"field{number}": WORD for number in range(count)}}


@pytest.mark.parametrize("schema", [{}, fields(MOST_PROPERTIES), nested(DEEPEST - 2), {"enum": ["x"] * MOST_BESIDE}])
def test_what_can_be_followed_passes(schema: Mapping[str, object]) -> None:
    check_form(GenerationRequest(ASK, json_schema=schema))
    check_form(GenerationRequest(ASK, tools=(Tool("one", "", schema),)))


@pytest.mark.parametrize(
    "schema",
    [
        fields(MOST_PROPERTIES + 1),
        nested(DEEPEST),
        nested(100_000),
        {"enum": ["x"] * (MOST_BESIDE + 1)},
        {"anyOf": [{"const": str(number)} for number in range(20_000)]},
        {"type": "string", "pattern": "(a|b)" * 100_000},
        {"anyOf": [fields(MOST_PROPERTIES) for _ in range(100)]},
    ],
)
def test_what_would_hold_the_engine_is_refused(schema: Mapping[str, object]) -> None:
    with pytest.raises(BadInput, match="too large"):
        check_form(GenerationRequest(ASK, json_schema=schema))
    with pytest.raises(BadInput, match="too large"):
        check_form(GenerationRequest(ASK, tools=(Tool("one", "", schema),)))


@pytest.mark.parametrize("grammar", ["root ::= " + "(" * 2000 + '"a"' + ")" * 2000, "root ::= " + '"a"|' * 50_000])
def test_a_grammar_is_bounded_too(grammar: str) -> None:
    check_form(GenerationRequest(ASK, grammar='root ::= ("a" | "b")+'))
    with pytest.raises(BadInput, match="too large"):
        check_form(GenerationRequest(ASK, grammar=grammar))
