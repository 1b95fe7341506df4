"""RSS and Atom, as feedparser understands them. It neither cleans nor completes what articles say: our own reader of pages
does, and keeps the words alone."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

import feedparser  # noqa: TID251 - read in the sandbox

from hameau.library.extraction import limits
from hameau.library.extraction.forms.feed_shape import Enclosure, Feed, FeedEntry
from hameau.library.extraction.forms.feed_text import (
    identity,
    line,
    number,
    of_struct,
    seconds,
    title_of,
    when,
    whole,
    words,
)
from hameau.library.extraction.properties import people
from hameau.library.extraction.reasons import Unreadable

_DAY = 86_400
_PERIODS = {"hourly": 3600, "daily": _DAY, "weekly": 7 * _DAY, "monthly": 30 * _DAY, "yearly": 365 * _DAY}
_HEARD = ("audio/", "video/")


def read_xml_feed(text: str, base: str) -> Feed:
    """The feed in ``text``, whose relative addresses begin at ``base``. Raises :class:`Unreadable`."""
    said = {"content-type": "application/xml; charset=utf-8", "content-location": base}
    found = feedparser.parse(
        io.BytesIO(text.encode("utf-8", "replace")),
        response_headers=said,
        resolve_relative_uris=False,
        sanitize_html=False,
    )
    if not found.version and not found.entries:
        raise Unreadable("damaged", f"no feed: {found.get('bozo_exception')!r}")
    about = found.feed
    entries = found.entries
    kept = entries[: limits.FEED_ENTRIES]
    title = line(_of(about, "title"))
    publishers = _names(about)
    return Feed(
        version=found.version or "rss",
        title=title,
        entries=tuple(_entry(one, base, publishers, title) for one in kept),
        left_out=len(entries) - len(kept),
        every=_every(about),
    )


def _entry(one: Any, base: str, publishers: list[str], feed_title: str) -> FeedEntry:
    link = _link(one, base)
    text = words(_body(one)[: limits.ENTRY_CHARACTERS])
    title = line(_of(one, "title"))
    published, updated = _moment(one, "published") or _moment(one, "created"), _moment(one, "updated")
    return FeedEntry(
        id=identity(_of(one, "id"), link, f"{title} {published}" if title else "", text[:2000]),
        title=title_of(title, text),
        link=link,
        text=text,
        published=published or updated,
        updated=updated,
        authors=people([*(_names(one) or publishers), feed_title]),
        enclosures=tuple(_enclosures(one, base)),
    )


def _of(one: Any, key: str) -> str:
    """What stands there under ``key``. feedparser's own dictionary guesses other keys, and warns of it."""
    value = dict.get(one, key)
    return value if isinstance(value, str) else ""


def _body(one: Any) -> str:
    """The longest of what is said of an entry: the whole article where it is there, else its summary."""
    said = [str(part.get("value") or "") for part in dict.get(one, "content") or () if isinstance(part, dict)]
    said += [_of(one, "summary"), _of(one, "media_description")]
    return max(said, key=len)


def _link(one: Any, base: str) -> str:
    found = whole(base, _of(one, "link"))
    if found:
        return found
    links = [str(part.get("href") or "") for part in _parts(one, "links") if part.get("rel") != "enclosure"]
    return next((link for href in links if (link := whole(base, href))), "")


def _names(one: Any) -> list[str]:
    """The authors by name; a mail address alone is nobody's name, but better than nothing."""
    found = [part for part in dict.get(one, "authors") or () if isinstance(part, dict)]
    named = [line(str(part.get("name") or part.get("email") or ""), 100) for part in found[:20]]
    single = line(_of(one, "author"), 200)
    return [name for name in named if name] or ([single] if single else [])


def _moment(one: Any, key: str) -> str:
    return of_struct(dict.get(one, f"{key}_parsed")) or when(_of(one, key))


def _enclosures(one: Any, base: str) -> Iterable[Enclosure]:
    """Files that come with an entry, each address once; of those that are only shown on a page, sounds and films."""
    found: dict[str, Enclosure] = {}
    told = [
        (part.get("href"), part.get("type"), part.get("length"), None)
        for part in _parts(one, "links")
        if part.get("rel") == "enclosure"
    ]
    told += [
        (part.get("url"), part.get("type"), part.get("filesize"), part.get("duration"))
        for part in _parts(one, "media_content")
        if str(part.get("type") or "").startswith(_HEARD)
    ]
    length = seconds(dict.get(one, "itunes_duration")) if dict.get(one, "itunes_duration") else 0
    for href, kind, size, duration in told:
        where = whole(base, str(href or ""))
        if where and where not in found and len(found) < limits.ENCLOSURES:
            lasts = seconds(duration) if duration else length
            found[where] = Enclosure(where, line(str(kind or ""), 80), number(size, 1 << 50), lasts)
    return found.values()


def _parts(one: Any, key: str) -> list[Any]:
    return [part for part in dict.get(one, key) or () if isinstance(part, dict)]


def _every(about: Any) -> int:
    """How often it wants to be looked at: ``ttl`` in minutes (RSS 2.0), or the syndication module of RSS 1.0."""
    if minutes := number(_of(about, "ttl"), 60 * 24 * 365):
        return minutes * 60
    period = _PERIODS.get(_of(about, "sy_updateperiod").strip().lower(), 0)
    return period // max(1, number(_of(about, "sy_updatefrequency"), 10_000))
