"""What went wrong, as Ollama's clients read it: ``{error: text}`` and the status that they expect."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from hameau.kit import HameauError, Missing, explain
from hameau.server.errors import BadShape, known, status_of
from hameau.server.replies import json_bytes, json_reply


class OllamaFailure(msgspec.Struct, frozen=True):
    """An error, in the form of Ollama's protocol. ``code`` is ours: which kind of error it is, for programs."""

    error: str
    code: str = ""


def ollama_status(error: HameauError) -> int:
    """As everywhere, but a request that can't be read is a 400, and a model that is not here yet a 404."""
    if isinstance(error, BadShape) and status_of(error) == 422:
        return 400
    return 404 if isinstance(error, Missing) and "model" in error.fields else status_of(error)


def fault_of(error: HameauError, language: str) -> OllamaFailure:
    """``error`` in the reader's language. The hint stands in the text: their shape has no other place for it."""
    message, hint = explain(error, language)
    return OllamaFailure(f"{message} {hint}".strip(), error.code)


def ollama_failure(error: HameauError, language: str) -> Response:
    """The whole response."""
    return json_reply(fault_of(error, language), ollama_status(error))


def last_line(error: Exception, language: str) -> bytes:
    """The end of a stream that fails."""
    return json_bytes(fault_of(known(error), language)) + b"\n"
