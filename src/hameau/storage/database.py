"""The one file. Write-ahead logging: readers never wait for the writer, a killed process loses nothing that was committed."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import apsw

from hameau.kit import N_, NotEnough, Refused, Unavailable
from hameau.storage.failures import explaining
from hameau.storage.migrations import migrate
from hameau.storage.session import Session

BUSY_MS = 10_000
"""How long a writer waits for another process before it says that the file is busy."""
_READERS_KEPT = 4


class Database:
    """The file at ``path``, opened, checked and migrated. Safe to use from any thread; not across a ``fork``.

    Raises ``Corrupt`` (damaged or another program's file), ``Refused`` (no right to write, or a newer Hameau wrote it) or
    ``NotEnough`` (full disk).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writing = threading.RLock()
        self._depth = 0
        self._watching = threading.Lock()
        self._idle: list[apsw.Connection] = []
        self._idle_lock = threading.Lock()
        self._closed = False
        _make_private(path)
        with explaining(path):
            self._writer = self._connect()
            try:
                migrate(self._writer, path)
                self._watcher = self._connect()
            except BaseException:
                self._writer.close()
                raise

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Everything inside is written, or nothing. One at a time; a transaction inside another is a savepoint of it."""
        with self._writing:
            self._check_open()
            outermost = self._depth == 0
            begin, commit, undo = _OUTER if outermost else _INNER
            with explaining(self.path):
                self._writer.execute(begin)
            self._depth += 1
            try:
                yield Session(self._writer, self.path)
                with explaining(self.path):
                    self._writer.execute(commit)
            except BaseException:
                # After a full disk SQLite may have rolled back by itself.
                if self._writer.in_transaction:
                    self._writer.execute(undo)
                raise
            finally:
                self._depth -= 1

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One unchanging view of the file for all statements inside. Inside a transaction of this thread: that transaction."""
        if self._is_writing_here():
            yield Session(self._writer, self.path)
            return
        connection = self._borrow()
        try:
            with explaining(self.path):
                connection.execute("begin")
            yield Session(connection, self.path)
        finally:
            self._give_back(connection)

    def data_version(self) -> int:
        """A number that changes when anybody, in this process or another, has committed something. Cheap enough to poll."""
        with self._watching, explaining(self.path):
            self._check_open()
            return int(next(self._watcher.execute("pragma data_version"))[0])

    def check(self) -> list[str]:
        """What SQLite finds wrong with the file; an empty list when it is sound. Reads the whole file."""
        with self.read() as session:
            return [row[0] for row in session.tuples("pragma quick_check") if row[0] != "ok"]

    def backup(self, target: Path) -> None:
        """A consistent copy at ``target``, made while others read and write; it appears only when it is whole."""
        partial = target.with_name(target.name + ".partial")
        partial.unlink(missing_ok=True)
        with explaining(target):
            copy = apsw.Connection(str(partial))
            connection = self._borrow()
            try:
                with copy.backup("main", connection, "main") as progress:
                    while not progress.done:
                        progress.step(1000)
            finally:
                self._give_back(connection)
                copy.close()
        partial.chmod(0o600)
        partial.replace(target)

    def close(self) -> None:
        """Close every connection; the log is folded back into the file. May be called twice."""
        with self._writing, self._watching, self._idle_lock:
            if self._closed:
                return
            self._closed = True
            for connection in self._idle:
                connection.close()
            self._idle.clear()
            self._watcher.close()
            self._writer.close()

    def _connect(self) -> apsw.Connection:
        connection = apsw.Connection(str(self.path))
        try:
            connection.set_busy_timeout(BUSY_MS)
            for _ in connection.execute(_SETUP):
                pass  # a pragma answers with a row, and the next one runs only when that row is taken
        except BaseException:
            connection.close()
            raise
        return connection

    def _borrow(self) -> apsw.Connection:
        with self._idle_lock:
            self._check_open()
            if self._idle:
                return self._idle.pop()
        with explaining(self.path):
            return self._connect()

    def _give_back(self, connection: apsw.Connection) -> None:
        if connection.in_transaction:
            connection.execute("rollback")
        with self._idle_lock:
            if not self._closed and len(self._idle) < _READERS_KEPT:
                self._idle.append(connection)
                return
        connection.close()

    def _is_writing_here(self) -> bool:
        if not self._writing.acquire(blocking=False):
            return False
        try:
            return self._depth > 0
        finally:
            self._writing.release()

    def _check_open(self) -> None:
        if self._closed:
            raise Unavailable(N_("The library is being closed."), hint=N_("Start Hameau again."))


_SETUP = """
pragma journal_mode = wal;
pragma synchronous = normal;
pragma foreign_keys = on;
pragma cache_size = -8000;
pragma journal_size_limit = 67108864;
pragma wal_autocheckpoint = 4000;
pragma temp_store = memory;
"""
_OUTER = ("begin immediate", "commit", "rollback")
_INNER = ("savepoint inner_one", "release inner_one", "rollback to inner_one; release inner_one")


def _make_private(path: Path) -> None:
    """Create the file so that only its owner can read it; SQLite gives its log the same rights."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except PermissionError as error:
        raise Refused(
            N_("Hameau may not write to {path}."),
            hint=N_("Check that the folder exists and belongs to you, and that the disk is not read-only."),
            path=str(path),
        ) from error
    except OSError as error:
        raise NotEnough(
            N_("The library can't be made at {path}: {why}."),
            hint=N_("Check that there is room on the disk and that the path is right."),
            path=str(path),
            why=error.strerror or str(error),
        ) from error
