"""How far the indexer is: nouns that a page or a terminal shows, and the board they are written on. Costs no query."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, replace
from typing import Literal

Phase = Literal["idle", "listing", "reading", "embedding", "paused", "elsewhere"]
_WINDOW_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class SourceProgress:
    """One source being synchronised. ``listed`` files are there, ``to_read`` of them are new or changed, ``read`` are done."""

    source_id: str
    title: str
    listed: int = 0
    to_read: int = 0
    read: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """What the indexer is doing now. Rates are per second over the last twenty seconds."""

    phase: Phase = "idle"
    """``paused``: something must happen first, see ``notice``; ``elsewhere``: another process indexes this home."""
    sources: tuple[SourceProgress, ...] = ()
    current: str = ""
    """The URI of a file being read."""
    passages: int = 0
    """Passages written since the indexer started."""
    passages_per_second: float = 0.0
    embedded: int = 0
    """Passages embedded since the indexer started."""
    embedded_per_second: float = 0.0
    notice: str = ""
    """What a person should know or do, as a gettext id."""
    hint: str = ""


class Rate:
    """Events a second over a sliding window."""

    def __init__(self) -> None:
        self._events: deque[tuple[float, int]] = deque()
        self.total = 0

    def add(self, count: int) -> None:
        """``count`` happened now."""
        self.total += count
        self._events.append((time.monotonic(), count))

    def per_second(self) -> float:
        """The mean of the window."""
        now = time.monotonic()
        while self._events and self._events[0][0] < now - _WINDOW_SECONDS:
            self._events.popleft()
        if not self._events:
            return 0.0
        return sum(count for _, count in self._events) / max(now - self._events[0][0], 0.5)


class Board:
    """Where the indexer's threads write and anybody reads. Every call is a few microseconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._present = Progress()
        self._written, self._embedded = Rate(), Rate()
        self._embedding = False
        self._texts: set[str] = set()

    def read(self) -> Progress:
        """The present state."""
        with self._lock:
            phase: Phase = "embedding" if self._embedding and self._present.phase == "idle" else self._present.phase
            return replace(
                self._present,
                phase=phase,
                passages=self._written.total,
                passages_per_second=self._written.per_second(),
                embedded=self._embedded.total,
                embedded_per_second=self._embedded.per_second(),
            )

    def phase(self, phase: Phase, notice: str = "", hint: str = "") -> None:
        """What goes on now."""
        with self._lock:
            self._present = replace(self._present, phase=phase, notice=notice, hint=hint)

    def source(self, progress: SourceProgress) -> None:
        """How far a source is."""
        with self._lock:
            others = tuple(one for one in self._present.sources if one.source_id != progress.source_id)
            self._present = replace(self._present, sources=(*others, progress)[-20:])

    def reading(self, uri: str) -> None:
        """Which file is being read."""
        with self._lock:
            self._present = replace(self._present, current=uri)

    def wrote(self, passages: int) -> None:
        """Passages have been written."""
        with self._lock:
            self._written.add(passages)

    def texts(self, source_id: str, waiting: bool) -> None:
        """Whether plain texts of a source wait to be read: they take no time, and vectors let them go first."""
        with self._lock:
            (self._texts.add if waiting else self._texts.discard)(source_id)

    def texts_first(self) -> bool:
        """Whether vectors should wait."""
        with self._lock:
            return bool(self._texts) or self._present.phase in ("paused", "elsewhere")

    def embedding(self, active: bool) -> None:
        """Whether passages are being embedded."""
        with self._lock:
            self._embedding = active

    def embedded(self, passages: int) -> None:
        """Vectors have been written."""
        with self._lock:
            self._embedded.add(passages)
