"""Fetches one page of the web: under a Connection that is lent for it alone, redirects followed only where a new one is lent.

Every hop is looked at twice: as an address (``addresses.py``) and, once it is known where its name leads, by the guard of the
perimeter, which lets no name that was lent so lead to this machine or the local network. Nothing is sent but the request: no
cookie, no language, no address of where we come from.
"""

from __future__ import annotations

import re
import secrets
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urljoin

from hameau.kit import N_, BadInput, Cancelled, HameauError, NotFound, Unavailable
from hameau.perimeter import Answer, Ask, Connection, Patience, asked_by
from hameau.websearch.addresses import page
from hameau.websearch.ports import Border, Stop

LARGEST = 8 << 20
"""Bytes of a page. The text of the longest article of an encyclopedia has about two million."""
SECONDS = 12.0
"""For one page, from the name to its last byte, redirects included: a person waits."""
WHY = "a page that a search of the web found, to answer one question"
_PATIENCE = Patience(first=8.0, between=8.0, total=LARGEST + (1 << 16))
_HOPS = 4
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_HEADERS = {"Accept": "text/html, application/xhtml+xml, application/pdf;q=0.9, text/plain;q=0.8"}
HTML = frozenset(("text/html", "application/xhtml+xml"))
OTHERS = {"application/pdf": "page.pdf", "text/plain": "page.txt", "text/markdown": "page.md"}
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_WINDOWS = 16 + zlib.MAX_WBITS  # a gzip header (zlib.h, inflateInit2)


@dataclass(frozen=True, slots=True)
class Got:
    """The bytes of a page, and what was said of them."""

    url: str
    """Where they are from, after redirects."""
    data: bytes
    media: str
    charset: str


class Until:
    """A :class:`Stop` that also comes by itself, so many seconds from now."""

    def __init__(self, cancel: Stop | None, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._cancel = cancel
        self._clock = clock
        self._end = clock() + seconds

    def is_set(self) -> bool:
        return self.over or (self._cancel is not None and self._cancel.is_set())

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return self._clock() >= self._end


def fetch(border: Border, url: str, stop: Until, lent: Callable[[str], object] = lambda _: None) -> Got:
    """The page at ``url``. ``lent`` is told the name of each Connection before it is used.

    Raises ``Refused`` or ``BadInput`` for a place that is not opened, ``Unavailable`` for what does not answer as it should,
    ``NotFound``, or ``Cancelled``.
    """
    asked = url
    for _ in range(_HOPS + 1):
        if stop.is_set():
            break
        address = page(asked)
        name = f"web.page.{secrets.randbelow(900_000) + 100_000}"  # two questions at the same time must not share one
        lent(name)
        connection = Connection(name, asked_by() or "hameau", WHY, address.host, address.port)
        request = Ask("GET", address.url, headers=_HEADERS)
        try:
            with (
                border.opened(connection),
                border.client.exchange(name, request, cancel=stop, patience=_PATIENCE) as answer,
            ):
                onwards = answer.header("location") if answer.status in _REDIRECTS else ""
                if not onwards:
                    return _got(address.host, address.url, answer)
        except Cancelled:
            if stop.over:
                raise _slow(address.host) from None
            raise
        asked = _onwards(address.url, onwards)
    if stop.is_set():
        raise _slow(page(url).host) if stop.over else Cancelled
    raise Unavailable(N_("{host} sends us round in circles."), host=page(url).host)


def _onwards(url: str, place: str) -> str:
    """Where ``place`` leads from ``url``. Headers come as Latin-1, and some servers write UTF-8 there."""
    with suppress(UnicodeError):
        place = place.encode("latin-1").decode("utf-8")
    try:
        return urljoin(url, place)
    except ValueError as error:
        raise BadInput(N_("“{url}” is not a web address."), url=place[:200]) from error


def _got(host: str, url: str, answer: Answer) -> Got:
    if answer.status in (404, 410):
        raise NotFound(N_("{host} does not have this page any more."), host=host)
    if answer.status in (401, 402, 403, 429, 451):
        raise Unavailable(
            N_("{host} does not show this page to everybody (status {status})."), host=host, status=answer.status
        )
    if answer.status != 200:
        raise Unavailable(N_("{host} answered with status {status}."), host=host, status=answer.status)
    said = answer.header("content-type")
    media = said.partition(";")[0].strip().lower()
    if media and media not in HTML and media not in OTHERS:
        raise Unavailable(N_("{host} has a file there that is no page ({kind})."), host=host, kind=media[:60])
    charset = found[1] if (found := _CHARSET.search(said)) else ""
    data = _plain(host, answer.read(LARGEST), answer.header("content-encoding").strip().lower())
    if not media:
        media = "application/pdf" if data.startswith(b"%PDF-") else "text/html"
    return Got(url, data, media, charset)


def _plain(host: str, data: bytes, coding: str) -> bytes:
    """``data`` as it was before it was packed. Some servers pack whatever one asks for (RFC 9110, 12.5.3, allows it)."""
    if coding in ("", "identity"):
        return data
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise Unavailable(N_("{host} has a file there that is no page ({kind})."), host=host, kind=coding[:60])
    unpacking = zlib.decompressobj(zlib.MAX_WBITS if coding == "deflate" else _WINDOWS)
    try:
        plain = unpacking.decompress(data, LARGEST)
    except zlib.error as error:
        raise Unavailable(N_("What {host} sends can't be unpacked."), host=host) from error
    if unpacking.unconsumed_tail:
        raise Unavailable(N_("The page of {host} is too long."), host=host)
    return plain


def _slow(host: str) -> HameauError:
    return Unavailable(N_("{host} is too slow: it was given up."), host=host)
