"""A feed as it came over the line: RSS of every age, Atom, JSON Feed, or a page that names its feeds.

What it gets is :func:`~hameau.library.extraction.forms.feed_shape.wrapped`. Alphabets are told by the bytes first: a feed that
is valid UTF-8 is UTF-8, whatever the server or the feed says of it.
"""

from __future__ import annotations

import re
import zlib

from hameau.library.extraction import limits
from hameau.library.extraction.decoding import decode, decode_as, tidy
from hameau.library.extraction.forms.feed_json import read_json_feed
from hameau.library.extraction.forms.feed_page import read_page
from hameau.library.extraction.forms.feed_shape import Feed, unwrapped
from hameau.library.extraction.forms.feed_xml import read_xml_feed
from hameau.library.extraction.reasons import Unreadable

_LOOK = 4096
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]{0,400}\?>\s*")
_DECLARED = re.compile(rb"\A\s*<\?xml[^>]{0,300}?encoding\s*=\s*[\"']([A-Za-z0-9_:.-]{2,40})")
_ROOT = re.compile(r"<(?:rss|feed|[A-Za-z0-9]+:(?:RDF|feed|rss)|RDF|channel|cdf)\b", re.IGNORECASE)
_PAGE = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_WESTERN = frozenset({"iso-8859-1", "latin1", "latin-1", "us-ascii", "ascii", "windows-1252"})
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def read(data: bytes) -> Feed:
    """The feed in ``data``. Raises :class:`Unreadable` for what is neither a feed nor a page."""
    body, wrapping = unwrapped(data)
    body = _unpacked(body, wrapping.encoding)
    text = tidy(_decoded(body, wrapping.media_type)).lstrip("\ufeff \t\n")
    if not text:
        raise Unreadable("empty")
    if text.startswith("{"):
        return read_json_feed(text, wrapping.address)
    text = _DECLARATION.sub("", text)
    root, page = _ROOT.search(text), _PAGE.search(text, 0, _LOOK)
    if page is not None and (root is None or page.start() < root.start()):
        return read_page(text, wrapping.address)
    if root is None:
        raise Unreadable("damaged", f"begins with {text[:60]!r}")
    return read_xml_feed(text, wrapping.address)


def _unpacked(body: bytes, encoding: str) -> bytes:
    """``body`` without the packing that nobody asked for, and some servers do all the same."""
    if not body.startswith(b"\x1f\x8b") and encoding.lower() not in ("gzip", "x-gzip", "deflate"):
        return body
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 32)  # finds out by itself whether it is gzip or zlib
    try:
        plain = unpacking.decompress(body, limits.FEED_BYTES + 1)
    except zlib.error as error:
        raise Unreadable("damaged", str(error)) from error
    if len(plain) > limits.FEED_BYTES:
        raise Unreadable("too_long")
    return plain


def _decoded(body: bytes, media_type: str) -> str:
    if body.startswith(_MARKS):
        return decode(body)
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    declared, said = _DECLARED.match(body), _CHARSET.search(media_type)
    for name in (said[1] if said else "", declared[1].decode() if declared else ""):
        plain = name.lower()
        if plain and plain not in ("utf-8", "utf8"):
            return decode_as(body, "cp1252" if plain in _WESTERN else plain)
    return decode(body)
