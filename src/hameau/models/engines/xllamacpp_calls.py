"""Tool calls that a model writes as plain JSON: ``{"name": …, "arguments": {…}}``.

The engine recognises a call in the form that the model's template prescribes. Small models often leave its marks out and
write the bare object, alone or in a fence; and when a call is required, we bind the answer to such an object ourselves,
because the engine's grammar lets a model talk for ever before it calls.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence

from hameau.models.types import Chunk, Tool, ToolPiece

_MOST = 32  # calls in one answer
_OPENINGS = ("", "```json", "```", "<tools>", "<tool_call>")
_REST = re.compile(r"[\s}`,\]]|</tools>|</tool_call>|<tool_call>|<tools>|json\b")


def schema_of(tools: Sequence[Tool]) -> dict[str, object]:
    """A JSON schema of one call of one of ``tools``."""
    shapes = {f"t{number}": _moved(tool.parameters or {"type": "object"}, number) for number, tool in enumerate(tools)}
    calls = [
        {
            "type": "object",
            "properties": {"name": {"const": tool.name}, "arguments": {"$ref": f"#/$defs/t{number}"}},
            "required": ["name", "arguments"],
            "additionalProperties": False,
        }
        for number, tool in enumerate(tools)
    ]
    return {"$defs": shapes, "anyOf": calls} if len(calls) > 1 else {"$defs": shapes, **calls[0]}


def _moved(schema: object, number: int) -> object:
    """``schema`` with references that still hold where it stands now."""
    if isinstance(schema, Mapping):
        return {
            key: f"#/$defs/t{number}{value[1:]}"
            if key == "$ref" and isinstance(value, str) and value.startswith("#")
            else _moved(value, number)
            for key, value in schema.items()
        }
    if isinstance(schema, list | tuple):
        return [_moved(each, number) for each in schema]
    return schema


def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A whole beginning of a call up to its arguments' brace; and any part of one, from its first sign on."""
    begun = ["{", r"\s*", *'"name"', r"\s*", ":", r"\s*", '"', r"[^\"\\]*", '"', r"\s*", ",", r"\s*"]
    words = ('"arguments"', '"parameters"')
    whole = "".join(begun).replace(r'"[^\"\\]*"', r'"(?P<name>[^"\\]*)"')
    whole += "(?:" + "|".join(words) + r")\s*:\s*(?=\{)"
    fences = "(?:" + "|".join(map(re.escape, filter(None, _OPENINGS))) + r")?\s*"
    parts = [_any_part([*begun, *word, r"\s*", ":", r"\s*"]) for word in words]
    fence_parts = [_any_part([re.escape(sign) for sign in opening]) for opening in _OPENINGS if opening]
    part = r"\s*(?:" + "|".join(fence_parts) + "|" + fences + "(?:" + "|".join(parts) + "))"
    return re.compile(r"\s*" + fences + whole.replace("{", r"\{", 1)), re.compile(part)


def _any_part(atoms: Sequence[str]) -> str:
    made = ""
    for atom in reversed(atoms):
        atom = r"\{" if atom == "{" else atom
        made = f"(?:{atom}{made})?"
    return made


_BEGINNING, _PART = _patterns()


class Calls:
    """Finds bare calls of the tools called ``names`` in a text that comes in pieces. Text that is none goes through at
    once."""

    def __init__(self, names: frozenset[str], several: bool) -> None:
        self._names = names
        self._several = several
        self._held = ""
        self._looking = True
        self._scan: _Scan | None = None
        self._said: set[tuple[str, str]] = set()
        self._name = ""
        self._arguments = ""
        self.done = False
        """There is nothing left to wait for: after a call came something that is none."""

    def feed(self, text: str) -> Iterator[Chunk]:
        """What ``text`` adds: text to show, or pieces of a call."""
        self._held += text
        while self._held and not self.done:
            if self._scan is not None:
                yield from self._more_arguments(self._scan)
            elif self._said:
                self._held = _after(self._held)
                if not self._held or not self._begin_another():
                    return
            elif not self._looking:
                yield Chunk(self._held)
                self._held = ""
            elif (begun := _BEGINNING.match(self._held)) and begun["name"] in self._names:
                yield self._begin(begun)
            elif begun or not _PART.fullmatch(self._held):
                self._looking = False
            else:
                return

    def end(self) -> Iterator[Chunk]:
        """What was held back when the answer ended."""
        if self._held and not self._said and self._scan is None:
            yield Chunk(self._held)
        self._held = ""

    def _begin(self, begun: re.Match[str]) -> Chunk:
        self._held = self._held[begun.end() :]
        self._name, self._arguments, self._scan = begun["name"], "", _Scan()
        return Chunk(tools=(ToolPiece(len(self._said), _identity(), self._name),))

    def _begin_another(self) -> bool:
        """Whether a further call begins; it is told as a whole, because a model that goes round in circles repeats one."""
        begun = _BEGINNING.match(self._held)
        if begun and begun["name"] in self._names and self._several and len(self._said) < _MOST:
            self._held = self._held[begun.end() :]
            self._name, self._arguments, self._scan = begun["name"], "", _Scan()
            return True
        self.done = bool(begun) or not _PART.fullmatch(self._held) or not self._several
        return False

    def _more_arguments(self, scan: _Scan) -> Iterator[Chunk]:
        length = scan.through(self._held)
        piece, self._held = self._held[:length], self._held[length:]
        self._arguments += piece
        first = not self._said
        if first and piece:
            yield Chunk(tools=(ToolPiece(0, arguments=piece),))
        if not scan.over:
            return
        self._scan = None
        call = (self._name, _plain(self._arguments))
        if call in self._said:
            self.done = True
            return
        index = len(self._said)
        self._said.add(call)
        if not first:
            yield Chunk(tools=(ToolPiece(index, _identity(), self._name, self._arguments),))
        self.done = not self._several


class _Scan:
    """Walks through one JSON object, in pieces."""

    def __init__(self) -> None:
        self._depth = 0
        self._quoted = self._escaped = False
        self.over = False

    def through(self, text: str) -> int:
        """How much of ``text`` belongs to the object."""
        for at, sign in enumerate(text):
            if self._quoted:
                self._quoted = self._escaped or sign != '"'
                self._escaped = sign == "\\" and not self._escaped
            elif sign == '"':
                self._quoted = True
            elif sign in "{[":
                self._depth += 1
            elif sign in "}]":
                self._depth -= 1
                if self._depth == 0:
                    self.over = True
                    return at + 1
        return len(text)


def _after(text: str) -> str:
    """``text`` without what closes one call."""
    while rest := _REST.match(text):
        text = text[rest.end() :]
    return text


def _plain(arguments: str) -> str:
    """The same for arguments that mean the same."""
    try:
        return json.dumps(json.loads(arguments), sort_keys=True)
    except (ValueError, RecursionError):
        return arguments


def _identity() -> str:
    return "call_" + secrets.token_hex(12)
