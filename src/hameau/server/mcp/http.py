"""The protocol over HTTP (« Streamable HTTP »): one request a POST, its answer as JSON, or as events while a person waits.

Nothing is kept between two requests. An older client gets a name for its session, which is only what it may cancel its own
requests by: a number alone would let any program stop another's. There is no stream without a request (GET), as nothing is
ever said unasked.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hameau.kit import BadInput, HameauError, explain
from hameau.server.call import Call
from hameau.server.endpoint import Endpoint, read_bounded
from hameau.server.errors import known, status_of
from hameau.server.events import SSE, event, gathered, streamed
from hameau.server.faces import FAILURE_SHAPES, FAILURES
from hameau.server.mcp import protocol
from hameau.server.mcp.desk import Desk
from hameau.server.mcp.methods import Replying, explained, paced, respond
from hameau.server.mcp.protocol import HANDSHAKE, Id, Json, Message, Wrong
from hameau.server.mcp.tools import TOOLS
from hameau.server.replies import json_reply
from hameau.server.shapes import NoParameters

SESSION = "Mcp-Session-Id"
_STATUS = {
    protocol.PARSE_ERROR: 400,
    protocol.INVALID_REQUEST: 400,
    protocol.INVALID_PARAMS: 400,
    protocol.HEADER_MISMATCH: 400,
    protocol.UNSUPPORTED_VERSION: 400,
    protocol.METHOD_NOT_FOUND: 404,
}
"""Since 2026-07-28; before, whatever is answered to a request has the status 200."""
_BEAT = b": \n\n"
"""A line that says nothing: the line is not dead."""
_ROUTING = ("mcp-protocol-version", "mcp-method", "mcp-name")


class Fault(msgspec.Struct, frozen=True):
    """What went wrong. ``data`` has our own code and what to do about it."""

    code: int
    message: str
    data: object = None


class Refusal(msgspec.Struct, frozen=True):
    """An error of JSON-RPC."""

    jsonrpc: Literal["2.0"]
    id: int | str | None
    error: Fault


class Posted(msgspec.Struct, frozen=True):
    """A message of JSON-RPC: a request, or without an ``id`` a notification."""

    jsonrpc: Literal["2.0"]
    method: str
    id: int | str | msgspec.UnsetType = msgspec.UNSET
    params: dict[str, Any] = {}


class Replied(msgspec.Struct, frozen=True):
    """The answer to a request: ``result``, or ``error``."""

    jsonrpc: Literal["2.0"]
    id: int | str | None
    result: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    error: Fault | msgspec.UnsetType = msgspec.UNSET


class Running:
    """The requests of older clients that are being answered, so that they can be cancelled."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[tuple[str, type, Id], threading.Event] = {}

    @contextmanager
    def listed(self, session: str, message: Message, cancel: threading.Event) -> Iterator[None]:
        """While the request is answered, :meth:`cancel` sets ``cancel``."""
        key = (session, type(message.id), message.id or 0)
        if session:
            with self._lock:
                self._running[key] = cancel
        try:
            yield
        finally:
            with self._lock:
                if self._running.get(key) is cancel:
                    del self._running[key]

    def cancel(self, session: str, number: object) -> None:
        """Stops that request of that session, if it still runs."""
        if isinstance(number, int | str):
            with self._lock:
                cancel = self._running.get((session, type(number), number))
            if cancel is not None:
                cancel.set()


def failed(error: HameauError, language: str) -> Response:
    """An error that no request has to itself."""
    code = protocol.INVALID_REQUEST if isinstance(error, BadInput) else protocol.INTERNAL_ERROR
    message, hint = explain(error, language)
    wrong = Wrong(code, message, {"code": error.code, "hint": hint})
    return json_reply(protocol.refusal(None, wrong), status_of(error))


FAILURES["mcp"] = failed
FAILURE_SHAPES["mcp"] = Refusal
running = Running()


