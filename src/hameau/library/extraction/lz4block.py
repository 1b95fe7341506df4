"""Unpacks LZ4 blocks, as Firefox packs the copies of its bookmarks. Runs in the worker.

Source: the LZ4 block format description; the container is eight letters and the size, little endian.
"""

from __future__ import annotations

import struct

from hameau.library.extraction import limits
from hameau.library.extraction.reasons import Unreadable

MAGIC = b"mozLz40\0"
_HEAD = len(MAGIC) + 4
_LEAST = 4


def unpacked(data: bytes) -> bytes:
    """What a ``.jsonlz4`` file holds. Raises :class:`Unreadable`."""
    if not data.startswith(MAGIC) or len(data) < _HEAD:
        raise Unreadable("damaged")
    (size,) = struct.unpack_from("<I", data, len(MAGIC))
    if size > limits.MEMBER_BYTES or size > 255 * len(data):
        raise Unreadable("bomb")
    out = bytearray()
    at, end = _HEAD, len(data)
    try:
        while at < end:
            token = data[at]
            length, at = _length(data, at + 1, token >> 4)
            if at + length > end:
                raise Unreadable("damaged")
            out += data[at : at + length]
            at += length
            if at >= end:
                break
            back = data[at] | data[at + 1] << 8
            length, at = _length(data, at + 2, token & 15)
            _repeat(out, back, length + _LEAST)
            if len(out) > size:
                raise Unreadable("damaged")
    except IndexError as error:
        raise Unreadable("damaged") from error
    if len(out) != size:
        raise Unreadable("damaged")
    return bytes(out)


def _length(data: bytes, at: int, length: int) -> tuple[int, int]:
    if length == 15:
        while True:
            more = data[at]
            at += 1
            length += more
            if more != 255:
                break
    return length, at


def _repeat(out: bytearray, back: int, length: int) -> None:
    """Appends ``length`` bytes from ``back`` bytes ago; they may overlap with what is appended."""
    if not 0 < back <= len(out) or length > limits.MEMBER_BYTES:
        raise Unreadable("damaged")
    start = len(out) - back
    if back >= length:
        out += out[start : start + length]
        return
    pattern = bytes(out[start:])
    out += (pattern * (length // back + 1))[:length]
