"""Nouns as JSON and back. What does not fit its type raises ``ValueError``; unknown names are left out."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

Noun = TypeVar("Noun")


def encode(noun: object, *, pretty: bool = False) -> bytes:
    """``noun``, a dataclass of plain fields, as JSON."""
    plain = dataclasses.asdict(noun)  # type: ignore[call-overload]
    if pretty:
        return (json.dumps(plain, ensure_ascii=False, indent=2) + "\n").encode()
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()


def decode(kind: type[Noun], text: bytes | str) -> Noun:
    """The ``kind`` that ``text`` writes."""
    made: Noun = _made(kind, json.loads(text), kind.__name__)
    return made


def _made(kind: Any, value: Any, where: str) -> Any:
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        if not isinstance(value, dict):
            raise ValueError(where)
        hints = typing.get_type_hints(kind)
        known = {each.name: each for each in dataclasses.fields(kind)}
        found = {name: _made(hints[name], value[name], f"{where}.{name}") for name in known if name in value}
        try:
            return kind(**found)
        except TypeError as error:  # a field is missing
            raise ValueError(where) from error
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        if not isinstance(value, list):
            raise ValueError(where)
        return tuple(_made(inner[0], each, where) for each in value)
    if origin in (dict, Mapping):
        if not isinstance(value, dict):
            raise ValueError(where)
        return {str(name): _made(inner[1], each, where) for name, each in value.items()}
    return _plain(kind, origin, inner, value, where)


def _plain(kind: Any, origin: Any, inner: tuple[Any, ...], value: Any, where: str) -> Any:
    kinds = inner if origin in (types.UnionType, typing.Union) else (kind,)
    if type(value) in kinds:
        return value
    if float in kinds and type(value) is int:
        return float(value)
    raise ValueError(where)
