"""The form of a browser's database: what Firefox (``places.sqlite``) or Chromium (``History``) kept and visited.

The database is read from memory, with every door that a hostile one could use shut: no views, no virtual tables, no functions of
the schema, only reading, and a bound on the work.

Sources: SQLite's « Defense Against The Dark Arts »; toolkit/components/places and components/history of the two browsers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import apsw

from hameau.library.extraction.bookmarks import since_1601, since_1970
from hameau.library.extraction.reasons import Unreadable

_KEPT, _VISITED = 20_000, 20_000
_STEPS, _PATIENCE = 100_000, 5_000
"""SQLite's steps between two looks, and how often we look: some seconds of work."""
_LONGEST = 4_000
_HEADER = 100
_ALLOWED = frozenset({apsw.SQLITE_SELECT, apsw.SQLITE_READ, apsw.SQLITE_RECURSIVE})
_FUNCTIONS = frozenset({"substr", "count", "max", "min", "quick_check", "ifnull"})
_DEPTH = 60
_TAGS = "tags________"
_ROOTS = {
    "menu________": "Menu",
    "toolbar_____": "Barre personnelle",
    "unfiled_____": "Autres",
    "mobile______": "Mobile",
}


class Kept(NamedTuple):
    """As ``bookmarks.Bookmark`` is."""

    key: str
    title: str
    address: str
    folder: tuple[str, ...]
    labels: tuple[str, ...]
    added: str
    note: str
    visits: int


def read(data: bytes) -> dict[str, list[Kept]]:
    """``bookmarks`` and ``visits``, the latter newest first. Raises :class:`Unreadable`."""
    connection = _opened(data)
    try:
        tables = {str(name) for (name,) in connection.execute("select name from sqlite_schema where type = 'table'")}
        if "moz_places" in tables:
            kept = _bookmarks(connection) if "moz_bookmarks" in tables else []
            return {"bookmarks": kept, "visits": _visits(connection, _FIREFOX, since_1970)}
        if "urls" in tables:
            return {"bookmarks": [], "visits": _visits(connection, _CHROMIUM, since_1601)}
        raise Unreadable("unknown")
    except apsw.Error as error:
        raise Unreadable("damaged", repr(error)[:300]) from error
    finally:
        connection.close(True)


def _opened(data: bytes) -> apsw.Connection:
    """The database in memory, behind its walls."""
    if not data.startswith(b"SQLite format 3\0") or len(data) < _HEADER:
        raise Unreadable("damaged")
    image = bytearray(data)
    image[18] = image[19] = 1  # whatever stood beside it is in it, or gone: no journal is looked for
    try:
        connection = apsw.Connection(":memory:")
        connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
        connection.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
        connection.config(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0)
        connection.config(apsw.SQLITE_DBCONFIG_ENABLE_VIEW, 0)
        connection.limit(apsw.SQLITE_LIMIT_LENGTH, 64 << 20)
        connection.deserialize("main", bytes(image))
        connection.execute("pragma cell_size_check = on")
        connection.execute("pragma temp_store = memory")
        connection.set_progress_handler(_Patience(), _STEPS)
        connection.authorizer = _permit
    except apsw.Error as error:
        raise Unreadable("damaged", repr(error)[:300]) from error
    return connection


class _Patience:
    """Ends a question that goes on for ever."""

    def __init__(self) -> None:
        self._left = _PATIENCE

    def __call__(self) -> bool:
        self._left -= 1
        return self._left <= 0


def _permit(action: int, _one: str | None, two: str | None, _database: str | None, _by: str | None) -> int:
    if action in _ALLOWED or (action == apsw.SQLITE_FUNCTION and (two or "").lower() in _FUNCTIONS):
        return apsw.SQLITE_OK
    return apsw.SQLITE_DENY


_FIREFOX = (
    "select substr(url, 1, 4000), substr(title, 1, 500), visit_count, last_visit_date from moz_places "
    "where visit_count > 0 and hidden = 0 and last_visit_date is not null order by last_visit_date desc limit ?"
)
_CHROMIUM = (
    "select substr(url, 1, 4000), substr(title, 1, 500), visit_count, last_visit_time from urls "
    "where visit_count > 0 and hidden = 0 order by last_visit_time desc limit ?"
)
_MARKS = (
    "select b.guid, substr(b.title, 1, 500), substr(p.url, 1, 4000), b.parent, b.dateAdded, substr(p.title, 1, 500) "
    "from moz_bookmarks b join moz_places p on p.id = b.fk where b.type = 1 order by b.id limit ?"
)
_FOLDERS = "select id, parent, substr(title, 1, 300), guid from moz_bookmarks where type = 2 limit ?"


def _bookmarks(connection: apsw.Connection) -> list[Kept]:
    folders = {
        int(number): (parent, _text(title), _text(guid))
        for number, parent, title, guid in connection.execute(_FOLDERS, (_KEPT,))
        if isinstance(number, int)
    }
    tags = next((number for number, (_, _, guid) in folders.items() if guid == _TAGS), None)
    rows = list(connection.execute(_MARKS, (2 * _KEPT,)))
    labels: dict[str, list[str]] = {}
    for _guid, _title, address, parent, _added, _page in rows:
        place = folders.get(parent) if isinstance(parent, int) else None
        if place is not None and tags is not None and place[0] == tags:
            labels.setdefault(_text(address), []).append(place[1])
    found = []
    for guid, title, address, parent, added, page in rows:
        place = folders.get(parent) if isinstance(parent, int) else None
        if place is not None and tags is not None and place[0] == tags:
            continue
        where = tuple(_way(folders, parent))
        named = _text(title) or _text(page)
        found.append(
            Kept(
                _text(guid),
                named,
                _text(address),
                where,
                tuple(labels.get(_text(address), ())),
                since_1970(added),
                "",
                0,
            )
        )
    return found[:_KEPT]


def _way(folders: dict[int, tuple[Any, str, str]], parent: Any) -> list[str]:
    """The names of the folders above a bookmark, outermost first; a ring ends where it began."""
    names: list[str] = []
    seen: set[int] = set()
    while isinstance(parent, int) and parent in folders and parent not in seen and len(names) < _DEPTH:
        seen.add(parent)
        above, title, guid = folders[parent]
        if guid != "root________":
            names.append(_ROOTS.get(guid) or title)
        parent = above
    return [name for name in reversed(names) if name]


def _visits(connection: apsw.Connection, query: str, date: Any) -> list[Kept]:
    def rows() -> Iterator[Kept]:
        for address, title, count, last in connection.execute(query, (_VISITED,)):
            visits = count if isinstance(count, int) and 0 < count < 1 << 40 else 1
            yield Kept("", _text(title), _text(address), (), (), date(last), "", visits)

    return list(rows())


def _text(value: Any) -> str:
    return value[:_LONGEST] if isinstance(value, str) else ""
