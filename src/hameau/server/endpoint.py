"""One endpoint of the API, declared once: its route, its checks and its description all come from here.

The handler is a plain function in a thread: ``handler(call, parameters)`` or ``handler(call, parameters, body)``. Path and
query parameters are decoded together into ``parameters``, the JSON body into ``body``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hameau.kit import N_
from hameau.server.call import Call, call_of
from hameau.server.errors import TooLarge, failure_of, known, status_of
from hameau.server.mistakes import bad_shape
from hameau.server.replies import json_reply
from hameau.server.shapes import MAX_BODY, NoParameters
from hameau.server.visitors import check_visitor

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a caller must know of one endpoint, and the function behind it.

    ``answer`` is the type of the JSON answer, ``None`` for no content. A handler that returns a ``Response`` sends it as it
    is; ``media`` and ``events`` then describe it. A handler with ``raw`` reads the request itself (streams, uploads).
    """

    method: str
    path: str
    summary: str
    handler: Callable[..., Any]
    parameters: type[msgspec.Struct] = NoParameters
    body: type | None = None
    answer: Any = None
    status: int = 200
    media: str = "application/json"
    events: tuple[tuple[str, Any], ...] = ()
    raw: bool = False
    tag: str = ""

    def route(self) -> Route:
        """The Starlette route that answers it."""

        async def answer(request: Request) -> Response:
            call = call_of(request)
            try:
                check_visitor(call, self.method, self.path)
                return await self._answer(request, call)
            except Exception as error:
                log.debug("%s %s failed", self.method, self.path, exc_info=error)
                ours = known(error)
                return json_reply(failure_of(ours, call.language), status_of(ours))

        return Route(self.path, answer, methods=[self.method], name=f"{self.method} {self.path}")

    async def _answer(self, request: Request, call: Call) -> Response:
        arguments: list[Any] = [call, decode_parameters(request, self.parameters)]
        if self.body is not None and not self.raw:
            arguments.append(decode_json(await read_bounded(request, MAX_BODY), self.body))
        if self.raw:
            response: Response = await self.handler(request, *arguments)
            return response
        value = await run_in_threadpool(self.handler, *arguments)
        if isinstance(value, Response):
            return value
        return Response(status_code=204) if self.answer is None else json_reply(value, self.status)


def decode_parameters(request: Request, shape: type[msgspec.Struct]) -> msgspec.Struct:
    """Path and query parameters as ``shape``, numbers read from their digits; those of the path win."""
    given = dict(request.query_params) | request.path_params
    try:
        return msgspec.convert(given, shape, strict=False)
    except msgspec.ValidationError as error:
        raise bad_shape(error) from error


def decode_json(data: bytes, shape: type[T]) -> T:
    """``data`` as ``shape``; anything else is refused with the reason and the place."""
    try:
        return msgspec.json.decode(data or b"{}", type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise bad_shape(error) from error


async def read_bounded(request: Request, limit: int) -> bytes:
    """The body, refused as soon as more than ``limit`` bytes are announced or arrive."""
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > limit:
        raise too_large(limit)
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise too_large(limit)
        parts.append(part)
    return b"".join(parts)


def too_large(limit: int) -> TooLarge:
    """More than ``limit`` bytes came."""
    return TooLarge(
        N_("That is more than this can take at once ({limit} MB)."),
        hint=N_("Send less at a time."),
        limit=max(1, limit // 1_000_000),
    )
