"""Puts another key on the whole file: none, a first one, or a new one. Whole, or not at all, whenever it is killed.

The file is copied, the copy gets its key and is read through, and takes the place of the file by one rename. What the disk
itself keeps of the old bytes is not in our hands.
"""

from __future__ import annotations

from pathlib import Path

import apsw

from hameau.kit import N_, Corrupt
from hameau.storage.connecting import CIPHER, connect, raw
from hameau.storage.copying import copy, room_for, whole
from hameau.storage.failures import explaining

_ALONE = "pragma temp_store = memory; pragma journal_mode = delete;"


def reseal(path: Path, key: bytes | None, new: bytes | None) -> None:
    """From now on the file at ``path`` opens with ``new`` instead of ``key``; ``None`` is a file that anybody can read.

    Call it under :func:`hameau.storage.alone`. Raises ``Corrupt`` when ``key`` does not open it, ``NotEnough`` without room.
    """
    room_for(path, path.parent)
    with explaining(path), whole(path) as partial:
        source = connect(path, key, setup=_ALONE)
        try:
            copy(source, partial, key)
        finally:
            source.close()
        made = connect(partial, key, setup=_ALONE)
        try:
            made.pragma("cipher", CIPHER)
            made.pragma("rekey", raw(new) if new is not None else "")
        finally:
            made.close()
        wrong = proved(partial, new)
        if wrong:
            raise Corrupt(
                N_("The copy of the library is not whole: {reason}"),
                hint=N_("Nothing was changed. Check the disk, then try again."),
                reason="; ".join(wrong[:3]),
            )


def opens(path: Path, key: bytes | None) -> bool:
    """Whether ``key`` opens the file. Not while this process has it open."""
    try:
        connection = connect(path, key, setup="")
    except apsw.NotADBError:
        return False
    try:
        _tables(connection)
    except apsw.NotADBError:
        return False
    finally:
        connection.close()
    return True


def proved(path: Path, key: bytes | None) -> list[str]:
    """What is wrong with a file that nobody uses; nothing when ``key`` opens it and it is sound. Reads the whole file."""
    try:
        connection = connect(path, key, setup="pragma temp_store = memory;")
        try:
            return [str(row[0]) for row in connection.execute("pragma quick_check") if row[0] != "ok"]
        finally:
            connection.close()
    except apsw.Error as error:
        return [str(error)]


def _tables(connection: apsw.Connection) -> int:
    return int(next(connection.execute("select count(*) from sqlite_schema"))[0])
