"""Brings a file up to the tables of this version: numbered SQL files, each applied once, in a transaction."""

from __future__ import annotations

from pathlib import Path

import apsw

from hameau.kit import N_, Corrupt, Refused

FOLDER = Path(__file__).with_name("migrations")
APPLICATION_ID = 0x48414D45  # "HAME", SQLite's mark of whose file this is (pragma application_id)


def available() -> list[tuple[int, str]]:
    """Every migration as ``(number, sql)``, in order. Numbers run from 1 without holes."""
    found = [(int(file.name[:4]), file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("[0-9]*.sql"))]
    if [number for number, _ in found] != list(range(1, len(found) + 1)):
        raise ValueError("migrations are not numbered 1, 2, 3, …")
    return found


def migrate(connection: apsw.Connection, path: Path) -> None:
    """Apply what is missing, all or nothing. Raises ``Refused`` for a file of a newer Hameau, ``Corrupt`` for another's file."""
    steps = available()
    if connection.pragma("user_version") == len(steps) and connection.pragma("application_id") == APPLICATION_ID:
        return
    connection.execute("begin immediate")  # a second process that opens the file now waits, then finds nothing to do
    try:
        version = _version(connection, path, len(steps))
        for number, sql in steps[version:]:
            connection.execute(sql)
            connection.pragma("user_version", number)
        connection.pragma("application_id", APPLICATION_ID)
        connection.execute("commit")
    except BaseException:
        if connection.in_transaction:
            connection.execute("rollback")
        raise


def _version(connection: apsw.Connection, path: Path, newest: int) -> int:
    owner = connection.pragma("application_id")
    tables = next(connection.execute("select count(*) from sqlite_schema"))[0]
    if owner != APPLICATION_ID and (owner or tables):
        raise Corrupt(
            N_("The file {path} belongs to another program, not to Hameau."),
            hint=N_("Choose another folder for Hameau, or move this file elsewhere."),
            path=str(path),
        )
    version = int(str(connection.pragma("user_version")))
    if version > newest:
        raise Refused(
            N_("The library {path} was written by a newer Hameau than this one."),
            hint=N_("Install the newer version again; this one would risk damaging it."),
            path=str(path),
        )
    return version
