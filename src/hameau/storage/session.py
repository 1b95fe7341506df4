"""What a transaction hands out: run a statement, get rows. Rows are plain dictionaries by column name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import apsw

from hameau.storage.failures import explaining

Row = dict[str, Any]
Parameters = Sequence[Any] | Mapping[str, Any]


class Session:
    """A connection inside a transaction. Use it only inside the ``with`` that gave it, in the thread that entered it."""

    def __init__(self, connection: apsw.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    def run(self, sql: str, parameters: Parameters = ()) -> int:
        """Run one statement; how many rows it changed."""
        with explaining(self._path):
            before = self._connection.total_changes()
            for _ in self._connection.execute(sql, parameters):
                pass  # a statement is over when its rows are taken
            return self._connection.total_changes() - before

    def many(self, sql: str, rows: Iterable[Parameters]) -> None:
        """Run one statement once for each of ``rows``."""
        with explaining(self._path):
            self._connection.executemany(sql, rows)

    def all(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Every row that the statement yields."""
        with explaining(self._path):
            cursor = self._connection.execute(sql, parameters)
            first = next(cursor, None)
            if first is None:
                return []
            names = [column[0] for column in cursor.get_description()]
            rows = [dict(zip(names, first, strict=True))]
            rows.extend(dict(zip(names, row, strict=True)) for row in cursor)
            return rows

    def one(self, sql: str, parameters: Parameters = ()) -> Row | None:
        """The first row, or ``None``."""
        rows = self.all(sql, parameters)
        return rows[0] if rows else None

    def value(self, sql: str, parameters: Parameters = ()) -> Any:
        """The first column of the first row, or ``None``."""
        with explaining(self._path):
            row = next(self._connection.execute(sql, parameters), None)
            return None if row is None else row[0]

    def tuples(self, sql: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
        """Every row as a tuple: for statements that yield very many."""
        with explaining(self._path):
            return list(self._connection.execute(sql, parameters))

    def insert(self, sql: str, parameters: Parameters = ()) -> int:
        """Run an ``insert``; the integer key that the new row got."""
        with explaining(self._path):
            self._connection.execute(sql, parameters)
            return self._connection.last_insert_rowid()
