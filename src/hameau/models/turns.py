"""Who speaks next: a few places, and a line for those who wait that nobody can fill alone. Knows nothing of models.

The next place goes to the asker who holds the fewest, and among equals to the one whose last turn is longest ago; the
requests of one asker keep their order. It is fair queuing (Nagle 1987, RFC 970) with a whole answer as the packet.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager

from hameau.kit import N_, Busy, Cancelled, Unavailable
from hameau.models.ports import Cancel

LONGEST = 256
"""Requests of one asker that may wait; one more is refused, so that what waits is bounded and said."""
CROWD = 1024
"""Requests that may wait in all."""
_LOOK = 0.05  # seconds between two looks at whether the one who waits has hung up


class Ticket:
    """One request: in line, or with a place."""

    __slots__ = ("asker", "called", "held")

    def __init__(self, asker: str) -> None:
        self.asker = asker
        self.called = threading.Event()
        """Its turn has come, or there will be none."""
        self.held = False


class Turns:
    """``places`` answers at once. Thread-safe; nothing in it takes longer than an instant but the waiting itself."""

    def __init__(self, places: int, *, longest: int = LONGEST, crowd: int = CROWD) -> None:
        self._free = max(1, places)
        self._longest, self._crowd = longest, crowd
        self._lock = threading.Lock()
        self._lines: dict[str, deque[Ticket]] = {}
        self._held: Counter[str] = Counter()
        self._served: dict[str, int] = {}
        self._rounds = 0
        self._closed = False

    @property
    def running(self) -> int:
        """How many have a place."""
        return self._held.total()

    @property
    def waiting(self) -> int:
        """How many are in line."""
        with self._lock:
            return self._crowded()

    def ticket(self, asker: str) -> Ticket:
        """Stands in line, or takes a free place at once. Raises :class:`Busy` when the line is full.

        It must be given back with :meth:`leave`, whatever happened.
        """
        ticket = Ticket(asker)
        with self._lock:
            if self._closed:
                ticket.called.set()
                return ticket
            line = self._lines.setdefault(asker, deque())
            if not self._free and (len(line) >= self._longest or self._crowded() >= self._crowd):
                if not line:
                    del self._lines[asker]
                raise Busy(
                    N_("Too many requests are waiting for this model: {count}."),
                    hint=N_("Wait until some of them are answered, then ask again."),
                    count=self._crowded(),
                )
            line.append(ticket)
            self._call()
        return ticket

    def leave(self, ticket: Ticket) -> None:
        """Gives the place back, or steps out of the line. May be called twice."""
        with self._lock:
            line = self._lines.get(ticket.asker)
            if ticket.held:
                ticket.held = False
                self._free += 1
                self._held[ticket.asker] -= 1
                if not self._held[ticket.asker]:
                    del self._held[ticket.asker]
                self._call()
            elif line is not None and ticket in line:
                line.remove(ticket)
                if not line:
                    del self._lines[ticket.asker]
            self._forget()

    def position(self, ticket: Ticket) -> int:
        """How many are before it: 0 for one that has its place or is the next."""
        with self._lock:
            line = self._lines.get(ticket.asker)
            if line is None or ticket not in line:
                return 0
            mine = self._rank(ticket.asker, line.index(ticket))
            return sum(
                self._rank(asker, place) < mine for asker, others in self._lines.items() for place in range(len(others))
            )

    @contextmanager
    def taken(self, asker: str, cancel: Cancel | None = None) -> Iterator[Ticket]:
        """A place for the length of the block. Raises :class:`Cancelled` when ``cancel`` is set first,
        :class:`Busy` when the line is full, and :class:`Unavailable` when it is closed."""
        ticket = self.ticket(asker)
        try:
            self.wait(ticket, cancel)
            yield ticket
        finally:
            self.leave(ticket)

    def wait(self, ticket: Ticket, cancel: Cancel | None = None) -> None:
        """Until it is the ticket's turn; raises as :meth:`taken` does."""
        while not ticket.called.wait(None if cancel is None else _LOOK):
            if cancel is not None and cancel.is_set():
                raise Cancelled
        if not ticket.held:
            raise Unavailable(N_("This model was put away."), hint=N_("Ask again: it will be loaded anew."))

    def close(self) -> None:
        """Sends everyone away who waits, and whoever comes."""
        with self._lock:
            self._closed = True
            for line in self._lines.values():
                for ticket in line:
                    ticket.called.set()
            self._lines.clear()

    def _call(self) -> None:
        while self._free and self._lines:
            asker = min(self._lines, key=lambda name: self._rank(name, 0))
            line = self._lines[asker]
            ticket = line.popleft()
            if not line:
                del self._lines[asker]
            self._free -= 1
            self._held[asker] += 1
            self._rounds += 1
            self._served[asker] = self._rounds
            ticket.held = True
            ticket.called.set()

    def _rank(self, asker: str, place: int) -> tuple[int, int]:
        return self._held[asker] + place, self._served.get(asker, 0)

    def _crowded(self) -> int:
        return sum(map(len, self._lines.values()))

    def _forget(self) -> None:
        """Askers who have nothing here are not remembered once nobody waits: the memory of the line stays bounded."""
        if not self._lines and not self._held:
            self._served.clear()
