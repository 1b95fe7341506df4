"""OPML 1 and 2 (opml.org): the list of feeds that a reader hands over. Read without a tree of XML: lists by hand are seldom
well-formed, and nothing in them is worth an entity."""

from __future__ import annotations

import re

from hameau.library.extraction import limits
from hameau.library.extraction.decoding import decode, decode_as, tidy
from hameau.library.extraction.forms.feed_shape import Outline, Outlines
from hameau.library.extraction.forms.feed_text import line, whole
from hameau.library.extraction.reasons import Unreadable
from hameau.library.extraction.tags import Tags

_DECLARED = re.compile(rb"\A\s*<\?xml[^>]{0,300}?encoding\s*=\s*[\"']([A-Za-z0-9_:.-]{2,40})")
_ROOT = re.compile(r"<opml\b", re.IGNORECASE)
_DEEPEST = 20
_FOLDER_CHARACTERS = 300


def read(data: bytes) -> Outlines:
    """The feeds in ``data``. Raises :class:`Unreadable` for what is no OPML."""
    if len(data) > limits.FEED_BYTES:
        raise Unreadable("too_big")
    text = tidy(_decoded(data))
    if not text.strip():
        raise Unreadable("empty")
    root = _ROOT.search(text)
    if root is None:
        raise Unreadable("damaged", "no OPML")
    reader = _Reader()
    reader.feed(text[root.start() :])
    reader.close()
    return Outlines(line(reader.title, 200), tuple(reader.feeds.values()), reader.left_out)


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        declared = _DECLARED.match(data)
        return decode_as(data, declared[1].decode()) if declared else decode(data)


class _Reader(Tags):
    """Walks the outlines once; which of them are open tells the folder."""

    def __init__(self) -> None:
        super().__init__()
        self.title = ""
        self.feeds: dict[str, Outline] = {}
        self.left_out = 0
        self._open: list[str] = []
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "title":
            self._in_title = True
        elif tag == "outline":
            self._outline(attrs)
            said = {name: value or "" for name, value in attrs}
            self._open.append("" if said.get("xmlurl") else line(said.get("title") or said.get("text") or "", 100))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "outline":
            self._outline(attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        elif tag == "outline" and self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._in_title and len(self.title) < 1000:
            self.title += data

    def _outline(self, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        written = said.get("xmlurl", "").strip()
        if written.lower().startswith("feed://"):
            written = "https://" + written[7:]
        where = whole("", written)
        if not where or where in self.feeds:
            return
        if len(self.feeds) >= limits.FEEDS:
            self.left_out += 1
            return
        folder = " / ".join([name.replace("/", "∕") for name in self._open[:_DEEPEST] if name])[:_FOLDER_CHARACTERS]
        title = line(said.get("title") or said.get("text") or "", 200)
        self.feeds[where] = Outline(where, title, whole("", said.get("htmlurl", "")), folder)
