"""Bookmarks of browsers: each is a document of its own, with its address, its folder and its labels. Runs in the worker.

Firefox's copies (JSON, also packed), Chromium's file, and the HTML that all of them export (« NETSCAPE-Bookmark-file-1 »), and
what our own source ``browser`` makes of a profile.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from hameau.library.extraction import days, lz4block, marks
from hameau.library.extraction.context import Context
from hameau.library.extraction.decoding import decode
from hameau.library.extraction.gathering import Inside
from hameau.library.extraction.properties import moment
from hameau.library.extraction.reasons import Unreadable
from hameau.library.extraction.structure import Draft, one_line
from hameau.library.extraction.tags import Tags
from hameau.library.types import Extracted

MEDIA_TYPE = "text/x-bookmark"
_WANTED = re.compile(r"(?:https?|ftp|file|gemini)://", re.IGNORECASE)
_DEPTH = 60
_LABELS = 100
_LONGEST_ADDRESS = 2_000
_EPOCH, _WEBKIT = datetime(1970, 1, 1, tzinfo=UTC), datetime(1601, 1, 1, tzinfo=UTC)


class Bookmark(NamedTuple):
    """One address that somebody kept, or visited."""

    key: str
    """What stays the same while it is the same bookmark."""
    title: str
    address: str
    folder: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    added: str = ""
    """ISO 8601 in UTC."""
    note: str = ""
    visits: int = 0
    """How often it was visited; 0 for a bookmark."""


def read_bookmarks(data: bytes, media_type: str, context: Context) -> Extracted:
    """A file of bookmarks. Raises :class:`Unreadable` when there is none in it."""
    inside = Inside(context)
    title, found = _READERS[media_type](data)
    for one in found:
        if _WANTED.match(one.address) and not inside.add(one.key or one.address, _written(one)):
            break
    if not inside.parts:
        raise Unreadable("empty")
    draft = Draft()
    draft.block(f"# {title or 'Marque-pages'}")
    count = len(inside.parts)
    draft.block(f"{count} {'adresses' if count > 1 else 'adresse'}{inside.told_span()}.")
    return Extracted(
        text=draft.finish()[0],
        title=title,
        media_type=MEDIA_TYPE,
        dated_at=inside.last,
        parts=inside.parts,
        warnings=inside.warnings,
    )


def _written(one: Bookmark) -> Extracted:
    title = one_line(one.title) or one_line(one.address)[:200]
    draft = Draft()
    draft.block(f"# {title}")
    dated = moment(one.added)
    said = days.day(datetime.fromisoformat(dated)) if dated else ""
    rows = [
        ("Adresse", one_line(one.address)[:_LONGEST_ADDRESS]),
        ("Dossier", " / ".join(filter(None, map(one_line, one.folder)))),
        ("Étiquettes", ", ".join(filter(None, map(one_line, one.labels[:_LABELS])))),
        ("Dernière visite" if one.visits else "Ajouté", said),
        ("Visites", str(one.visits) if one.visits else ""),
    ]
    for label, value in rows:
        if value:
            draft.block(f"{label} : {value}", close=True)
    draft.end_rows()
    draft.block(one.note)
    return Extracted(
        text=draft.finish()[0],
        title=title,
        media_type=MEDIA_TYPE,
        dated_at=dated,
        link=one.address if len(one.address) <= _LONGEST_ADDRESS else "",
    )


def since_1970(microseconds: object) -> str:
    """A date of Firefox's."""
    return _date(_EPOCH, microseconds)


def since_1601(microseconds: object) -> str:
    """A date of Chromium's."""
    return _date(_WEBKIT, microseconds)


def _date(epoch: datetime, microseconds: object) -> str:
    try:
        value = int(str(microseconds)[:20])
        return (epoch + timedelta(microseconds=value)).isoformat(timespec="seconds") if value > 0 else ""
    except (ValueError, OverflowError):
        return ""


