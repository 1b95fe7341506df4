"""What a feed says, and a list of feeds: the structures that the forms ``feed`` and ``opml`` tell. Imports no parser."""

from __future__ import annotations

import json

import msgspec


class Enclosure(msgspec.Struct, frozen=True):
    """A file that an entry brings: the sound of a podcast."""

    address: str
    media_type: str = ""
    size: int = 0
    """Bytes; 0 when it is not told."""
    seconds: int = 0


class FeedLink(msgspec.Struct, frozen=True):
    """A feed that a page names."""

    address: str
    title: str = ""
    media_type: str = ""


class FeedEntry(msgspec.Struct, frozen=True):
    """One article of a feed. Moments are ISO 8601 in UTC, empty where it does not say."""

    id: str
    """By which the feed tells its entries apart: its own id, else the link, else what it says."""
    title: str = ""
    link: str = ""
    text: str = ""
    published: str = ""
    updated: str = ""
    authors: str = ""
    enclosures: tuple[Enclosure, ...] = ()


class Feed(msgspec.Struct, frozen=True):
    """A feed, or a page where a feed was looked for: then ``version`` is empty and ``feeds`` are those that it names."""

    version: str = ""
    """``rss20``, ``atom10``, ``json11``…"""
    title: str = ""
    entries: tuple[FeedEntry, ...] = ()
    feeds: tuple[FeedLink, ...] = ()
    left_out: int = 0
    """Entries beyond the bound: the oldest."""
    every: int = 0
    """Seconds between two looks that it asks for; 0 when it does not say."""
    expired: bool = False
    """It says that nothing more will come."""


class Outline(msgspec.Struct, frozen=True):
    """A feed in a list of feeds (OPML)."""

    address: str
    title: str = ""
    site: str = ""
    folder: str = ""
    """The headings above it, with slashes between them."""


class Outlines(msgspec.Struct, frozen=True):
    """A list of feeds. ``left_out``: outlines beyond the bound."""

    title: str = ""
    feeds: tuple[Outline, ...] = ()
    left_out: int = 0


class Wrapping(msgspec.Struct, frozen=True):
    """What stood around the bytes of a feed: where it is from, and what the server said of them."""

    address: str = ""
    media_type: str = ""
    encoding: str = ""
    """``Content-Encoding``."""


def wrapped(body: bytes, wrapping: Wrapping) -> bytes:
    """``body`` as the form ``feed`` wants it: one line that says where it is from, then the bytes."""
    return json.dumps(msgspec.to_builtins(wrapping)).encode() + b"\n" + body


def unwrapped(data: bytes) -> tuple[bytes, Wrapping]:
    """What :func:`wrapped` put together. Raises ``ValueError``."""
    head, _, body = data.partition(b"\n")
    return body, msgspec.json.decode(head, type=Wrapping)
