"""Netlink, the kernel's own message format (RFC 3549; linux/netlink.h): built, asked and read. Knows no family.

Reading never trusts a length: what does not fit ends the iteration.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from types import TracebackType
from typing import Self

REQUEST, MULTI, ACK, DUMP = 0x1, 0x2, 0x4, 0x300
CREATE, EXCLUDE, REPLACE = 0x400, 0x200, 0x100
NESTED = 0x8000

_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_ERROR, _DONE = 2, 3
_TIMEOUT = 5.0  # seconds; the kernel answers at once


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its kind, its flags and what follows the header."""

    kind: int
    flags: int
    body: bytes


def attribute(kind: int, value: bytes) -> bytes:
    """One attribute, padded to four bytes."""
    size = _ATTRIBUTE.size + len(value)
    return _ATTRIBUTE.pack(size, kind) + value + bytes(-size % 4)


def text(kind: int, value: str) -> bytes:
    """An attribute that holds a text, ended by a zero byte."""
    return attribute(kind, value.encode() + b"\0")


def number(kind: int, value: int) -> bytes:
    """An attribute that holds a 32 bit number in the machine's own order."""
    return attribute(kind, struct.pack("=I", value))


def nest(kind: int, *inner: bytes) -> bytes:
    """An attribute that holds attributes."""
    return attribute(kind | NESTED, b"".join(inner))


def attributes(data: bytes, offset: int = 0) -> Iterator[tuple[int, bytes]]:
    """The (kind, value) pairs in ``data``; ends at the first that does not fit."""
    while offset + _ATTRIBUTE.size <= len(data):
        size, kind = _ATTRIBUTE.unpack_from(data, offset)
        if size < _ATTRIBUTE.size or offset + size > len(data):
            return
        yield kind & 0x3FFF, data[offset + _ATTRIBUTE.size : offset + size]
        offset += (size + 3) & ~3


def messages(data: bytes) -> Iterator[Message]:
    """The messages in what one ``recv`` gave; ends at the first that does not fit."""
    offset = 0
    while offset + _HEADER.size <= len(data):
        size, kind, flags, _, _ = _HEADER.unpack_from(data, offset)
        if size < _HEADER.size or offset + size > len(data):
            return
        yield Message(kind, flags, data[offset + _HEADER.size : offset + size])
        offset += (size + 3) & ~3


class Netlink:
    """One netlink socket of ``protocol``, in the network namespace of the thread that made it."""

    def __init__(self, protocol: int) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
        self._socket.bind((0, 0))
        self._socket.settimeout(_TIMEOUT)
        self._numbers = count(1)

    @property
    def socket(self) -> socket.socket:
        """The socket itself, for waiting and for options."""
        return self._socket

    def ask(self, kind: int, body: bytes, flags: int = 0) -> tuple[Message, ...]:
        """Sends one request and returns what the kernel says to it. Raises :class:`OSError` with the kernel's number."""
        wanted = flags & DUMP == DUMP
        self.send(kind, body, flags | REQUEST | (0 if wanted else ACK))
        answers: list[Message] = []
        while True:
            for message in messages(self._socket.recv(1 << 16)):
                if message.kind == _DONE:
                    return tuple(answers)
                if message.kind == _ERROR:
                    _raise(message.body)
                    return tuple(answers)
                answers.append(message)

    def send(self, kind: int, body: bytes, flags: int) -> None:
        """Sends one message and waits for nothing."""
        self._socket.send(_HEADER.pack(_HEADER.size + len(body), kind, flags, next(self._numbers), 0) + body)

    def close(self) -> None:
        """Closes the socket."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _raise(body: bytes) -> None:
    if len(body) < 4:
        raise OSError(74, "netlink: an answer that is too short")  # EBADMSG
    (negative,) = struct.unpack_from("=i", body)
    if negative:
        raise OSError(-negative, f"netlink: {os.strerror(-negative)}")
