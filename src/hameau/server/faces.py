"""The protocols that Hameau speaks, and what an error looks like in each: a client must read it as one of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from starlette.responses import Response

from hameau.kit import HameauError
from hameau.server.errors import Failure, failure_of, status_of
from hameau.server.replies import json_reply

Face = Literal["native", "openai", "ollama", "mcp"]
Fail = Callable[[HameauError, str], Response]


def native(error: HameauError, language: str) -> Response:
    """``{error: {code, message, hint}}``."""
    return json_reply(failure_of(error, language), status_of(error))


FAILURES: dict[Face, Fail] = {"native": native}
"""Each face adds its own where it is defined."""
FAILURE_SHAPES: dict[Face, type] = {"native": Failure}
"""The struct that an error of each face is, for the description; each face adds its own."""


def failed(face: Face, error: HameauError, language: str) -> Response:
    """``error`` as the clients of ``face`` expect it."""
    return FAILURES.get(face, native)(error, language)


def face_at(path: str) -> Face | None:
    """Whose address ``path`` is; ``None`` for a page. Pure."""
    if path.startswith("/api/v1/"):
        return "native"
    if path.startswith("/api/"):
        return "ollama"
    if path == "/v1" or path.startswith("/v1/"):
        return "openai"
    return "mcp" if path == "/mcp" or path.startswith("/mcp/") else None
