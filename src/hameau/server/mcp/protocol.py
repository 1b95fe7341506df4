"""The messages of the Model Context Protocol, and which revision a client speaks. Pure.

Two eras of the protocol are served. Up to 2025-11-25 a client shakes hands (``initialize``) and the revision holds from then
on; since 2026-07-28 every request carries its own in ``params._meta``, and nothing is remembered between two of them.
Specification: https://modelcontextprotocol.io/specification; the messages are those of JSON-RPC 2.0.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

HANDSHAKE = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
"""Revisions that begin with ``initialize``, the oldest first."""
MODERN = ("2026-07-28",)
"""Revisions whose requests stand alone."""
ASSUMED = "2025-03-26"
"""What a client speaks that says nothing, over HTTP (specification 2025-06-18, Transports, « Protocol Version Header »)."""
MAX_MESSAGE = 1_000_000
"""Bytes of one message that comes in."""

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
HEADER_MISMATCH = -32020
UNSUPPORTED_VERSION = -32022
RESOURCE_NOT_FOUND = -32002
"""Until 2025-11-25; later revisions say :data:`INVALID_PARAMS`."""

VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities"
SERVER_KEY = "io.modelcontextprotocol/serverInfo"
NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
"""Methods whose HTTP requests repeat a parameter in the header ``Mcp-Name``."""

Id = int | str
Json = dict[str, Any]


class Wrong(Exception):
    """A message that gets a JSON-RPC error."""

    def __init__(self, code: int, message: str, data: object = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data


@dataclass(frozen=True, slots=True)
class Message:
    """A request, or a notification: that has no ``id`` and gets no answer."""

    method: str
    params: Mapping[str, Any]
    id: Id | None = None

    @property
    def meta(self) -> Mapping[str, Any]:
        """``params._meta``."""
        found = self.params.get("_meta")
        return found if isinstance(found, dict) else {}

    @property
    def progress_token(self) -> Id | None:
        """What the client wants its notifications of progress to be called by."""
        found = self.meta.get("progressToken")
        return found if isinstance(found, int | str) and not isinstance(found, bool) else None


def read(data: bytes) -> Message | None:
    """The message in ``data``; ``None`` for an answer to us, who never ask. Raises :class:`Wrong`."""
    if len(data) > MAX_MESSAGE:
        raise Wrong(INVALID_REQUEST, f"A message may have {MAX_MESSAGE} bytes at most.")
    try:
        found = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Wrong(PARSE_ERROR, "This is no valid JSON.") from None
    if not isinstance(found, dict) or found.get("jsonrpc") != "2.0":
        raise Wrong(INVALID_REQUEST, "One JSON-RPC 2.0 request or notification is expected.")
    if "method" not in found and ("result" in found or "error" in found):
        return None
    method, params, number = found.get("method"), found.get("params"), found.get("id")
    params = {} if params is None else params
    named = "id" not in found or (isinstance(number, int | str) and not isinstance(number, bool))
    if not (isinstance(method, str) and isinstance(params, dict) and named):
        raise Wrong(INVALID_REQUEST, "One JSON-RPC 2.0 request or notification is expected.")
    return Message(method, params, number)


def is_modern(message: Message) -> bool:
    """Whether ``message`` carries its own revision. ``initialize`` belongs to the older era whatever it carries."""
    return message.method != "initialize" and VERSION_KEY in message.meta


def check_modern(message: Message, headers: Mapping[str, str] | None = None) -> str:
    """The revision of a request that stands alone. ``headers`` are those of HTTP, by lower-case names; they repeat what the
    message says, for whoever routes it. Raises :class:`Wrong`."""
    missing = [key for key in (VERSION_KEY, CAPABILITIES_KEY) if key not in message.meta]
    if missing:
        raise Wrong(INVALID_PARAMS, f"params._meta lacks {', '.join(missing)}.")
    version = message.meta[VERSION_KEY]
    if headers is not None:
        if headers.get("mcp-protocol-version") != version:
            raise Wrong(HEADER_MISMATCH, "The header MCP-Protocol-Version does not repeat the revision of the message.")
        if headers.get("mcp-method") != message.method:
            raise Wrong(HEADER_MISMATCH, "The header Mcp-Method does not repeat the method of the message.")
        name = message.params.get(NAMED.get(message.method, ""))
        if name is not None and _plain_header(headers.get("mcp-name", "")) != name:
            raise Wrong(HEADER_MISMATCH, "The header Mcp-Name does not repeat the name in the message.")
    if not isinstance(version, str):
        raise Wrong(INVALID_PARAMS, f"{VERSION_KEY} must be a text.")
    if version not in MODERN:
        raise unsupported(version)
    return version


def unsupported(version: str) -> Wrong:
    """This revision is not served."""
    data = {"supported": [*MODERN, *HANDSHAKE], "requested": version}
    return Wrong(UNSUPPORTED_VERSION, "Unsupported protocol version", data)


def agreed(offered: object) -> str:
    """The revision for a client that shakes hands and offers one: that, else our latest."""
    return offered if isinstance(offered, str) and offered in HANDSHAKE else HANDSHAKE[-1]


def answer(number: Id | None, result: Json) -> Json:
    """A result as a message."""
    return {"jsonrpc": "2.0", "id": number, "result": result}


def refusal(number: Id | None, wrong: Wrong) -> Json:
    """An error as a message."""
    error: Json = {"code": wrong.code, "message": wrong.message}
    if wrong.data is not None:
        error["data"] = wrong.data
    return {"jsonrpc": "2.0", "id": number, "error": error}


def progress(token: Id, done: int, text: str) -> Json:
    """How far a request is, while it is being answered: the number grows, and nobody knows how far it will."""
    params: Json = {"progressToken": token, "progress": done, "message": text}
    return {"jsonrpc": "2.0", "method": "notifications/progress", "params": params}


def encode(message: Json) -> bytes:
    """One line of JSON."""
    return msgspec.json.encode(message)


def _plain_header(value: str) -> str | None:
    """A header's text; what is not plain ASCII comes as ``=?base64?…?=`` (specification 2026-07-28, Transports)."""
    if not (value.startswith("=?base64?") and value.endswith("?=")):
        return value
    try:
        plain = base64.b64decode(value[9:-2], validate=True)
        return plain.decode() if base64.b64encode(plain).decode() == value[9:-2] else None
    except ValueError:
        return None
