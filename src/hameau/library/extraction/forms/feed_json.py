"""JSON Feed, versions 1 and 1.1 (jsonfeed.org). What has another shape than it should is left out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from hameau.library.extraction import limits
from hameau.library.extraction.forms.feed_shape import Enclosure, Feed, FeedEntry
from hameau.library.extraction.forms.feed_text import identity, line, number, seconds, title_of, when, whole, words
from hameau.library.extraction.properties import people
from hameau.library.extraction.reasons import Unreadable

_VERSION = re.compile(r"https?://jsonfeed\.org/version/([0-9.]{1,5})")


def read_json_feed(text: str, base: str) -> Feed:
    """The feed in ``text``, whose relative addresses begin at ``base``. Raises :class:`Unreadable`."""
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Unreadable("damaged", str(error)[:200]) from error
    version = _VERSION.match(_of(found, "version")) if isinstance(found, dict) else None
    if version is None:
        raise Unreadable("damaged", "JSON, and no feed")
    entries = _list(found, "items")
    kept = entries[: limits.FEED_ENTRIES]
    title = line(_of(found, "title"))
    publishers = _names(found)
    return Feed(
        version="json" + version[1].replace(".", ""),
        title=title,
        entries=tuple(_entry(one, base, publishers, title) for one in kept),
        left_out=len(entries) - len(kept),
        expired=found.get("expired") is True,
    )


def _entry(one: Mapping[str, Any], base: str, publishers: list[str], feed_title: str) -> FeedEntry:
    link = whole(base, _of(one, "url")) or whole(base, _of(one, "external_url"))
    plain = _of(one, "content_text")[: limits.ENTRY_CHARACTERS].strip()
    text = words(_of(one, "content_html")[: limits.ENTRY_CHARACTERS]) or plain or _of(one, "summary").strip()
    title = line(_of(one, "title"))
    published, updated = when(_of(one, "date_published")), when(_of(one, "date_modified"))
    attached = [part for part in _list(one, "attachments")[: limits.ENCLOSURES] if whole(base, _of(part, "url"))]
    return FeedEntry(
        id=identity(_of(one, "id"), link, f"{title} {published}" if title else "", text[:2000]),
        title=title_of(title, text),
        link=link,
        text=text,
        published=published or updated,
        updated=updated,
        authors=people([*(_names(one) or publishers), feed_title]),
        enclosures=tuple(
            Enclosure(
                whole(base, _of(part, "url")),
                line(_of(part, "mime_type"), 80),
                number(part.get("size_in_bytes"), 1 << 50),
                seconds(part.get("duration_in_seconds")),
            )
            for part in attached
        ),
    )


def _of(one: Mapping[str, Any], key: str) -> str:
    """The text there; numbers are text too: some write their ids so."""
    value = one.get(key)
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def _list(one: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    value = one.get(key)
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def _names(one: Mapping[str, Any]) -> list[str]:
    """The authors: ``authors`` since version 1.1, ``author`` before."""
    single = one.get("author")
    found = _list(one, "authors") or ([single] if isinstance(single, dict) else [])
    return [name for part in found[:20] if (name := line(_of(part, "name"), 100))]
