"""What can still be read of a damaged file, table by table and row by row, into a fresh one.

Indexes are made anew, so damage to them costs nothing. A row that can't be read is left out and counted; what hung on it
goes as well, so that the fresh file is whole in itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import apsw

from hameau.storage.connecting import connect
from hameau.storage.migrations import APPLICATION_ID, available

_FTS = ("passage_index", "turn_index")
_CHUNK = 500


@dataclass(slots=True)
class Salvaged:
    """How many rows of each table were saved, and how many are known to be lost."""

    rows: dict[str, int] = field(default_factory=dict)
    lost: int = 0


def salvage(damaged: Path, fresh: Path, key: bytes | None = None) -> Salvaged:
    """Fill the new file ``fresh`` with what can be read of ``damaged``. Both open with ``key``.

    The text indexes stay empty: whoever knows what they hold fills them. Raises ``apsw`` errors only for ``fresh``.
    """
    done = Salvaged()
    made = connect(fresh, key)
    try:
        for number, sql in available():
            made.execute(sql)
            made.pragma("user_version", number)
        made.pragma("application_id", APPLICATION_ID)
        made.pragma("foreign_keys", False)
        made.config(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0)  # what they would count is copied
        try:
            source = connect(damaged, key, setup="pragma writable_schema = on; pragma temp_store = memory;")
        except apsw.Error:
            return done
        try:
            for table in _tables(made):
                _rescue(source, made, table, done)
        finally:
            source.close()
        _tidy(made, done)
    finally:
        made.close()
    return done


def _tables(connection: apsw.Connection) -> list[str]:
    found = connection.execute(
        "select name from sqlite_schema where type = 'table' and sql not like 'create virtual%' and name <> 'sqlite_stat1'"
    )
    return [name for (name,) in found if not any(name.startswith(f"{each}_") for each in _FTS)]


def _rescue(source: apsw.Connection, made: apsw.Connection, table: str, done: Salvaged) -> None:
    """Copy one table. Where a stretch can't be read, the search goes on behind it."""
    there = _columns(source, table)
    names = [name for name in _columns(made, table) if name in there]
    if not names:
        return
    columns = ", ".join(f'"{name}"' for name in names)
    marks = ", ".join("?" * len(names))
    put = f'insert or replace into "{table}" ({columns}) values ({marks})'  # noqa: S608 - names of our own tables
    made.execute("begin")
    after, last = -(2**63), _last(source, table)
    while after < last:
        stop = after
        try:
            for rowid, *row in source.execute(
                f'select rowid, {columns} from "{table}" where rowid > ? order by rowid limit {_CHUNK}',  # noqa: S608
                (after,),
            ):
                made.execute(put, row)
                done.rows[table] = done.rows.get(table, 0) + 1
                stop = rowid
        except apsw.Error:
            done.lost += 1
            after = _behind(source, table, stop, last)
            continue
        if stop == after:
            break
        after = stop
    made.execute("commit")


def _behind(source: apsw.Connection, table: str, after: int, last: int) -> int:
    """The rowid before the next row that can be read, by ever larger steps over what can't."""
    step = 1
    while after + step < last:
        try:
            sql = f'select rowid from "{table}" where rowid > ? order by rowid limit 1'  # noqa: S608 - our own table
            found = next(source.execute(sql, (after + step,)), None)
        except apsw.Error:
            step *= 2
            continue
        return last if found is None else int(found[0]) - 1
    return last


def _last(source: apsw.Connection, table: str) -> int:
    try:
        return int(next(source.execute(f'select coalesce(max(rowid), 0) from "{table}"'))[0])  # noqa: S608
    except apsw.Error:
        return 2**40


def _columns(connection: apsw.Connection, table: str) -> list[str]:
    try:
        return [row[1] for row in connection.execute(f'pragma table_info("{table}")')]
    except apsw.Error:
        return []


def _tidy(made: apsw.Connection, done: Salvaged) -> None:
    """Rows that point at rows which are gone go too, until none is left."""
    while True:
        broken = {(table, rowid) for table, rowid, *_ in made.execute("pragma foreign_key_check") if rowid is not None}
        if not broken:
            return
        made.execute("begin")
        for table, rowid in broken:
            made.execute(f'delete from "{table}" where rowid = ?', (rowid,))  # noqa: S608 - our own table
        made.execute("commit")
        done.lost += len(broken)
