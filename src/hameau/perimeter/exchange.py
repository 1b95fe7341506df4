"""One request and its answer over a line that was allowed (HTTP/1.1, RFC 9112): bounded, and stopped at any moment.

The other side is not trusted: what it sends is counted, a line that never ends is cut, one that drips is given up, and a
redirect is an answer like any other, which nobody follows. Knows nothing of what is said.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from hameau.kit import N_, HameauError, Unavailable
from hameau.perimeter.wire import Patience, Wire

logger = logging.getLogger(__name__)

_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9]{2})(?: [^\r\n]*)?\r?\n")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):([^\r\n\x00]*)\r?\n")
_CHUNK = re.compile(rb"([0-9a-fA-F]{1,12})[ \t]*(?:;[^\r\n]*)?\r?\n")
_HEADERS, _HEADER_BYTES, _INTERIM = 100, 16 << 10, 5
_PIECE = 1 << 16
_STRETCH = 1 << 18
"""Bytes of a long body that must be here within ``Patience.between``: who drips slower is given up."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request. ``url`` must lead to where the line leads."""

    method: str
    url: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Besides ``Host`` and what the body needs; they may hold a secret."""


class Answer:
    """What the other side said: a status, headers, and a body that is read once, whole or line by line."""

    def __init__(
        self,
        wire: Wire,
        patience: Patience,
        status: int,
        headers: Mapping[str, str],
        *,
        bodiless: bool = False,
        lasting: bool = False,
    ) -> None:
        """``bodiless``: what answers a HEAD. ``lasting``: the other side would keep the line."""
        self.status = status
        self._bodiless = bodiless or status in (204, 304)
        self._lasting = lasting
        self._ended = False
        self._wire = wire
        self._patience = patience
        self._headers = headers
        self._pieces = self._body()
        self._here = bytearray()

    def header(self, name: str) -> str:
        """The header of that name; empty when there is none."""
        return self._headers.get(name.lower(), "")

    @property
    def keeps(self) -> bool:
        """Whether the body was read to its very end, and the line can carry another request."""
        return self._ended and self._lasting and not self._wire.rest

    def drain(self, limit: int) -> None:
        """Reads over what is left of the body, as long as that is little: the line can be kept then."""
        self._wire.wait_at_most(self._patience.between)
        for piece in self._pieces:
            limit -= len(piece)
            if limit < 0:
                return

    def pieces(self) -> Iterator[bytes]:
        """The body as it comes, for what is too long to be held. Raises :class:`Unavailable` when it breaks off or drips."""
        self._wire.wait_at_most(self._patience.between)
        here = 0
        for piece in self._pieces:
            yield piece
            here += len(piece)
            if here >= _STRETCH:
                here = 0
                self._wire.wait_at_most(self._patience.between)

    def read(self, limit: int) -> bytes:
        """The rest of the body. Raises :class:`Unavailable` when it is longer than ``limit`` bytes, or breaks off."""
        self._wire.wait_at_most(self._patience.between)
        for piece in self._pieces:
            self._here += piece
            if len(self._here) > limit:
                raise self._wire.too_much()
        return bytes(self._here)

    def lines(self) -> Iterator[bytes]:
        """The body line by line, without the line ends, each as soon as it is here. Raises as :meth:`read` does."""
        self._wire.wait_at_most(self._patience.between)
        for piece in self._pieces:
            looked = len(self._here)
            self._here += piece
            while (end := self._here.find(b"\n", looked)) >= 0:
                if end > self._patience.line:
                    raise self._wire.too_much()
                line, looked = bytes(self._here[:end]), 0
                del self._here[: end + 1]
                yield line.rstrip(b"\r")
                self._wire.wait_at_most(self._patience.between)
            if len(self._here) > self._patience.line:
                raise self._wire.too_much()
        if self._here:
            yield bytes(self._here)

    def _body(self) -> Iterator[bytes]:
        """The body in pieces, however it is framed (RFC 9112, 6.3)."""
        if self._bodiless:
            self._ended = True
            return
        coding = self._headers.get("transfer-encoding")
        if coding is not None:
            if coding.lower() != "chunked":
                raise not_http(self._wire.host, f"transfer encoding {coding[:40]!r}")
            yield from self._chunks()
            self._ended = True
        elif (length := self._headers.get("content-length")) is not None:
            if not re.fullmatch(r"[0-9]{1,15}", length):
                raise not_http(self._wire.host, f"content length {length[:40]!r}")
            yield from self._sized(int(length))
            self._ended = True
        else:
            while piece := self._wire.some(_PIECE):
                yield piece

    def _sized(self, left: int) -> Iterator[bytes]:
        while left:
            piece = self._wire.some(min(left, _PIECE))
            if not piece:
                raise self._wire.broken(EOFError(f"{left} bytes early"))
            left -= len(piece)
            yield piece

    def _chunks(self) -> Iterator[bytes]:
        while True:
            line = self._wire.line(_HEADER_BYTES)
            if line is None:
                raise self._wire.broken(EOFError("between two chunks"))
            head = _CHUNK.fullmatch(line)
            if head is None:
                raise not_http(self._wire.host, f"chunk {line[:40]!r}")
            size = int(head[1], 16)
            if not size:
                _headers(self._wire)  # the trailer: nobody needs it
                return
            yield from self._sized(size)
            if self._wire.exactly(2) != b"\r\n":
                raise not_http(self._wire.host, "no end of a chunk")


def exchange(wire: Wire, ask: Ask, patience: Patience, *, keep: bool = False) -> Answer:
    """Sends ``ask`` and returns the answer when its head is here; raises as :class:`Wire` does, and :class:`Unavailable` for
    what is not HTTP. With ``keep`` the other side is asked to keep the line."""
    wire.send(_written(ask, keep=keep) + ask.body)
    for _ in range(_INTERIM):
        line = wire.line(_HEADER_BYTES)
        if line is None:
            raise wire.broken(EOFError("without an answer"))
        status = _STATUS.fullmatch(line)
        if status is None:
            raise not_http(wire.host, f"status {line[:40]!r}")
        headers = _headers(wire)
        if int(status[2]) >= 200:
            token = headers.get("connection", "").lower()
            lasting = keep and "close" not in token and (status[1] == b"1" or "keep-alive" in token)
            return Answer(wire, patience, int(status[2]), headers, bodiless=ask.method == "HEAD", lasting=lasting)
    raise not_http(wire.host, "it only ever promises an answer")


def not_http(host: str, why: str) -> HameauError:
    """The error for what can't be understood."""
    logger.warning("%s does not speak HTTP: %s", host, why)
    return Unavailable(N_("What {host} says can't be understood."), hint=N_("Is the address right?"), host=host)


