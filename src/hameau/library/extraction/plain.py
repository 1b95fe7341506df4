"""Files that are text already: decoded in place, no engine and no process needed.

This runs in the server: every expression here takes time in proportion to the text, whatever stands in it."""

from __future__ import annotations

import re

from hameau.library.extraction.decoding import decode, tidy
from hameau.library.extraction.joplin_items import item_of, written
from hameau.library.extraction.tables import read_values
from hameau.library.extraction.vault import about
from hameau.library.types import Extracted

_HEADING = re.compile(r"^#[ \t]+(\S[^\n]*)$", re.MULTILINE)
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.{0,4000}?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TITLE = re.compile(r"^title:[ \t]*(\S[^\n]*)$", re.MULTILINE)
_VALUES = frozenset({"text/csv", "text/tab-separated-values"})
_LOOK = 8000
_LONGEST_TITLE = 300


def read_plain(data: bytes, media_type: str) -> Extracted:
    """The text of a file that needs nothing but decoding; Markdown says more of itself (``vault``)."""
    text = tidy(decode(data))
    if media_type in _VALUES:
        text = read_values(text)
    if media_type != "text/markdown":
        return Extracted(text=text, media_type=media_type)
    if (item := item_of(text)) is not None:
        return written(item)
    note = about(text)
    return Extracted(
        text=text,
        title=markdown_title(text),
        media_type=media_type,
        dated_at=note.dated_at,
        authors=note.authors,
        link=note.link,
        links=note.links,
    )


def markdown_title(text: str) -> str:
    """The title that a Markdown text gives itself: in its front matter, or its first heading of the first level."""
    beginning = text[:_LOOK]
    if (front := _FRONT_MATTER.match(beginning)) and (named := _TITLE.search(front[1])):
        return _unquoted(named[1].rstrip(" \t"))[:_LONGEST_TITLE]
    heading = _HEADING.search(beginning)
    return heading[1].rstrip(" \t").rstrip("#").rstrip(" \t")[:_LONGEST_TITLE] if heading else ""


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 2 and value[0] in "'\"" and value[0] == value[-1] else value
