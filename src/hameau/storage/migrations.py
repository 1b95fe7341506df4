"""Brings a file up to the tables of this version, and back: numbered SQL files, each applied once, in a transaction.

``0002_trust.sql`` leads from version 1 to 2 and ``0002_trust.down.sql`` back. A file that holds something is copied into
``backups/`` first, so that an upgrade can be undone exactly as well as by its way back.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

import apsw

from hameau.kit import N_, Corrupt, NotFound, Refused
from hameau.storage.connecting import connect
from hameau.storage.copying import copy, room_for, whole

FOLDER = Path(__file__).with_name("migrations")
APPLICATION_ID = 0x48414D45  # "HAME", SQLite's mark of whose file this is (pragma application_id)
BACKUPS = "backups"
"""Beside the file: the copies that were made before an upgrade."""
_KEPT = 2
"""How many of them stay: each is as large as the library."""
_COPY = re.compile(r"-v(\d+)-\d{8}T\d{6}\.db$")


def available() -> list[tuple[int, str]]:
    """Every migration as ``(number, sql)``, in order. Numbers run from 1 without holes."""
    files = [file for file in sorted(FOLDER.glob("[0-9]*.sql")) if not file.name.endswith(".down.sql")]
    found = [(int(file.name[:4]), file.read_text(encoding="utf-8")) for file in files]
    if [number for number, _ in found] != list(range(1, len(found) + 1)):
        raise ValueError("migrations are not numbered 1, 2, 3, …")
    return found


def way_back(number: int) -> str:
    """The SQL that undoes migration ``number``. Raises ``NotFound`` for the first one: before it there is no file."""
    for file in FOLDER.glob(f"{number:04}_*.down.sql"):
        return file.read_text(encoding="utf-8")
    raise NotFound(N_("There is no way back before version {number} of the library."), number=number)


def migrate(connection: apsw.Connection, path: Path, key: bytes | None = None) -> None:
    """Apply what is missing, all or nothing, after a copy into ``backups/``.

    Raises ``Refused`` for a file of a newer Hameau, ``Corrupt`` for another's file, ``NotEnough`` without room for the copy.
    """
    steps = available()
    if connection.pragma("user_version") == len(steps) and connection.pragma("application_id") == APPLICATION_ID:
        return
    connection.execute("begin immediate")  # a second process that opens the file now waits, then finds nothing to do
    try:
        version = _version(connection, path, len(steps))
        if 0 < version < len(steps):
            keep_copy(path, version, key)
        for number, sql in steps[version:]:
            connection.execute(sql)
            connection.pragma("user_version", number)
        connection.pragma("application_id", APPLICATION_ID)
        connection.execute("commit")
    except BaseException:
        if connection.in_transaction:
            connection.execute("rollback")
        raise


def go_back(connection: apsw.Connection, path: Path, to: int, key: bytes | None = None) -> Path:
    """Undo the migrations above ``to``, all or nothing; returns the copy that was made first.

    Raises ``NotFound`` when there is no way back to ``to``.
    """
    connection.execute("begin immediate")
    try:
        version = _version(connection, path, len(available()))
        if not 0 < to < version:
            raise NotFound(
                N_("This library is at version {version}; it can’t be brought back to version {to}."),
                version=version,
                to=to,
            )
        ways = [(number, way_back(number)) for number in range(version, to, -1)]
        kept = keep_copy(path, version, key)
        for number, sql in ways:
            connection.execute(sql)
            connection.pragma("user_version", number - 1)
        connection.execute("commit")
    except BaseException:
        if connection.in_transaction:
            connection.execute("rollback")
        raise
    return kept


def keep_copy(path: Path, version: int, key: bytes | None, wanted: Path | None = None) -> Path:
    """A copy of the file as it was committed, in ``backups/``; older ones than the last two go, but for ``wanted``."""
    folder = path.parent / BACKUPS
    folder.mkdir(mode=0o700, exist_ok=True)
    for left in folder.glob(f"{path.stem}-v*.db.partial*"):
        left.unlink(missing_ok=True)  # of a process that was killed: whoever copies has the file to itself
    room_for(path, folder)
    target = folder / f"{path.stem}-v{version}-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}.db"
    with whole(target) as partial:
        # Another connection: SQLite copies nothing for one that is about to write.
        reader = connect(path, key, setup="pragma temp_store = memory;")
        try:
            copy(reader, partial, key)
        finally:
            reader.close()
    for old in kept_copies(path)[_KEPT:]:
        if old != wanted:
            old.unlink(missing_ok=True)
    return target


def kept_copies(path: Path) -> list[Path]:
    """The copies of the file at ``path`` that were made before an upgrade, the latest first."""
    found = [file for file in (path.parent / BACKUPS).glob(f"{path.stem}-v*.db") if _COPY.search(file.name)]
    return sorted(found, key=lambda file: file.name.rpartition("-")[2], reverse=True)


def version_of(copied: Path) -> int:
    """The version of the tables in a copy that :func:`kept_copies` named."""
    found = _COPY.search(copied.name)
    return int(found.group(1)) if found else 0


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
