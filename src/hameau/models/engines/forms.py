"""How much form an answer may be bound to: a schema, a grammar, the tools that it may call.

The engine turns a form into a grammar and follows all of its branches at each token, in the one thread that writes for
everybody. Measured with llama.cpp on two cores: 1 000 alternatives of 200 signs take 3 s, 4 000 take minutes,
as do 2 000 properties that may be left out; a million parentheses end its process. What small forms can still do (rules that
double at each step), the watch over a silent engine ends (:mod:`~hameau.models.engines.beside`). Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hameau.kit import N_, BadInput
from hameau.models.types import GenerationRequest

MOST_SIGNS = 200_000
MOST_PARTS = 10_000
MOST_BESIDE = 1_000
"""Alternatives of one choice, entries of one list."""
MOST_PROPERTIES = 400
DEEPEST = 100
_WIDE = ("anyOf", "oneOf", "allOf", "enum", "prefixItems", "items", "required")
_BRANCHING = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")


def check_form(request: GenerationRequest) -> None:
    """Raises :class:`BadInput` for a form that is larger than the engine can follow."""
    schemas = [tool.parameters for tool in request.tools if tool.parameters]
    if request.json_schema is not None:
        schemas.append(request.json_schema)
    if schemas:
        _check_schemas(schemas)
    if request.grammar:
        _check_grammar(request.grammar)


def _check_schemas(schemas: Iterable[Mapping[str, object]]) -> None:
    level: list[object] = list(schemas)
    parts = signs = depth = 0
    while level:
        depth += 1
        below: list[object] = []
        for part in level:
            parts += 1
            if isinstance(part, Mapping):
                _check_width(part)
                signs += sum(len(name) for name in part)
                below.extend(part.values())
            elif isinstance(part, list | tuple):
                below.extend(part)
            elif isinstance(part, str):
                signs += len(part)
        if depth > DEEPEST or parts + len(below) > MOST_PARTS or signs > MOST_SIGNS:
            raise _too_large()
        level = below


def _check_width(part: Mapping[str, object]) -> None:
    for name in _WIDE:
        found = part.get(name)
        if isinstance(found, list | tuple) and len(found) > MOST_BESIDE:
            raise _too_large()
    for name in _BRANCHING:
        found = part.get(name)
        if isinstance(found, Mapping) and len(found) > MOST_PROPERTIES:
            raise _too_large()


def _check_grammar(grammar: str) -> None:
    deep = deepest = 0
    for sign in grammar:  # those in quotes count too: a bound need not be exact
        deep += (sign == "(") - (sign == ")")
        deepest = max(deepest, deep)
    if len(grammar) > MOST_SIGNS or grammar.count("|") > MOST_BESIDE * 5 or deepest > DEEPEST * 5:
        raise _too_large()


def _too_large() -> BadInput:
    return BadInput(
        N_("The schema or grammar of this request is too large for the model to follow."),
        hint=N_("Name fewer alternatives and fields, and nest them less."),
    )
