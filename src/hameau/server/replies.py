"""Answers as JSON. Private to the reader: never kept by a cache."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

_encoder = msgspec.json.Encoder()


def json_reply(value: object, status: int = 200) -> Response:
    """``value`` (a struct or a frozen dataclass) as a JSON response."""
    return Response(
        _encoder.encode(value), status, headers={"Cache-Control": "no-store"}, media_type="application/json"
    )


def json_bytes(value: object) -> bytes:
    """``value`` as one line of JSON."""
    return _encoder.encode(value)
