"""Identifiers that sort by creation time (UUIDv7, RFC 9562) for things that are named across machines."""

from __future__ import annotations

import os
import time


def new_id(prefix: str) -> str:
    """``prefix`` and 32 hexadecimal digits, of which the first twelve are the time in milliseconds (RFC 9562, section 5.7)."""
    milliseconds = int(time.time() * 1000) & 0xFFFFFFFFFFFF
    random = int.from_bytes(os.urandom(10))
    high = (milliseconds << 16) | 0x7000 | (random >> 68 & 0x0FFF)
    low = 0x8000000000000000 | (random & 0x3FFFFFFFFFFFFFFF)
    return f"{prefix}_{high:016x}{low:016x}"
