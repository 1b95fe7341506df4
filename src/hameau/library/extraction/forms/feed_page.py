"""A page where somebody looked for a feed: which feeds it names (the HTML Standard, link type ``alternate``)."""

from __future__ import annotations

from hameau.library.extraction.forms.feed_shape import Feed, FeedLink
from hameau.library.extraction.forms.feed_text import line, whole
from hameau.library.extraction.tags import Tags

_TYPES = frozenset(
    ["application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml", "application/json"]
)
_MOST = 50


def read_page(text: str, base: str) -> Feed:
    """What the page says of itself and of its feeds; its version is empty."""
    reader = _Head()
    reader.feed(text)
    reader.close()
    start = whole(base, reader.base) or base
    found = {
        where: FeedLink(where, line(title, 200), kind)
        for href, title, kind in reader.found[:_MOST]
        if (where := whole(start, href))
    }
    return Feed(title=line(reader.title, 200), feeds=tuple(found.values()))


class _Head(Tags):
    def __init__(self) -> None:
        super().__init__()
        self.base = self.title = ""
        self.found: list[tuple[str, str, str]] = []
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "title":
            self._in_title = not self.title
        elif tag in ("link", "a", "base"):
            said = {name: value or "" for name, value in attrs}
            kind = said.get("type", "").partition(";")[0].strip().lower()
            if tag == "base":
                self.base = self.base or said.get("href", "")
            elif "alternate" in said.get("rel", "").lower().split() and kind in _TYPES and len(self.found) < _MOST:
                self.found.append((said.get("href", ""), said.get("title", ""), kind))

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title and len(self.title) < 1000:
            self.title += data
