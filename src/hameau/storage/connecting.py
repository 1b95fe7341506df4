"""A connection to the file, with its key and its habits. The one place that says how the file is opened."""

from __future__ import annotations

from pathlib import Path

import apsw

CIPHER = "aegis"
"""Authenticated encryption (AEGIS-256, draft ``irtf-cfrg-aegis-aead``): a page that was changed is refused, not read."""
KEY_BYTES = 32
BUSY_MS = 10_000
"""How long a writer waits for another process before it says that the file is busy."""
PLAIN = b"SQLite format 3\0"
"""How a file begins that is not encrypted (SQLite file format, 1.3)."""

_NEW = "pragma auto_vacuum = incremental;"
"""What only an empty file can become: one that gives back the room of what was deleted."""
_SETUP = """
pragma journal_mode = wal;
pragma synchronous = normal;
pragma foreign_keys = on;
pragma cache_size = -8000;
pragma journal_size_limit = 67108864;
pragma wal_autocheckpoint = 4000;
pragma temp_store = memory;
pragma secure_delete = on;
"""


def connect(path: Path, key: bytes | None = None, *, vfs: str | None = None, setup: str = _SETUP) -> apsw.Connection:
    """A connection to the file at ``path``; ``key`` opens one that is encrypted. Raises the driver's errors."""
    connection = apsw.Connection(str(path), vfs=vfs)
    try:
        connection.set_busy_timeout(BUSY_MS)
        if key is not None:
            connection.pragma("cipher", CIPHER)
            connection.pragma("key", raw(key))
        new = not path.exists() or path.stat().st_size == 0
        for _ in connection.execute(_NEW + setup if new else setup):
            pass  # a pragma answers with a row, and the next one runs only when that row is taken
    except BaseException:
        connection.close()
        raise
    return connection


def raw(key: bytes) -> str:
    """``key`` as the cipher takes a key that is one already, and needs no stretching."""
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes")
    return f"raw:{key.hex()}"


def is_encrypted(path: Path) -> bool:
    """Whether the file at ``path`` is there and does not begin as a plain one does."""
    try:
        with path.open("rb") as file:
            start = file.read(len(PLAIN))
    except FileNotFoundError:
        return False
    return bool(start) and start != PLAIN