def _tree(data: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(data, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise Unreadable("damaged", str(error)[:300]) from error


def _children(node: Mapping[str, Any]) -> list[dict[str, Any]]:
    children = node.get("children")
    return [child for child in children if isinstance(child, dict)] if isinstance(children, list) else []


def _text(node: Mapping[str, Any], name: str) -> str:
    value = node.get(name)
    return value if isinstance(value, str) else ""


# Firefox

_TAGS_ROOT = "tagsFolder"
_ROOT_NAMES = {
    "bookmarksMenuFolder": "Menu", "toolbarFolder": "Barre personnelle", "unfiledBookmarksFolder": "Autres",
    "mobileFolder": "Mobile",
}  # fmt: skip


def _mozilla(data: bytes) -> tuple[str, Iterator[Bookmark]]:
    return "", _mozilla_below(_tree(data), ())


def _mozilla_below(node: Mapping[str, Any], folder: tuple[str, ...]) -> Iterator[Bookmark]:
    if len(folder) > _DEPTH or _text(node, "root") == _TAGS_ROOT:
        return
    for child in _children(node):
        address = _text(child, "uri")
        if address:
            labels = tuple(label.strip() for label in _text(child, "tags").split(","))
            yield Bookmark(
                _text(child, "guid"), _text(child, "title"), address, folder, labels, since_1970(child.get("dateAdded"))
            )
        else:
            name = _ROOT_NAMES.get(_text(child, "root")) or _text(child, "title")
            yield from _mozilla_below(child, (*folder, name))


def _packed(data: bytes) -> tuple[str, Iterator[Bookmark]]:
    return _mozilla(lz4block.unpacked(data))


# Chromium


def _chromium(data: bytes) -> tuple[str, Iterator[Bookmark]]:
    roots = _tree(data).get("roots")
    found = roots.values() if isinstance(roots, dict) else ()
    return "", (
        one for root in found if isinstance(root, dict) for one in _chromium_below(root, (_text(root, "name"),))
    )


def _chromium_below(node: Mapping[str, Any], folder: tuple[str, ...]) -> Iterator[Bookmark]:
    if len(folder) > _DEPTH:
        return
    for child in _children(node):
        if _text(child, "type") == "url":
            added = since_1601(child.get("date_added"))
            yield Bookmark(_text(child, "guid"), _text(child, "name"), _text(child, "url"), folder, (), added)
        else:
            yield from _chromium_below(child, (*folder, _text(child, "name")))


# HTML


def _netscape(data: bytes) -> tuple[str, Iterator[Bookmark]]:
    reader = _Netscape()
    reader.feed(decode(data))
    reader.close()
    return "", iter(reader.found)


class _Netscape(Tags):
    """Reads the lists of the oldest format: H3 names a folder, DL is its contents, A a bookmark, DD a note about it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Bookmark] = []
        self._folder: list[str] = []
        self._named = ""
        self._text: list[str] = []
        self._open: Bookmark | None = None
        self._noting = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("dt", "dl", "h3", "a"):
            self._end_note()
        if tag == "dl":
            if len(self._folder) < _DEPTH * 10:
                self._folder.append(self._named)
            self._named = ""
        elif tag == "a":
            values = {name: value or "" for name, value in attrs}
            added = since_1970(values.get("add_date", "0")[:12] + "000000")
            labels = tuple(label.strip() for label in values.get("tags", "").split(","))
            folder = tuple(name for name in self._folder[:_DEPTH] if name)
            self._open = Bookmark("", "", values.get("href", ""), folder, labels, added)
            self._text.clear()
        elif tag == "h3":
            self._text.clear()
        elif tag == "dd":
            self._text.clear()
            self._noting = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._open is not None:
            self.found.append(self._open._replace(title=one_line("".join(self._text))))
            self._open = None
        elif tag == "h3":
            self._named = one_line("".join(self._text))
        elif tag == "dl":
            self._end_note()
            if self._folder:
                self._folder.pop()
        else:
            return
        self._text.clear()

    def handle_data(self, data: str) -> None:
        self._text.append(data)

    def _end_note(self) -> None:
        if self._noting and self.found:
            self.found[-1] = self.found[-1]._replace(note="".join(self._text).strip())
            self._text.clear()
        self._noting = False


# ours


def _own(data: bytes) -> tuple[str, Iterator[Bookmark]]:
    told = _tree(data)
    try:
        entries = msgspec.convert(told.get("entries"), type=list[Bookmark])
    except msgspec.MsgspecError as error:
        raise Unreadable("damaged", str(error)[:300]) from error
    return _text(told, "title"), iter(entries)


_READERS: Mapping[str, Callable[[bytes], tuple[str, Iterator[Bookmark]]]] = {
    marks.MOZ_JSON: _mozilla,
    marks.MOZ_PACKED: _packed,
    marks.CHROMIUM: _chromium,
    marks.NETSCAPE: _netscape,
    marks.HAMEAU: _own,
}
