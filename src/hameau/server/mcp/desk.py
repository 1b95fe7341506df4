"""What a tool is: what it is given, what it says while it works, what it gives."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from hameau.models import Cancel
from hameau.server.ports import House

HOME = "home"
"""The one space that programs read."""
Given = TypeVar("Given", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where requests are answered: this house, for a reader of this language."""

    house: House
    language: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a tool found: ``blocks`` of text to read, and the same as data."""

    blocks: tuple[str, ...]
    data: msgspec.Struct


Working = Generator[str, None, Outcome]
"""A tool at work: how far it is, in the reader's language, or an empty text for a sign of life; at last its outcome."""


@dataclass(frozen=True, slots=True)
class Tool(Generic[Given]):
    """A tool. ``description`` is for models and stays English, ``title`` is for people."""

    name: str
    title: str
    description: str
    takes: type[Given]
    gives: type[msgspec.Struct]
    run: Callable[[Desk, Given, Cancel], Working]
    """Stops when nobody waits any more."""
    slow: bool = False
    """Whether somebody waits while it works."""


def at_once(look_up: Callable[[Desk, Given], Outcome]) -> Callable[[Desk, Given, Cancel], Working]:
    """A tool's work that takes no time worth telling."""

    def run(desk: Desk, given: Given, _cancel: Cancel) -> Working:
        yield from ()
        return look_up(desk, given)

    return run


def schema_of(shape: type[Any]) -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of ``shape``, an object at its root as the protocol wants it. Pure."""
    (root,), parts = msgspec.json.schema_components([shape], ref_template="#/$defs/{name}")
    name = str(root["$ref"]).rpartition("/")[2]
    inlined = _without_titles(parts.pop(name))
    return {**inlined, **({"$defs": {key: _without_titles(part) for key, part in parts.items()}} if parts else {})}


def _without_titles(part: dict[str, Any]) -> dict[str, Any]:
    """Titles are the names of our classes, docstrings are for us."""
    return {key: value for key, value in part.items() if key not in ("title", "description")}
