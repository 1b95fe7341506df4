"""The bytes of the file, standing still while everybody goes on working.

The log is folded into the file, and a reader that began on the empty log keeps SQLite from folding anything more: what is
written meanwhile goes to the log. So the file can be read as it lies, pages that did not change have the same bytes next
time, and an encrypted file is read without being deciphered.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import apsw

from hameau.kit import N_, Unavailable
from hameau.storage.connecting import BUSY_MS
from hameau.storage.failures import explaining

_PAUSE = 0.002


class Snapshot:
    """The file at one moment. Use it only inside the ``with`` that gave it."""

    def __init__(self, file: apsw.VFSFile, version: int) -> None:
        self._file = file
        self.size = file.xFileSize()
        """Bytes."""
        self.version = version
        """The number of the last migration that was applied."""

    def read(self, offset: int, count: int) -> bytes:
        """``count`` bytes from ``offset``; fewer at the end of the file."""
        return self._file.xRead(min(count, self.size - offset), offset)


@contextmanager
def snapshot(
    path: Path, open_one: Callable[[], apsw.Connection], writing: AbstractContextManager[object]
) -> Iterator[Snapshot]:
    """The file at ``path``; ``open_one`` opens it, ``writing`` keeps the writers of this process waiting for a moment."""
    with explaining(path):
        reader = open_one()
    try:
        with explaining(path):
            _stand_still(path, reader, open_one, writing)
            version = int(str(reader.pragma("user_version")))
            # SQLite's own way to the file: closing another descriptor of it would let go of the locks of this process.
            file = apsw.VFSFile("unix", str(path.absolute()), [apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_READONLY, 0])
        try:
            yield Snapshot(file, version)
        finally:
            file.xClose()
    finally:
        reader.close()


def _stand_still(
    path: Path,
    reader: apsw.Connection,
    open_one: Callable[[], apsw.Connection],
    writing: AbstractContextManager[object],
) -> None:
    """Has ``reader`` read a file whose log is empty. Another process may write between two steps: then once more."""
    log = path.with_name(path.name + "-wal")
    folding = open_one()
    try:
        deadline = time.monotonic() + BUSY_MS / 1000 * 3
        while time.monotonic() < deadline:
            with writing:
                busy = next(folding.execute("pragma wal_checkpoint(truncate)"))[0]
                if not busy:
                    reader.execute("begin")
                    next(reader.execute("select count(*) from sqlite_schema"))
                    if not log.exists() or log.stat().st_size == 0:
                        return
                    reader.execute("rollback")
            time.sleep(_PAUSE)
    finally:
        folding.close()
    raise Unavailable(
        N_("Another program has been writing to {path} for too long."),
        hint=N_("Wait a moment and try again."),
        path=str(path),
    )
