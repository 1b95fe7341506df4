"""Messages between us and a worker process: four bytes of length, then the bytes. Knows nothing of what they mean."""

from __future__ import annotations

import struct
from typing import BinaryIO

_LENGTH = struct.Struct("<I")
MAX_FRAME = 256 << 20
"""Bytes; nothing we send comes near, so a longer one is garbage on the line."""


def write_frame(stream: BinaryIO, payload: bytes) -> None:
    """Sends one message at once; raises ``OSError`` when the other side is gone."""
    stream.write(_LENGTH.pack(len(payload)) + payload)
    stream.flush()


def read_frame(stream: BinaryIO) -> bytes | None:
    """The next message, or ``None`` when the other side is gone (or sent garbage)."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > MAX_FRAME:
        return None
    payload = stream.read(length)
    return payload if len(payload) == length else None
