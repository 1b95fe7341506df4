"""A mail that is too big to be fetched whole: its header, its texts and what is small, put together as a mail again. What is
attached and big is only named. Pure, but for asking the session."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hameau.library.sources.imap_session import Session

_HEADER = 256 << 10
_PART_HEADER = 16 << 10
_BOUNDARY = "hameau-parts-of-a-big-mail"
_MOST_PARTS = 200
_DEPTH = 30
_SHAPE = re.compile(rb"^(?:Content-[A-Za-z-]+|MIME-Version):[^\n]*\n(?:[ \t][^\n]*\n)*", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A part that has no parts: its section, and how many bytes it takes on the way."""

    section: str
    kind: str
    size: int


def without_attachments(session: Session, uid: int, most: int) -> bytes:
    """The mail with what fits in about ``most`` bytes. Empty when the server does not say what it is made of."""
    parts = list(leaves(session.structure(uid)))[:_MOST_PARTS]
    if len(parts) < 2:
        return b""
    head = session.piece(uid, "HEADER", _HEADER)
    whole = [_SHAPE.sub(b"", head).rstrip(b"\r\n")]
    whole.append(f'\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="{_BOUNDARY}"\r\n\r\n'.encode())
    room = most
    for leaf in parts:
        shape = session.piece(uid, f"{leaf.section}.MIME", _PART_HEADER).strip(b"\r\n")
        body = b""
        if leaf.size <= (most if leaf.kind.startswith("text/") else most // 4) and leaf.size <= room:
            body = session.piece(uid, leaf.section, leaf.size)
            room -= leaf.size
        whole.append(b"--" + _BOUNDARY.encode() + b"\r\n" + shape + b"\r\n\r\n" + body + b"\r\n")
    whole.append(b"--" + _BOUNDARY.encode() + b"--\r\n")
    return b"".join(whole)


def leaves(structure: Any, section: str = "", depth: int = 0) -> Iterator[Leaf]:
    """The parts of a mail that has some, by its BODYSTRUCTURE (RFC 3501, 7.4.2); of several ways to say the same the plain
    one, else the last."""
    if not isinstance(structure, tuple) or not structure or depth > _DEPTH:
        return
    if isinstance(structure[0], list):
        inner = [
            leaf
            for number, one in enumerate(structure[0], 1)
            for leaf in leaves(one, _below(section, number), depth + 1)
        ]
        if len(structure) > 1 and _text(structure[1]) == "alternative":
            plain = [leaf for leaf in inner if leaf.kind == "text/plain"]
            inner = plain[:1] or inner[-1:]
        yield from inner
        return
    if len(structure) > 6:
        size = structure[6] if isinstance(structure[6], int) and structure[6] >= 0 else 0
        yield Leaf(section or "1", f"{_text(structure[0])}/{_text(structure[1])}", size)


def _below(section: str, number: int) -> str:
    return f"{section}.{number}" if section else str(number)


def _text(value: object) -> str:
    return value.decode("ascii", "replace").lower() if isinstance(value, bytes) else ""