async def post(request: Request, call: Call, _: NoParameters) -> Response:
    message: Message | None = None
    modern = True
    try:
        message = protocol.read(await read_bounded(request, protocol.MAX_MESSAGE))
        if message is None:
            return Response(status_code=202)
        modern = _era(request, message)
        if message.id is None:
            return _noted(request, message)
        return await _answered(request, call, message, modern=modern)
    except Wrong as wrong:
        number = message.id if message else None
        return json_reply(protocol.refusal(number, wrong), _STATUS.get(wrong.code, 200) if modern else 200)


def _era(request: Request, message: Message) -> bool:
    """Whether ``message`` stands alone. Raises :class:`Wrong` for a revision that is not served, or headers that contradict."""
    headers = request.headers
    named = headers.get("mcp-protocol-version")
    if message.method == "initialize" or (not protocol.is_modern(message) and (named is None or named in HANDSHAKE)):
        return False
    if message.id is None:
        if named is not None and named not in (*HANDSHAKE, *protocol.MODERN):
            raise protocol.unsupported(named)
        return True
    twice = [name for name in _ROUTING if len(headers.getlist(name)) > 1]
    if twice:
        raise Wrong(protocol.HEADER_MISMATCH, f"The header {twice[0]} stands there twice.")
    if not protocol.is_modern(message) and named is not None and named not in protocol.MODERN:
        raise protocol.unsupported(named)
    protocol.check_modern(message, headers)
    return True


def _noted(request: Request, message: Message) -> Response:
    session = request.headers.get(SESSION, "")
    if message.method == "notifications/cancelled" and session:
        running.cancel(session, message.params.get("requestId"))
    return Response(status_code=202)


async def _answered(request: Request, call: Call, message: Message, *, modern: bool) -> Response:
    desk = Desk(call.house, call.language)
    session = "" if modern else request.headers.get(SESSION, "")

    def events(cancel: threading.Event) -> Iterator[bytes]:
        with running.listed(session, message, cancel):
            yield from _events(paced(respond(desk, message, cancel, modern=modern)), message)

    def result(cancel: threading.Event) -> Json | Wrong:
        with running.listed(session, message, cancel):
            return at_last(respond(desk, message, cancel, modern=modern))

    if _takes_long(message) and SSE in request.headers.get("accept", ""):
        return await streamed(request, events, lambda error: _last(message, known(error), desk.language), SSE)
    found = await gathered(request, result)
    if isinstance(found, Wrong):
        raise found
    reply = json_reply(protocol.answer(message.id, found))
    if message.method == "initialize":
        reply.headers[SESSION] = secrets.token_urlsafe(18)
    return reply


def _takes_long(message: Message) -> bool:
    name = message.params.get("name")
    return message.method == "tools/call" and isinstance(name, str) and name in TOOLS and TOOLS[name].slow


def at_last(replying: Replying) -> Json | Wrong:
    """The result alone, or what it gets instead."""
    try:
        while True:
            next(replying)
    except StopIteration as end:
        result: Json = end.value
        return result
    except Wrong as wrong:
        return wrong


def _events(replying: Replying, message: Message) -> Iterator[bytes]:
    """How far the answer is, if the client wants to know, and the answer; a line that says nothing where there is nothing
    to say."""
    try:
        result = yield from _told(replying, message)
    except Wrong as wrong:
        yield _event(protocol.refusal(message.id, wrong))
    else:
        yield _event(protocol.answer(message.id, result))


def _told(replying: Replying, message: Message) -> Generator[bytes, None, Json]:
    token, done = message.progress_token, 0
    while True:
        try:
            text = next(replying)
        except StopIteration as end:
            result: Json = end.value
            return result
        if token is None or not text:
            yield _BEAT
        else:
            done += 1
            yield _event(protocol.progress(token, done, text))


def _last(message: Message, error: HameauError, language: str) -> bytes:
    return _event(protocol.refusal(message.id, explained(error, language)))


def _event(message: Json) -> bytes:
    return event("message", protocol.encode(message))


ENDPOINTS = (
    Endpoint(
        "POST",
        "/mcp",
        "A message of the Model Context Protocol: programs search, read and ask the documents",
        post,
        body=Posted,
        answer=Replied,
        also=((202, "Taken: a notification has no answer."),),
        raw=True,
        tag="mcp",
        face="mcp",
    ),
)
