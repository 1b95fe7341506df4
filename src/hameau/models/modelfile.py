"""Reads a Modelfile: Ollama's text that says how a model is made out of another one. Pure; no file is opened.

https://github.com/ollama/ollama/blob/main/docs/modelfile.md. Its TEMPLATE is left aside: a model is spoken to by the template
in its own file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from hameau.kit import N_, BadInput
from hameau.models.recipes import OPTIONS, checked
from hameau.models.types import Adapter, Message, Recipe

MAX_TEXT = 4_000_000
"""Characters of a whole Modelfile."""
_QUOTE = '"""'
_COMMAND = re.compile(r"[ \t]*([A-Za-z]{1,20})(?:[ \t]+|$)")
_WORD = re.compile(r"([A-Za-z_0-9]{1,60})[ \t]+")
_ROLES = ("system", "user", "assistant")
_LEFT_ASIDE = frozenset({"template", "renderer", "parser", "requires", "draft"})
_LISTS = frozenset({"stop"})
_WHOLE = frozenset({"num_ctx", "num_predict", "seed", "top_k", "repeat_last_n"})


@dataclass(frozen=True, slots=True)
class Modelfile:
    """What the text says. ``source`` (FROM) is a model's name or a path; ``left_aside`` are the commands and parameters
    that mean nothing here."""

    source: str
    recipe: Recipe
    left_aside: tuple[str, ...] = ()


@dataclass(slots=True)
class _Read:
    source: str = ""
    system: str = ""
    options: dict[str, object] = field(default_factory=dict)
    adapters: list[Adapter] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    licenses: list[str] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)


def read_modelfile(text: str) -> Modelfile:
    """``text`` as a :class:`Modelfile`. Raises :class:`BadInput` with the line that can't be understood."""
    if len(text) > MAX_TEXT:
        raise BadInput(N_("This Modelfile is too long."))
    read = _Read()
    for line, command, value in _commands(text.removeprefix("\ufeff")):
        _take(read, line, command, value)
    if not read.source:
        raise BadInput(
            N_("This Modelfile names no model to begin with."), hint=N_("It needs a line such as: FROM llama3.2")
        )
    recipe = Recipe(
        system=read.system,
        options=read.options,
        adapters=tuple(read.adapters),
        messages=tuple(read.messages),
        license="\n".join(read.licenses),
    )
    return Modelfile(read.source, checked(recipe), tuple(dict.fromkeys(read.aside)))


def _take(read: _Read, line: int, command: str, value: str) -> None:
    match command:
        case "from":
            if read.source:
                raise _wrong(line, N_("Line {line}: FROM stands here for the second time."))
            read.source = value
        case "system":
            read.system = value
        case "license":
            read.licenses.append(value)
        case "adapter":
            read.adapters.append(Adapter(value))
        case "parameter":
            _parameter(read, line, value)
        case "message":
            read.messages.append(_message(line, value))
        case _ if command in _LEFT_ASIDE:
            read.aside.append(command.upper())
        case _:
            raise _wrong(line, N_("Line {line}: “{command}” is no command of a Modelfile."), command=command[:40])


def _parameter(read: _Read, line: int, value: str) -> None:
    found = _WORD.match(value + " ")
    if found is None:
        raise _wrong(line, N_("Line {line}: PARAMETER needs a name and a value."))
    name, given = found[1].lower(), _unquoted(value[found.end() :].strip(), line)
    if name not in OPTIONS:
        read.aside.append(f"PARAMETER {name}")
    elif name in _LISTS:
        before = read.options.get(name)
        read.options[name] = [*(before if isinstance(before, list) else ()), given]
    else:
        try:
            read.options[name] = int(given) if name in _WHOLE else float(given)
        except ValueError as error:
            raise _wrong(line, N_("Line {line}: {name} must be a number."), name=name) from error


def _message(line: int, value: str) -> Message:
    role, _, content = value.partition(" ")
    if role.lower() not in _ROLES:
        raise _wrong(line, N_("Line {line}: a message is by system, user or assistant."))
    return Message(role.lower(), _unquoted(content.strip(), line))  # type: ignore[arg-type]


def _commands(text: str) -> Iterator[tuple[int, str, str]]:
    """Each command with the number of its line, in lower case, and its value without the quotes around it."""
    lines = re.split(r"\r\n|\r|\n", text)
    number = 0
    while number < len(lines):
        line, began = lines[number], number + 1
        number += 1
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _COMMAND.match(line)
        if found is None:
            raise _wrong(began, N_("Line {line}: “{command}” is no command of a Modelfile."), command=line.strip()[:40])
        command, value = found[1].lower(), line[found.end() :].strip()
        while _is_open(value, command):
            if number == len(lines):
                raise _wrong(began, N_("Line {line}: the quotes that open here are never closed."))
            value += "\n" + lines[number]
            number += 1
        if command not in ("parameter", "message"):
            value = _unquoted(value.strip(), began)
        if not value:
            raise _wrong(began, N_("Line {line}: {command} has no value."), command=command.upper())
        yield began, command, value


def _is_open(value: str, command: str) -> bool:
    """Whether quotes were opened and not closed yet."""
    if command in ("parameter", "message"):  # the quotes come after a name
        value = value.partition(" ")[2].lstrip()
    mark = _QUOTE if value.startswith(_QUOTE) else '"' if value.startswith('"') else ""
    return bool(mark) and not (len(value) >= 2 * len(mark) and value.rstrip().endswith(mark))


def _unquoted(value: str, line: int) -> str:
    for mark in (_QUOTE, '"'):
        if value.startswith(mark):
            if len(value) < 2 * len(mark) or not value.endswith(mark):
                raise _wrong(line, N_("Line {line}: the quotes that open here are never closed."))
            return value[len(mark) : -len(mark)]
    return value


def _wrong(line: int, message: str, **fields: object) -> BadInput:
    return BadInput(message, hint=N_("See Ollama’s description of the Modelfile."), line=line, **fields)
