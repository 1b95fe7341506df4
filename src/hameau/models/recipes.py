"""How somebody wants a model used, laid under what is asked of it. Options have Ollama's names and meaning.

Knows nothing of files: the shelf keeps recipes, :mod:`hameau.models.modelfile` reads them from a Modelfile.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields, replace

from hameau.kit import N_, BadInput
from hameau.models.types import GenerationRequest, Message, Recipe

CONTEXT = "num_ctx"
"""The one option that is no field of a request: how many tokens the model has room for."""
_MOST = 2**31 - 1  # engines count in 32 bits
_MAX_STOPS = 64
_MAX_STOP = 1000  # characters
MAX_SYSTEM = 1_000_000
"""Characters of a system instruction."""
MAX_MESSAGES = 1000
PLAIN = Recipe()
"""A model as it is."""


def _number(name: str, value: object, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadInput(N_("The option {name} must be a number."), name=name)
    if not low <= value <= high:
        raise BadInput(
            N_("The option {name} must lie between {low} and {high}."), name=name, low=f"{low:g}", high=f"{high:g}"
        )
    return float(value)


def _whole(name: str, value: object, low: int, high: int = _MOST) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadInput(N_("The option {name} must be a whole number."), name=name)
    if not low <= value <= high:
        raise BadInput(N_("The option {name} must lie between {low} and {high}."), name=name, low=low, high=high)
    return value


def _seed(name: str, value: object) -> int | None:
    seed = _whole(name, value, -(2**63), 2**63 - 1)
    return None if seed == -1 else seed & 0xFFFFFFFF  # as Ollama has it, -1 is a new one each time


def _stops(name: str, value: object) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list | tuple) or not all(isinstance(each, str) for each in values):
        raise BadInput(N_("The option {name} must be a list of texts."), name=name)
    if len(values) > _MAX_STOPS or any(len(each) > _MAX_STOP for each in values):
        raise BadInput(
            N_("The option {name} takes at most {most} texts of {length} characters."),
            name=name,
            most=_MAX_STOPS,
            length=_MAX_STOP,
        )
    return tuple(each for each in values if each)


def _tokens(name: str, value: object) -> int:
    """Ollama's ``num_predict``: nothing or less means until the model stops."""
    tokens = _whole(name, value, -_MOST)
    return tokens if tokens > 0 else -1


Read = Callable[[str, object], object]

_READ: Mapping[str, tuple[str, Read]] = {
    "temperature": ("temperature", lambda n, v: _number(n, v, 0, 100)),
    "top_p": ("top_p", lambda n, v: _number(n, v, 0, 1)),
    "top_k": ("top_k", lambda n, v: _whole(n, v, -1)),
    "min_p": ("min_p", lambda n, v: _number(n, v, 0, 1)),
    "seed": ("seed", _seed),
    "stop": ("stop", _stops),
    "num_predict": ("max_tokens", _tokens),
    "repeat_penalty": ("repeat_penalty", lambda n, v: _number(n, v, 0, 100)),
    "repeat_last_n": ("repeat_last_n", lambda n, v: _whole(n, v, -1)),
    "presence_penalty": ("presence_penalty", lambda n, v: _number(n, v, -100, 100)),
    "frequency_penalty": ("frequency_penalty", lambda n, v: _number(n, v, -100, 100)),
}
OPTIONS = frozenset({*_READ, CONTEXT})
"""The options that mean something here."""


def fields_of(options: Mapping[str, object]) -> dict[str, object]:
    """``options`` as fields of a :class:`GenerationRequest`; those that mean nothing here are left out.

    Raises :class:`BadInput` with the name of an option that has another type or is out of bounds.
    """
    return {
        _READ[name][0]: _READ[name][1](name, value)
        for name, value in options.items()
        if name in _READ and value is not None
    }


def context_of(options: Mapping[str, object]) -> int | None:
    """The tokens of context that ``options`` ask for, if they do. Raises :class:`BadInput`."""
    value = options.get(CONTEXT)
    if value is None:
        return None
    tokens = _whole(CONTEXT, value, -1)
    return tokens if tokens > 0 else None


def checked(recipe: Recipe) -> Recipe:
    """``recipe`` with the options that mean something, all of them usable. Raises :class:`BadInput`."""
    known = {name: value for name, value in recipe.options.items() if name in OPTIONS and value is not None}
    fields_of(known)
    context_of(known)
    if len(recipe.system) > MAX_SYSTEM:
        raise BadInput(
            N_("The instruction is too long: {length} characters, at most {most}."),
            length=len(recipe.system),
            most=MAX_SYSTEM,
        )
    if len(recipe.messages) > MAX_MESSAGES:
        raise BadInput(N_("At most {most} messages can come with a model."), most=MAX_MESSAGES)
    return replace(recipe, options=known)


def laid(recipe: Recipe, request: GenerationRequest, given: Collection[str] = ()) -> GenerationRequest:
    """``request`` with what ``recipe`` says wherever the asker said nothing: ``given`` are the fields that it chose.

    The recipe's instruction comes first unless the chat has one of its own; then the recipe's messages, then the chat. A
    raw prompt gets the options only.
    """
    assert all(name in _FIELDS for name in given), given  # noqa: S101 - a slip of the pen would else be silent
    changes = {name: value for name, value in fields_of(recipe.options).items() if name not in given}
    if request.messages and (recipe.system or recipe.messages):
        changes["messages"] = _with_instruction(recipe, request.messages)
    return replace(request, **changes) if changes else request  # type: ignore[arg-type]


def _with_instruction(recipe: Recipe, messages: tuple[Message, ...]) -> tuple[Message, ...]:
    own = messages[:1] if messages[0].role == "system" else ()
    first = own or ((Message("system", recipe.system),) if recipe.system else ())
    return first + recipe.messages + messages[len(own) :]


def over(recipe: Recipe, base: Recipe) -> Recipe:
    """What holds when ``recipe`` is used on top of ``base``: its own word where it has one, else the other's."""
    return Recipe(
        base=recipe.base,
        system=recipe.system or base.system,
        options={**base.options, **recipe.options},
        adapters=recipe.adapters or base.adapters,
        messages=recipe.messages or base.messages,
        license=recipe.license or base.license,
    )


_FIELDS = frozenset(field.name for field in fields(GenerationRequest))
