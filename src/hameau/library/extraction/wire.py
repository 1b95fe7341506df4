"""How the server and an extraction worker talk: length-prefixed MessagePack over one inherited socket, files as descriptors.

Both sides bound what they accept, so a worker that a hostile file took over can at most send a wrong text.
"""

from __future__ import annotations

import select
import socket  # noqa: TID251 - a pair of connected sockets between two processes, no network
import struct
from collections.abc import Callable
from typing import Annotated, TypeVar

import msgspec

from hameau.library.extraction.limits import ASIDES, FORM_BYTES, INSIDE, LINKS, PAGES
from hameau.library.types import PageSpan, Span

_MOST_BYTES = 4  # of a character in UTF-8
_BESIDES_TEXT = 16 << 20
MAX_REPLY_BYTES = 256 << 20
_LENGTH = struct.Struct(">Q")


class Hello(msgspec.Struct, frozen=True):
    """The first message of a worker: the walls that hold around it."""

    walls: tuple[str, ...]


class Job(msgspec.Struct, frozen=True):
    """A file to read; its open descriptor travels beside the message."""

    name: str
    media_type: str
    size: int
    ocr_languages: tuple[str, ...]
    seconds: int
    max_characters: int
    left_out: tuple[int, ...] = ()
    """Numbers of steps that broke a reader before."""
    form: str = ""
    """Not a document to read but a form, by its name in ``forms``."""


class Found(msgspec.Struct, frozen=True):
    """The text of a file; bounded where a few bytes of a message could become many in memory."""

    text: str
    title: str = ""
    media_type: str = ""
    pages: Annotated[tuple[PageSpan, ...], msgspec.Meta(max_length=PAGES)] = ()
    warnings: Annotated[tuple[str, ...], msgspec.Meta(max_length=8)] = ()
    dated_at: str = ""
    authors: str = ""
    asides: Annotated[tuple[Span, ...], msgspec.Meta(max_length=ASIDES)] = ()
    link: str = ""
    thread: str = ""
    links: Annotated[tuple[str, ...], msgspec.Meta(max_length=LINKS)] = ()


class FoundPart(msgspec.Struct, frozen=True):
    """A document inside the file."""

    name: str
    found: Found
    size: int = 0


class Reply(msgspec.Struct, frozen=True):
    """What came of a job: a text, or the name of a reason in :mod:`hameau.library.extraction.reasons`; or, before that, the
    number of the step that begins."""

    found: Found | None = None
    parts: Annotated[tuple[FoundPart, ...], msgspec.Meta(max_length=INSIDE)] = ()
    told: Annotated[bytes, msgspec.Meta(max_length=FORM_BYTES)] = b""
    """What a form says, as JSON."""
    reason: str = ""
    detail: str = ""
    """For the log only, never shown to a person."""
    step: int = 0


Message = TypeVar("Message")
Wait = Callable[[socket.socket], None]
"""Returns when the socket can be read; raises to give up."""


def longest_reply(max_characters: int) -> int:
    """The most bytes that a reply about a text of so many characters may have."""
    return max_characters * _MOST_BYTES + _BESIDES_TEXT


def for_ever(channel: socket.socket) -> None:
    """Waits as long as it takes."""
    select.select([channel], [], [])


def send(channel: socket.socket, message: msgspec.Struct, descriptor: int | None = None) -> None:
    """Sends one message, with an open file beside it."""
    payload = msgspec.msgpack.encode(message)
    head = _LENGTH.pack(len(payload))
    if descriptor is None:
        channel.sendall(head)
    else:
        socket.send_fds(channel, [head], [descriptor])
    channel.sendall(payload)


def receive(
    channel: socket.socket, kind: type[Message], wait: Wait = for_ever, longest: int = MAX_REPLY_BYTES
) -> Message:
    """The next message, of at most ``longest`` bytes. Raises ``EOFError`` when the other side is gone, ``ValueError`` when it
    does not speak this language."""
    return _payload(channel, _exactly(channel, _LENGTH.size, wait), kind, wait, longest)


def receive_with_file(channel: socket.socket, kind: type[Message], wait: Wait = for_ever) -> tuple[Message, int]:
    """The next message and the open file beside it."""
    wait(channel)
    head, descriptors, _, _ = socket.recv_fds(channel, _LENGTH.size, 1)
    if not head:
        raise EOFError
    if len(head) < _LENGTH.size:
        head += _exactly(channel, _LENGTH.size - len(head), wait)
    if len(descriptors) != 1:
        raise ValueError("a message without its file")
    return _payload(channel, head, kind, wait, MAX_REPLY_BYTES), descriptors[0]


def _payload(channel: socket.socket, head: bytes, kind: type[Message], wait: Wait, longest: int) -> Message:
    (length,) = _LENGTH.unpack(head)
    if length > longest:
        raise ValueError("a message beyond all bounds")
    try:
        return msgspec.msgpack.decode(_exactly(channel, length, wait), type=kind)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error


def _exactly(channel: socket.socket, length: int, wait: Wait) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        wait(channel)
        part = channel.recv(min(length - len(parts), 1 << 20))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)
