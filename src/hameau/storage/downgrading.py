"""The way back: a library that this Hameau brought up to date, made ready for an older one."""

from __future__ import annotations

from pathlib import Path

from hameau.storage.connecting import connect
from hameau.storage.failures import explaining
from hameau.storage.migrations import available, go_back
from hameau.storage.presence import alone

_ALONE = "pragma foreign_keys = on; pragma temp_store = memory;"


def newest_version() -> int:
    """The number of the last migration that this Hameau knows."""
    return len(available())


def version_there(path: Path, key: bytes | None = None) -> int:
    """The version of the file at ``path``, which is not changed by the question."""
    with explaining(path):
        connection = connect(path, key, setup="")
        try:
            return int(str(connection.pragma("user_version")))
        finally:
            connection.close()


def fold(path: Path, key: bytes | None = None) -> None:
    """Put the whole log into the file. Call it under :func:`hameau.storage.alone`."""
    with explaining(path):
        connection = connect(path, key, setup=_ALONE)
        try:
            for _ in connection.execute("pragma wal_checkpoint(truncate)"):
                pass
        finally:
            connection.close()


def go_back_to(path: Path, to: int, key: bytes | None = None) -> Path:
    """Bring the file at ``path`` back to version ``to``; returns the copy that was made first.

    Raises ``Conflict`` while another process has it open, ``NotFound`` when there is no way back to ``to``.
    """
    with alone(path.parent), explaining(path):
        connection = connect(path, key, setup=_ALONE)
        try:
            kept = go_back(connection, path, to, key)
            for _ in connection.execute("pragma wal_checkpoint(truncate)"):
                pass
        finally:
            connection.close()
    return kept
