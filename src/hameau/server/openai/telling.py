"""From what a model says to what OpenAI's clients read. Pure."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence

from hameau.models import Chunk, Finish, Token, ToolPiece, Usage
from hameau.server.openai import told

NO_USAGE = Usage()


def fresh_id(prefix: str) -> str:
    """A name that nobody can guess."""
    return f"{prefix}{secrets.token_hex(16)}"


def usage_told(uses: Sequence[Usage]) -> told.CompletionUsage:
    """The cost of one prompt and all its answers."""
    prompt = max((use.prompt_tokens for use in uses), default=0)
    cached = uses[0].cached_tokens if uses else 0
    written = sum(use.completion_tokens for use in uses)
    return told.CompletionUsage(prompt, written, prompt + written, told.PromptDetails(min(cached, prompt)))


def timings_told(use: Usage) -> told.Timings:
    """Where the time went."""
    read = use.prompt_tokens - use.cached_tokens
    return told.Timings(use.cached_tokens, read, use.prompt_ms, use.completion_tokens, use.completion_ms)


def reason_told(finish: Finish, *, called: bool = False) -> told.Reason:
    """Why it ended. Whoever stopped it is not there to read « cancelled »."""
    if finish in ("length", "tool_calls"):
        return finish
    return "tool_calls" if called else "stop"


def logprobs_told(tokens: Iterable[Token]) -> tuple[told.TokenLogprob, ...]:
    """Each token, with the others that were weighed."""
    return tuple(
        told.TokenLogprob(
            token.text,
            token.logprob,
            list(token.raw or token.text.encode()),
            tuple(
                told.TopLogprob(one.token, one.logprob, list(one.raw or one.token.encode()))
                for one in token.alternatives
            ),
        )
        for token in tokens
    )


class Calls:
    """The tool calls of one answer, put together from their pieces; each gets a name when the engine gave none."""

    def __init__(self) -> None:
        self._calls: dict[int, list[str]] = {}

    def __bool__(self) -> bool:
        return bool(self._calls)

    def add(self, piece: ToolPiece) -> ToolPiece:
        """Takes ``piece`` in; the same with the id that the call has here."""
        if piece.index not in self._calls:
            self._calls[piece.index] = [piece.id or fresh_id("call_"), piece.name, piece.arguments]
            return ToolPiece(piece.index, self._calls[piece.index][0], piece.name, piece.arguments)
        call = self._calls[piece.index]
        call[1] += piece.name
        call[2] += piece.arguments
        return ToolPiece(piece.index, "", piece.name, piece.arguments)

    def all(self) -> tuple[told.ToolCalled, ...]:
        """Every call so far, in order."""
        return tuple(
            told.ToolCalled(number, told.FunctionCalled(name, arguments))
            for _, (number, name, arguments) in sorted(self._calls.items())
        )


class Gathered:
    """One whole answer, put together from its chunks."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.reasoning: list[str] = []
        self.tokens: list[Token] = []
        self.calls = Calls()
        self.usage = NO_USAGE
        self.finish: Finish = "stop"

    def add(self, chunk: Chunk) -> None:
        """Takes ``chunk`` in."""
        if chunk.text:
            self.text.append(chunk.text)
        if chunk.reasoning:
            self.reasoning.append(chunk.reasoning)
        self.tokens += chunk.tokens
        for piece in chunk.tools:
            self.calls.add(piece)
        self.usage = chunk.usage or self.usage
        self.finish = chunk.finish or self.finish
