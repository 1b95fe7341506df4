"""The border of one home, as the rest of the house uses it: what was decided, what holds it, what is written down."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from hameau.kit import N_, BadInput, HameauError, NotFound
from hameau.perimeter import gate
from hameau.perimeter.client import Client
from hameau.perimeter.doors import DirectDoor, Door, GateDoor
from hameau.perimeter.entrance import here
from hameau.perimeter.journal import Journal, Kind
from hameau.perimeter.policy import PolicyStore
from hameau.perimeter.probe import self_test
from hameau.perimeter.record import Fact, asked_by
from hameau.perimeter.types import FOREVER, Connection, Enforcement, Level, Neighbour, Policy, Protection

JOURNAL = "journal"
_LENT = 180.0
"""Seconds for which a Connection that is needed for one act is lent at a time."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PerimeterState:
    """All that a page says about the border at one moment. Times are seconds since the epoch."""

    policy: Policy
    protection: Protection
    open: tuple[Connection, ...]
    """The Connections that hold now."""
    since: float
    """Nothing has left since then: the end of the last allowed attempt, else the beginning of the journal."""
    refused: int
    """Attempts that were refused since the journal began."""
    trouble: HameauError | None = None
    """Why the last entry could not be written into the journal."""


class Perimeter:
    """The border of the home folder ``home``. Thread-safe. Opens no file before it is asked something."""

    def __init__(self, home: Path, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._store = PolicyStore(home)
        self.journal = Journal(home / JOURNAL, clock=clock)
        self._door: Door = GateDoor() if gate.inside() else DirectDoor(self._store, self.journal, clock)
        self.client = Client(self._store, self._door, clock)
        self._tested: tuple[str, ...] | None = None
        self._trouble: HameauError | None = None

    def policy(self) -> Policy:
        """What a person decided. Raises ``Corrupt`` when the file can't be understood (nothing may leave then)."""
        return self._store.read()

    def protection(self) -> Protection:
        """What holds the border in this process."""
        found = here()
        return found if self._tested is None else replace(found, tried=True, failures=self._tested)

    def self_test(self) -> Protection:
        """Tries to get out on purpose, where that is safe to try, and says what held."""
        if here().level is not Enforcement.HOOK:
            self._tested = self_test(self.journal)
            failures = ", ".join(self._tested)
            self.record(Kind.SELF_TEST, level=here().level.value, proven=not failures, failures=failures)
        return self.protection()

    def state(self) -> PerimeterState:
        """Everything at once."""
        policy, summary, moment = self.policy(), self.journal.summary(), self._clock()
        open_now = tuple(each for each in policy.connections if moment < each.until)
        since = summary.last_left or summary.began or moment
        return PerimeterState(policy, self.protection(), open_now, since, summary.refused, self._trouble)

    def allow(
        self,
        host: str,
        port: int,
        *,
        why: str,
        who: str,
        name: str = "",
        until: float = FOREVER,
        also: tuple[str, ...] = (),
        local: bool = False,
    ) -> Connection:
        """Allows one Connection from now on; one of the same name is replaced. Raises ``BadInput``."""
        moment = self._clock()
        _check_end(until, moment)
        called = name or self._free_name(host, port)
        return self._allow(Connection(called, who, why, host, port, until, moment, also, local))

    def allow_all(self, connections: Sequence[Connection]) -> tuple[Connection, ...]:
        """Allows all of ``connections`` from now on, by one decision of a person; each is an entry of the journal. One of the
        same name is replaced. Raises ``BadInput`` when one of them can't be one: then none is allowed."""
        moment = self._clock()
        for each in connections:
            _check_end(each.until, moment)
        allowed = self._store.allow_all([replace(each, since=moment) for each in connections])
        for each in allowed:
            self._record_allowed(each)
        return allowed

    def revoke(self, name: str) -> Connection:
        """Takes a Connection back at once; what is open of it is cut. Raises ``NotFound``."""
        gone = self._store.revoke(name)
        cut = gate.recheck()
        self.record(Kind.CONNECTION_REVOKED, connection=gone.name, host=gone.host, port=gone.port, cut=cut)
        return gone

    def set_level(self, level: Level, neighbours: tuple[Neighbour, ...] = ()) -> Policy:
        """From now on ``level`` holds, with these neighbours."""
        changed = self._store.set_level(level, neighbours)
        gate.recheck()
        names = ", ".join(f"{each.host}:{each.port}" if each.port else each.host for each in changed.neighbours)
        self.record(Kind.LEVEL_CHANGED, level=level.value, neighbours=names)
        return changed

    @contextmanager
    def opened(self, connection: Connection) -> Iterator[Connection]:
        """Allows ``connection`` for the length of the block, and takes it back.

        It is only lent, and lent anew every minute: when this process is killed it soon ends by itself.
        """
        lent = replace(connection, since=self._clock())
        allowed = self._allow(replace(lent, until=self._lent_until(lent)))
        over = threading.Event()
        renewal = threading.Thread(target=self._lend_anew, args=(lent, over), name="lending", daemon=True)
        renewal.start()
        try:
            yield allowed
        finally:
            over.set()
            renewal.join()
            with suppress(NotFound):  # somebody was faster
                self.revoke(allowed.name)

    def _lent_until(self, lent: Connection) -> float:
        return min(lent.until, self._clock() + _LENT)

    def _lend_anew(self, lent: Connection, over: threading.Event) -> None:
        while not over.wait(_LENT / 3):
            try:
                self._store.prolong(lent.name, self._lent_until(lent))
            except (HameauError, OSError) as error:  # taken back meanwhile, or the disk is full: it ends by itself
                logger.info("the Connection %s is not lent anew: %s", lent.name, error)
                return

    def record(self, kind: Kind, **facts: Fact) -> None:
        """Writes into the journal what happened, and through which face it was asked for.

        What a person wants done is not refused because it can't be written down (a full disk): :meth:`state` then says so
        until an entry can be written again.
        """
        try:
            self.journal.record(kind, by=asked_by(), **facts)
        except HameauError as error:
            logger.error("The journal can't be written: %s", error)
            self._trouble = error
        else:
            self._trouble = None

    def forget(self, place: str, what: str) -> None:
        """Takes ``place`` out of the journal's entries about the library, and writes down that it was done."""
        self.journal.erase(place, what, by=asked_by())

    def mark(self, text: str) -> str:
        """A keyed hash of ``text``, for the journal."""
        return self.journal.mark(text)

    def _free_name(self, host: str, port: int) -> str:
        """A name for a Connection that the person gave none: another port of the same host gets another one."""
        called = name_for(host)
        there = self._store.read().connection(called)
        return called if there is None or there.port == port else f"{called[:58]}-{port}"

    def _allow(self, connection: Connection) -> Connection:
        allowed = self._store.allow(connection)
        self._record_allowed(allowed)
        return allowed

    def _record_allowed(self, allowed: Connection) -> None:
        facts: dict[str, Fact] = {"connection": allowed.name, "who": allowed.who, "why": allowed.why}
        facts |= {"host": allowed.host, "port": allowed.port}
        if allowed.also:
            facts["also"] = ", ".join(allowed.also)
        if allowed.until != FOREVER:
            facts["until"] = allowed.until
        self.record(Kind.CONNECTION_ALLOWED, **facts)


def _check_end(until: float, moment: float) -> None:
    if not until > moment:
        raise BadInput(
            N_("A Connection can’t end in the past."),
            hint=N_("Name a later moment, or none: it then holds until you take it back."),
        )


def name_for(host: str) -> str:
    """A name for a Connection to ``host``, where the person gives none."""
    return re.sub(r"[^a-z0-9.-]+", "-", host.lower()).strip(".-")[:64] or "connection"
