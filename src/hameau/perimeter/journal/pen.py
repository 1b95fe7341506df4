"""What writes in one process: threads one after the other, repeated refusals counted, counts written when their time is over.

Knows nothing of reading. A child that was forked needs a pen of its own: it would share the kernel's lock with its parent.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from hameau.kit import HameauError
from hameau.perimeter.journal.floods import WINDOW, Floods
from hameau.perimeter.journal.types import Fact, Kind
from hameau.perimeter.journal.writer import Writer

_log = logging.getLogger(__name__)
_LAST_SECONDS = 5.0


class Pen:
    """Thread-safe."""

    def __init__(self, folder: Path, clock: Callable[[], float], segment_bytes: int) -> None:
        self.process = os.getpid()
        self._clock = clock
        self._lock = threading.Lock()
        self._writer = Writer(folder, segment_bytes)
        self._floods = Floods()
        self._timer: threading.Timer | None = None

    def record(self, kind: Kind, by: str, facts: Mapping[str, Fact]) -> int:
        """Writes an entry, or counts it."""
        with self._lock:
            moment = self._clock()
            number = self._floods.counted(facts, moment) if kind is Kind.REFUSED else None
            self._write_counts(moment)
            if number is not None:
                self._ensure_timer()
                return number
            number = self._writer.append(kind, by, facts, moment)
            if kind is Kind.REFUSED:
                self._floods.written(facts, moment, number)
            return number

    def erase(self, place: str, what: str, by: str) -> int:
        """Takes what entries say of ``place`` out; how many they were."""
        with self._lock:
            moment = self._clock()
            self._write_counts(moment)
            return self._writer.erase(place, what, by, moment)

    def mark(self, text: str) -> str:
        """The keyed hash of ``text``."""
        with self._lock:
            return self._writer.key(self._clock()).mark(text)

    def flush(self) -> None:
        """Writes what was counted."""
        with self._lock:
            self._write_counts(self._clock(), all_=True)

    def close(self) -> None:
        """Flushes, and gives the files back."""
        with self._lock:
            self._close()

    def put_down(self) -> None:
        """The same when nobody uses the journal any more, or the process ends: never raises, never waits for long."""
        if os.getpid() != self.process or not self._lock.acquire(timeout=_LAST_SECONDS):
            return
        try:
            with _told():
                self._close()
        finally:
            self._lock.release()

    def _close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        try:
            self._write_counts(self._clock(), all_=True)
        finally:
            self._writer.close()

    def _write_counts(self, moment: float, *, all_: bool = False) -> None:
        for facts in self._floods.due(moment, all_=all_):
            self._writer.append(Kind.REPEATED, "", facts, moment)

    def _ensure_timer(self) -> None:
        """Counts are written when their minute is over, also when nothing else happens."""
        if self._timer is None:
            self._timer = threading.Timer(WINDOW, self._on_time)
            self._timer.daemon = True
            self._timer.start()

    def _on_time(self) -> None:
        with self._lock:
            self._timer = None
            with _told():
                self._write_counts(self._clock())
            if len(self._floods):
                self._ensure_timer()


@contextmanager
def _told() -> Iterator[None]:
    """Where nobody can be told, the log is."""
    try:
        yield
    except (HameauError, OSError):
        _log.warning("the journal can't be written", exc_info=True)