def _written(ask: Ask, *, keep: bool) -> bytes:
    parts = urlsplit(ask.url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Host": parts.netloc, "User-Agent": "hameau", "Accept-Encoding": "identity"}
    headers["Connection"] = "keep-alive" if keep else "close"
    if ask.body or ask.method in ("POST", "PUT"):
        headers["Content-Length"] = str(len(ask.body))
    lines = [f"{ask.method} {path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in (*headers.items(), *ask.headers.items())]
    if any(sign < " " or sign > "~" for line in lines for sign in line):
        raise ValueError("a header holds what no header may hold")
    return "\r\n".join([*lines, "", ""]).encode("ascii")


def _headers(wire: Wire) -> dict[str, str]:
    """Up to the empty line, the names in small letters; of two with one name the first."""
    found: dict[str, str] = {}
    for _ in range(_HEADERS):
        line = wire.line(_HEADER_BYTES)
        if line is None:
            raise wire.broken(EOFError("inside the headers"))
        if line in (b"\r\n", b"\n"):
            return found
        header = _HEADER.fullmatch(line)
        if header is None:
            raise not_http(wire.host, f"header {line[:40]!r}")
        found.setdefault(header[1].decode("ascii").lower(), header[2].decode("latin-1").strip(" \t"))
    raise not_http(wire.host, "too many headers")
