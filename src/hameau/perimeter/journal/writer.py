"""Appends to a journal: one lock, one write, one new head; and puts right what a crash left.

The lock is the kernel's, on the folder itself, and falls with its process. Between two appends of this process another one
may have appended: what is remembered of the end (number, hash, size) is compared with the disk each time by a few quick
system calls; only when it differs is the end of the journal read again.

What survives what: an entry is in the kernel's hands when :meth:`Writer.append` returns, so a process that is killed loses
nothing. A power cut may lose the last seconds: nothing waits for the disk but a full segment and a new key. A journal that
is ahead of its head by one entry is what a kill between the two writes leaves; behind its head, it was cut.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from hameau.kit import NotEnough, stamp
from hameau.perimeter.journal.erasing import naming, put_tombstones, spans
from hameau.perimeter.journal.folder import HEAD, locked, ours, settle, told, write_whole
from hameau.perimeter.journal.keys import PrivateKey
from hameau.perimeter.journal.lines import HEAD_BYTES, Head, digest, entry_line, head_line
from hameau.perimeter.journal.recovery import NO_HEAD, counted, look
from hameau.perimeter.journal.segments import name_of, number_of
from hameau.perimeter.journal.types import Fact, Kind

_APPEND = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW


class Writer:
    """One writer of one process; not safe from several threads by itself."""

    def __init__(self, folder: Path, segment_bytes: int) -> None:
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._at = self._segment = self._head_file = -1
        self._number_of_segment = 0
        self._size = 0
        self._key: PrivateKey | None = None
        self._head = Head(0, "")
        self._head_line = b""

    def append(self, kind: Kind, by: str, facts: Mapping[str, Fact], moment: float) -> int:
        """Writes one entry and returns its number.

        Raises :class:`NotEnough` on a full disk (nothing is half-written), :class:`Corrupt` without a usable key,
        :class:`Unavailable` when another program keeps the lock.
        """
        with self._ready(moment) as key:
            return self._write(key, kind, by, facts, moment)

    def erase(self, place: str, what: str, by: str, moment: float) -> int:
        """Takes what entries say of ``place`` out of the journal, and writes that down first; how many they were.

        Raises as :meth:`append`.
        """
        with self._ready(moment) as key:
            found = naming(self._folder, place)
            for lines in spans(number for numbers in found.values() for number in numbers):
                facts: dict[str, Fact] = {"what": what, "mark": key.mark(place)}
                if lines:
                    facts["lines"] = lines
                self._write(key, Kind.FORGOTTEN, by, facts, moment)
            self._key = self._key if not found else None  # the files are others afterwards: looked at again next time
            for path, numbers in found.items():
                put_tombstones(path, numbers, key)
            return sum(map(len, found.values()))

    def key(self, moment: float) -> PrivateKey:
        """The key of the journal, which begins if there is none."""
        if self._key is None:
            with self._ready(moment):
                pass
        assert self._key is not None  # noqa: S101 - what _ready does
        return self._key

    def close(self) -> None:
        """Gives the files back; the next append opens them again."""
        for descriptor in (self._at, self._segment, self._head_file):
            if descriptor >= 0:
                os.close(descriptor)
        self._at = self._segment = self._head_file = -1
        self._key = None

    @contextmanager
    def _ready(self, moment: float) -> Iterator[PrivateKey]:
        """The lock, and the end of the journal as it is on the disk now."""
        if self._at >= 0 and not self._same_folder():
            self.close()
        if self._at < 0:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._at = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        with locked(self._at):
            if self._key is None or not self._current():
                try:
                    self._open(moment)
                except OSError as error:
                    self._key = None
                    raise told(error) from error
                except BaseException:
                    self._key = None
                    raise
            assert self._key is not None  # noqa: S101 - what _open does
            yield self._key

    def _same_folder(self) -> bool:
        """Whether the folder is still the one that was opened: a person may have given it another name."""
        try:
            return os.path.samestat(self._folder.stat(), os.fstat(self._at))
        except FileNotFoundError:
            return False

    def _current(self) -> bool:
        """Whether nobody appended, rotated or touched the end since."""
        head = os.fstat(self._head_file)
        if not head.st_nlink or os.pread(self._head_file, HEAD_BYTES + 1, 0) != self._head_line:
            return False
        if self._segment < 0:
            return not self._exists(1)
        segment = os.fstat(self._segment)
        whole = segment.st_nlink > 0 and segment.st_size == self._size
        return whole and not self._exists(self._number_of_segment + 1)

    def _exists(self, segment: int) -> bool:
        try:
            os.stat(name_of(segment), dir_fd=self._at, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    def _open(self, moment: float) -> None:
        """Reads the end of the journal, and says in it what had to be put right."""
        if os.fstat(self._at).st_mode & 0o077:
            os.fchmod(self._at, 0o700)
        key = self._key or ours(self._folder)
        self._key = key
        end = look(self._folder, key.public)
        for descriptor in (self._segment, self._head_file):
            if descriptor >= 0:
                os.close(descriptor)
        self._segment = self._head_file = -1
        if end.segment is not None:
            self._segment = os.open(end.segment, _APPEND)
            self._number_of_segment, self._size = number_of(end.segment.name), end.size
        else:
            self._number_of_segment = self._size = 0
        self._head, self._head_line = end.head, head_line(key, end.head)
        if end.recovered.get("reason") != NO_HEAD:
            self._open_head()
        if end.recovered:
            self._write(key, Kind.RECOVERED, "", end.recovered, moment)

    def _open_head(self) -> None:
        self._head_file = os.open(self._folder / HEAD, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)

    def _write(self, key: PrivateKey, kind: Kind, by: str, facts: Mapping[str, Fact], moment: float) -> int:
        number = self._head.number + 1
        line = entry_line(key, number, self._head.hash, moment, kind, by, facts)
        head = counted(self._head, number, digest(line), stamp(moment), kind, facts)
        new = head_line(key, head)
        try:
            if self._segment < 0 or (self._size and self._size + len(line) > self._segment_bytes):
                self._rotate()
            self._put(line, new)
        except OSError as error:
            self._key = None  # what is on the disk is looked at again next time
            raise told(error) from error
        self._size += len(line)
        self._head, self._head_line = head, new
        return number

    def _put(self, line: bytes, head: bytes) -> None:
        """The entry and then the head; when one does not fit, neither is there."""
        try:
            if os.write(self._segment, line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if self._head_file < 0:
                write_whole(self._folder / HEAD, head)
                self._open_head()
            elif os.pwrite(self._head_file, head, 0) < len(head):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except (OSError, NotEnough):
            with suppress(OSError):
                os.ftruncate(self._segment, self._size)
                if self._head_file >= 0:
                    os.pwrite(self._head_file, self._head_line, 0)
            raise

    def _rotate(self) -> None:
        """The next segment; the full one is on the disk for good."""
        if self._segment >= 0:
            os.fsync(self._segment)
            os.fsync(self._head_file)
        path = self._folder / name_of(self._number_of_segment + 1)
        fresh = os.open(path, _APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        if self._segment >= 0:
            os.close(self._segment)
        self._segment, self._size = fresh, 0
        self._number_of_segment += 1
        settle(self._folder)
