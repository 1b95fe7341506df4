"""What went wrong, as OpenAI's clients read it: ``{error: {message, type, param, code}}`` and the status that they expect."""

from __future__ import annotations

from typing import Final

import msgspec
from starlette.responses import Response

from hameau.kit import Busy, HameauError, explain
from hameau.server.errors import BadShape, status_of
from hameau.server.replies import json_reply

_TYPES: Final = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    429: "rate_limit_error",
}


class OpenAiFault(msgspec.Struct, frozen=True):
    """``message`` is for a person; ``param`` is the field that is wrong; ``code`` is for programs."""

    message: str
    type: str
    param: str | None
    code: str | None


class OpenAiFailure(msgspec.Struct, frozen=True):
    """An error, in the form of OpenAI's protocol."""

    error: OpenAiFault


def openai_status(error: HameauError) -> int:
    """As everywhere, but a request that can't be read is a 400: that is what these clients call a bad request; and a full
    queue is a 429: they wait, and try again."""
    if isinstance(error, Busy):
        return 429
    return 400 if isinstance(error, BadShape) and status_of(error) == 422 else status_of(error)


def fault_of(error: HameauError, language: str) -> OpenAiFault:
    """``error`` in the reader's language. The hint stands in the message: their shape has no other place for it."""
    message, hint = explain(error, language)
    status = openai_status(error)
    kind = _TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")
    given = error.fields.get("param") or (error.fields.get("name") if isinstance(error, BadShape) else None)
    return OpenAiFault(f"{message} {hint}".strip(), kind, str(given) if given else None, _code(error))


def _code(error: HameauError) -> str:
    """Their names where programs look for them, ours elsewhere."""
    if {"prompt", "context"} <= error.fields.keys():  # both numbers of a request that is too long
        return "context_length_exceeded"
    return {"wrong_key": "invalid_api_key", "no_key": "invalid_api_key"}.get(error.code, error.code)


def openai_failure(error: HameauError, language: str) -> Response:
    """The whole response."""
    return json_reply(OpenAiFailure(fault_of(error, language)), openai_status(error))
