"""The one file. Write-ahead logging: readers never wait for the writer, a killed process loses nothing that was committed."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import apsw

from hameau.kit import N_, NotEnough, Refused, Unavailable
from hameau.storage.connecting import BUSY_MS, connect
from hameau.storage.copying import copy, whole
from hameau.storage.failures import explaining
from hameau.storage.migrations import migrate
from hameau.storage.presence import Shared
from hameau.storage.scrubbing import Scrubber
from hameau.storage.session import Session
from hameau.storage.snapshot import Snapshot, snapshot

_READERS_KEPT = 4
_FOLD_MS = 250
"""How long :meth:`Database.fold` waits for readers, and writers for it."""


class Database:
    """The file at ``path``, opened, checked and migrated. Safe to use from any thread; not across a ``fork``.

    ``key`` (32 bytes) opens an encrypted file. Raises ``Corrupt`` (damaged, another program's file, or not with this key),
    ``Refused`` (no right to write, or a newer Hameau wrote it), ``NotEnough`` (full disk) or ``Unavailable`` (somebody is
    putting another file in its place). ``vfs`` is the driver's way to the disk; tests put a failing one there.
    """

    def __init__(self, path: Path, key: bytes | None = None, *, vfs: str | None = None) -> None:
        self.path = path
        self._key = key
        self._vfs = vfs
        self._writing = threading.RLock()
        self._depth = 0
        self._durable = False
        self._watching = threading.Lock()
        self._idle: list[apsw.Connection] = []
        self._idle_lock = threading.Lock()
        self._closed = False
        _make_private(path)
        self._presence = Shared(path.parent)
        try:
            with explaining(path):
                self._writer = self._connect()
                try:
                    migrate(self._writer, path, key)
                    self._watcher = self._connect()
                except BaseException:
                    self._writer.close()
                    raise
        except BaseException:
            self._presence.release()
            raise

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[Session]:
        """Everything inside is written, or nothing. One at a time; a transaction inside another is a savepoint of it.

        A process that is killed never loses what was committed. A power cut may take the last seconds of it, but for what is
        ``durable``: that is on the disk when the block ends (the outermost one, when it is inside another). Choose it for
        what a person did; what can be read again from their files need not wait for the disk.
        """
        with self._writing:
            self._check_open()
            outermost = self._depth == 0
            begin, commit, undo = _OUTER if outermost else _INNER
            with explaining(self.path):
                if outermost and durable:
                    self._writer.pragma("synchronous", "full")
                self._writer.execute(begin)
            self._depth += 1
            try:
                yield Session(self._writer, self.path)
                with explaining(self.path):
                    self._writer.execute(commit)
                    self._settle(outermost, durable)
            except BaseException:
                # After a full disk SQLite may have rolled back by itself.
                if self._writer.in_transaction:
                    self._writer.execute(undo)
                raise
            finally:
                self._depth -= 1
                if outermost and durable:
                    self._writer.pragma("synchronous", "normal")

    def _settle(self, outermost: bool, durable: bool) -> None:
        """A durable transaction inside one that is not: the log is put on the disk when the outer one is over."""
        if not outermost:
            self._durable = self._durable or durable
        elif self._durable:
            self._durable = False
            if not durable:
                for _ in self._writer.execute("pragma wal_checkpoint(passive)"):
                    pass  # begins by putting the whole log on the disk

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
        self._check_open()
        connection = self._connect()  # one that remembers nothing: FTS5 would compare with the index that it last saw
        try:
            session = Session(connection, self.path)
            wrong = [row[0] for row in session.tuples("pragma quick_check") if row[0] != "ok"]
            wrong += [f"{row[0]} {row[1]} → {row[2]}" for row in session.tuples("pragma foreign_key_check")]
            return wrong
        finally:
            connection.close()

    def backup(self, target: Path) -> None:
        """A consistent copy at ``target``, made while others read and write, with the same key; it appears only when it is
        whole."""
        with whole(target) as partial, explaining(target):
            connection = self._borrow()
            try:
                copy(connection, partial, self._key)
            finally:
                self._give_back(connection)

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The bytes of the file as they are now, for as long as the block lasts, while others read and write.

        What is written meanwhile waits in the log, which grows by it.
        """
        with snapshot(self.path, self._connect, self._writing) as taken:
            yield taken

    def make_shrinkable(self) -> bool:
        """Write the whole file anew when it was made by a version that could not give room back; whether that was needed.

        Others wait meanwhile, once in the life of a file.
        """
        with self._writing, explaining(self.path):
            self._check_open()
            if self._writer.pragma("auto_vacuum"):
                return False
            self._writer.pragma("auto_vacuum", "incremental")
            self._writer.execute("vacuum")
            return True

    def fold(self) -> bool:
        """Put the whole log into the file and empty it; ``False`` while somebody reads what stands in it. Hardly waits."""
        with self._writing, explaining(self.path):
            self._check_open()
            self._writer.set_busy_timeout(_FOLD_MS)
            try:
                busy = next(self._writer.execute("pragma wal_checkpoint(truncate)"))[0]
            except apsw.BusyError:
                return False
            finally:
                self._writer.set_busy_timeout(BUSY_MS)
            return not busy

    def scrub(self, first: int, pages: int) -> tuple[int, int] | None:
        """Fill what is unused in ``pages`` pages of the file from ``first`` on, counted from 1: see ``scrubbing.py``.

        Returns the page to go on with, 0 after the last one, and how many were changed; ``None`` while the log can't be
        emptied. What is encrypted is left as it is: nobody can read it without its key.
        """
        if self._key is not None:
            return 0, 0
        with self._writing:
            if not self.fold():
                return None
            return self._scrub(first, pages)

    def _scrub(self, first: int, pages: int) -> tuple[int, int] | None:
        with self.transaction() as session, explaining(self.path):
            log = self.path.with_name(self.path.name + "-wal")
            if log.exists() and log.stat().st_size:
                return None
            scrubber = Scrubber(self.path)
            try:
                changed = scrubber.scrub(first, pages)
                follows = first + pages if scrubber.has_map and first + pages <= scrubber.pages else 0
            finally:
                scrubber.close()
            if changed:
                session.run("pragma shrink_memory")  # the pages that are remembered are not the scrubbed ones
            return follows, changed

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
            self._presence.release()

    def _connect(self) -> apsw.Connection:
        return connect(self.path, self._key, vfs=self._vfs)

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
