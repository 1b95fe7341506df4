"""From tokens to what a person reads: whole signs, stop words, thoughts and tool calls told apart. Pure; knows no library."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Literal

Kind = Literal["text", "reasoning", "tool"]
_TAGS: dict[Kind, tuple[str, str]] = {
    "reasoning": ("<think>", "</think>"),
    "tool": ("<tool_call>", "</tool_call>"),
}
"""As the templates of Qwen, Hermes, SmolLM and others have them."""
_UNFINISHED = "\ufffd"


class Decoder:
    """Text of token after token, none cut inside a sign. ``decode`` is the tokenizer's."""

    def __init__(self, decode: Callable[[Sequence[int]], str]) -> None:
        self._decode = decode
        self._tokens: list[int] = []
        self._before = self._read = 0

    def feed(self, token: int, *, last: bool = False) -> str:
        """What ``token`` adds, and what the ones before it could not show alone."""
        self._tokens.append(token)
        known = self._decode(self._tokens[self._before : self._read])
        text = self._decode(self._tokens[self._before :])
        if text.endswith(_UNFINISHED) and not last and len(self._tokens) - self._read < 8:
            return ""
        self._before, self._read = self._read, len(self._tokens)
        return text[len(known) :]


class Stops:
    """Ends a text before the first of ``words``; holds back what may become one of them."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = [word for word in words if word]
        self._held = ""
        self.met = False

    def feed(self, piece: str, *, last: bool = False) -> str:
        """What of ``piece`` is sure to stand before every stop word."""
        if self.met:
            return ""
        text = self._held + piece
        found = [place for word in self._words if (place := text.find(word)) >= 0]
        if found:
            self.met, self._held = True, ""
            return text[: min(found)]
        keep = 0 if last else max((_overlap(text, word) for word in self._words), default=0)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]


class Parts:
    """Tells a model's thoughts and tool calls from its answer by their tags."""

    def __init__(self, *, thinking: bool, inside: bool, tools: bool) -> None:
        """``thinking``: it knows thoughts; ``inside``: its prompt has opened one already; ``tools``: it was offered some."""
        wanted: tuple[tuple[Kind, bool], ...] = (("reasoning", thinking), ("tool", tools))
        self._known = tuple(kind for kind, known in wanted if known)
        self._kind: Kind = "reasoning" if inside else "text"
        self._held = ""
        self._closed = False  # a tag has just closed: the line ends behind it belong to it

    def feed(self, piece: str, *, last: bool = False) -> list[tuple[Kind, str]]:
        """The parts that are sure; a call comes whole."""
        self._held += piece
        found: list[tuple[Kind, str]] = []
        while self._step(found, last=last):
            pass
        return [part for part in found if part[1]]

    def _step(self, found: list[tuple[Kind, str]], *, last: bool) -> bool:
        if self._closed:
            self._held = self._held.lstrip("\n")
            self._closed = not self._held
        tags = (
            {_TAGS[kind][0]: kind for kind in self._known} if self._kind == "text" else {_TAGS[self._kind][1]: "text"}
        )
        places = {tag: place for tag in tags if (place := self._held.find(tag)) >= 0}
        if places:
            tag = min(places, key=lambda each: places[each])
            found.append((self._kind, self._held[: places[tag]]))
            self._held = self._held[places[tag] + len(tag) :]
            self._kind = tags[tag]  # type: ignore[assignment]
            self._closed = self._kind == "text"
            return True
        keep = len(self._held) if self._kind == "tool" else max((_overlap(self._held, tag) for tag in tags), default=0)
        keep = 0 if last else keep
        found.append((self._kind, self._held[: len(self._held) - keep]))
        self._held = self._held[len(self._held) - keep :]
        return False


def call_of(text: str) -> tuple[str, str] | None:
    """Name and arguments (JSON) of a call as the model wrote it; ``None`` where it wrote nonsense."""
    try:
        said = json.loads(text)
    except ValueError:
        return None
    if not isinstance(said, dict) or not isinstance(said.get("name"), str):
        return None
    arguments = said.get("arguments", said.get("parameters", {}))
    return said["name"], arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def _overlap(text: str, word: str) -> int:
    """How many signs at the end of ``text`` are the beginning of ``word``, and not all of it."""
    return next((size for size in range(min(len(text), len(word) - 1), 0, -1) if text.endswith(word[:size])), 0)
