"""One endpoint of the API, declared once: its route, its checks and its description all come from here.

The handler is a plain function in a thread: ``handler(call, parameters)`` or ``handler(call, parameters, body)``. Path and
query parameters are decoded together into ``parameters``, the JSON body into ``body``. A ``live`` handler is asynchronous
and gets the request first: ``await handler(request, call, parameters, body)``; it may stream, and notice a hang-up.
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
from hameau.server.errors import TooLarge, known
from hameau.server.events import SSE
from hameau.server.faces import Face, failed
from hameau.server.mistakes import bad_shape
from hameau.server.replies import json_reply
from hameau.server.shapes import MAX_BODY, NoParameters

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a caller must know of one endpoint, and the function behind it.

    ``answer`` is the type of the JSON answer, ``None`` for no content. A handler that returns a ``Response`` sends it as it
    is; ``media``, ``events`` and ``stream`` then describe it. A handler with ``raw`` reads the request itself (uploads).
    """

    method: str
    path: str
    summary: str
    handler: Callable[..., Any]
    parameters: type[msgspec.Struct] = NoParameters
    body: type | None = None
    answer: Any = None
    status: int = 200
    also: tuple[tuple[int, str], ...] = ()
    """Other answers that are a success and hold nothing: the status, and when it comes."""
    media: str = "application/json"
    events: tuple[tuple[str, Any], ...] = ()
    """What a stream carries, by the name of the event; an empty name for data alone."""
    stream: str = SSE
    """The media type of a stream."""
    raw: bool = False
    live: bool = False
    limit: int = MAX_BODY
    """Bytes of body at most."""
    tag: str = ""
    face: Face = "native"
    """Whose protocol it speaks: its errors have that form."""

    def route(self) -> Route:
        """The Starlette route that answers it."""

        async def answer(request: Request) -> Response:
            call = call_of(request)
            try:
                return await self._answer(request, call)
            except Exception as error:
                log.debug("%s %s failed", self.method, self.path, exc_info=error)
                return failed(self.face, known(error), call.language)

        return Route(self.path, answer, methods=[self.method], name=f"{self.method} {self.path}")

    async def _answer(self, request: Request, call: Call) -> Response:
        arguments: list[Any] = [call, decode_parameters(request, self.parameters)]
        if self.body is not None and not self.raw:
            arguments.append(decode_json(await read_bounded(request, self.limit), self.body))
        if self.raw or self.live:
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
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
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
