"""From what a model says to what Ollama's clients read. Pure, but for the clock."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import UNSET, UnsetType

from hameau.models import Finish, Token, ToolPiece, Usage
from hameau.server.ollama import told

_MS = 1_000_000  # nanoseconds in a millisecond


def moment(seconds: float | None = None) -> str:
    """A point in time (seconds since the epoch, else now) as RFC 3339 has it, in UTC."""
    when = datetime.fromtimestamp(seconds, UTC) if seconds is not None else datetime.now(UTC)
    return when.isoformat(timespec="microseconds").replace("+00:00", "Z")


def duration(milliseconds: float) -> int:
    """Nanoseconds."""
    return max(0, round(milliseconds * _MS))


def reason_told(finish: Finish) -> str:
    """Why it ended; a tool call is a stop, as in Ollama."""
    return "length" if finish == "length" else "stop"


def measured(began: int, usage: Usage | None) -> dict[str, Any]:
    """The figures of the last frame. ``began`` is ``time.monotonic_ns()`` when the request came; what was neither reading
    nor writing was loading and waiting."""
    use = usage or Usage()
    total = time.monotonic_ns() - began
    reading, writing = duration(use.prompt_ms), duration(use.completion_ms)
    return {
        "total_duration": total,
        "load_duration": max(0, total - reading - writing),
        "prompt_eval_count": use.prompt_tokens,
        "prompt_eval_duration": reading,
        "eval_count": use.completion_tokens,
        "eval_duration": writing,
    }


def logprobs_told(tokens: Iterable[Token]) -> tuple[told.Logprob, ...]:
    """Each token, with the others that were weighed."""
    return tuple(
        told.Logprob(
            token.text,
            token.logprob,
            list(token.raw or token.text.encode()),
            tuple(told.Weighed(one.token, one.logprob, list(_raw(one))) for one in token.alternatives) or UNSET,
        )
        for token in tokens
    )


def _raw(alternative: Any) -> bytes:
    raw: bytes = alternative.raw
    return raw or alternative.token.encode()


class Calls:
    """The tool calls of one answer. Ollama tells each at once, with its arguments as an object."""

    def __init__(self) -> None:
        self._calls: dict[int, list[str]] = {}

    def __bool__(self) -> bool:
        return bool(self._calls)

    def add(self, pieces: Sequence[ToolPiece]) -> None:
        """Takes ``pieces`` in."""
        for piece in pieces:
            call = self._calls.setdefault(piece.index, ["", "", ""])
            call[0] += piece.id
            call[1] += piece.name
            call[2] += piece.arguments

    def told(self) -> tuple[told.CallTold, ...] | UnsetType:
        """Every call, in order."""
        found = tuple(
            told.CallTold(number or f"call_{secrets.token_hex(4)}", told.FunctionTold(index, name, _object(arguments)))
            for index, (number, name, arguments) in sorted(self._calls.items())
        )
        return found or UNSET


def _object(text: str) -> dict[str, Any]:
    """The arguments; what is no object stands under ``arguments``, so that nothing is lost."""
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {"arguments": text}
    return found if isinstance(found, dict) else {"arguments": found}
