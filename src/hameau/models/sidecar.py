"""The TOML file beside a model: its card, how it is used, and where its files lie when they are not beside it.

Knows no folder: paths are read and written as they stand, :mod:`hameau.models.shelf` says what they are relative to.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from hameau.kit import HameauError
from hameau.models.catalogue import from_mapping, quoted, to_toml
from hameau.models.recipes import PLAIN, checked
from hameau.models.types import Ability, Adapter, Message, ModelCard, Recipe

LOOKED = 1
"""Rises when abilities are found in another way: what an older version found is looked for again."""


@dataclass(frozen=True, slots=True)
class Side:
    """What the file says."""

    card: ModelCard
    added_at: str = ""
    recipe: Recipe = PLAIN
    weights: str = ""
    """Where the weights lie when another program keeps them; empty: beside this file, or with the recipe's base."""
    projector: str = ""
    """The same of the projector."""
    abilities: frozenset[Ability] | None = None
    """What was found in the file; ``None`` when nobody looked."""


def parse(text: str) -> Side:
    """``text`` as a :class:`Side`. Raises ``ValueError``, ``TypeError`` or ``KeyError`` for anything unexpected."""
    data = tomllib.loads(text)
    added_at, here, recipe = str(data.pop("added_at", "")), data.pop("here", {}), data.pop("recipe", {})
    abilities = here.get("abilities") if here.get("looked") == LOOKED else None
    return Side(
        card=from_mapping(data),
        added_at=added_at,
        recipe=_recipe(recipe),
        weights=_text(here, "weights"),
        projector=_text(here, "projector"),
        abilities=frozenset(each for each in get_args(Ability) if each in abilities) if abilities is not None else None,
    )


def render(side: Side) -> str:
    """``side`` as TOML that :func:`parse` reads back."""
    parts = [to_toml(side.card, side.added_at)]
    here = {"weights": side.weights, "projector": side.projector}
    lines = [f"{name} = {quoted(value)}" for name, value in here.items() if value]
    if side.abilities is not None:
        lines += [f"abilities = {_value(sorted(side.abilities))}", f"looked = {LOOKED}"]
    if lines:
        parts.append("\n".join(["[here]", *lines]) + "\n")
    if side.recipe != PLAIN:
        parts.append(_recipe_toml(side.recipe))
    return "\n".join(parts)


def _recipe(data: Mapping[str, Any]) -> Recipe:
    try:
        return checked(
            Recipe(
                base=_text(data, "base"),
                system=_text(data, "system"),
                options=dict(data.get("options", {})),
                adapters=tuple(Adapter(str(each["path"]), float(each["scale"])) for each in data.get("adapters", ())),
                messages=tuple(Message(_role(each), str(each["content"])) for each in data.get("messages", ())),
                license=_text(data, "license"),
            )
        )
    except HameauError as error:
        raise ValueError(str(error)) from error


def _role(message: Mapping[str, Any]) -> Any:
    if message["role"] not in ("system", "user", "assistant"):
        raise ValueError(f"role {message['role']!r}")
    return message["role"]


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name, "")
    if not isinstance(value, str):
        raise TypeError(f"{name} is not text")
    return value


def _recipe_toml(recipe: Recipe) -> str:
    lines = ["[recipe]"]
    lines += [
        f"{name} = {quoted(value)}"
        for name, value in (("base", recipe.base), ("system", recipe.system), ("license", recipe.license))
        if value
    ]
    if recipe.options:
        lines += ["", "[recipe.options]", *(f"{name} = {_value(value)}" for name, value in recipe.options.items())]
    for adapter in recipe.adapters:
        lines += ["", "[[recipe.adapters]]", f"path = {quoted(adapter.path)}", f"scale = {float(adapter.scale)!r}"]
    for message in recipe.messages:
        lines += ["", "[[recipe.messages]]", f"role = {quoted(message.role)}", f"content = {quoted(message.content)}"]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    return quoted(str(value))
