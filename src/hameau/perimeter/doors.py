"""How names become addresses. Inside the gate nobody may ask a resolver, so the supervisor is asked; elsewhere we ask
the system ourselves, after the guard. Either way what was refused stands in the journal."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from hameau.kit import N_, Refused, Unavailable
from hameau.perimeter.finding import find
from hameau.perimeter.gate import HOW_TO_ALLOW, ended, resolve
from hameau.perimeter.gate.pins import Pins
from hameau.perimeter.guard import verdict
from hameau.perimeter.journal import Journal, Kind
from hameau.perimeter.policy import PolicyStore
from hameau.perimeter.record import asked_by, facts_of
from hameau.perimeter.types import Act, Attempt

FOUND = Pins()
"""The names that this process found, by which the audit hook judges the connections that follow."""


class Door(Protocol):
    """What :class:`hameau.perimeter.Client` needs to get out."""

    def resolve(self, host: str, port: int) -> Sequence[str]:
        """The addresses of ``host``, for a connection to ``port``. Raises :class:`Refused` or :class:`Unavailable`."""

    def opened(self, attempt: Attempt, connection: str) -> None:
        """Told just before a connection is made."""

    def ended(self, connection: str, attempt: Attempt, sent: int, received: int) -> None:
        """Told when a connection has ended, with the bytes both ways."""


class GateDoor:
    """Asks the supervisor, who also keeps the journal."""

    def resolve(self, host: str, port: int) -> Sequence[str]:
        return resolve(host, port)

    def opened(self, attempt: Attempt, connection: str) -> None:
        """Nothing to do: the supervisor makes the connection itself and writes it down."""

    def ended(self, connection: str, attempt: Attempt, sent: int, received: int) -> None:
        ended(connection, attempt.host, attempt.address, attempt.port, sent, received)


class DirectDoor:
    """Asks the system, where there is no supervisor."""

    def __init__(self, store: PolicyStore, journal: Journal, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock

    def resolve(self, host: str, port: int) -> Sequence[str]:
        attempt = Attempt(Act.RESOLVE, "inet", port=port, host=host)
        judged = verdict(attempt, self._store.read(), self._clock())
        if not judged.allowed:
            self._journal.record(Kind.REFUSED, by=asked_by(), **facts_of(attempt, judged))
            raise Refused(judged.reason, hint=HOW_TO_ALLOW, host=host)
        if judged.leaves:
            self._journal.record(Kind.ALLOWED, by=asked_by(), **facts_of(attempt, judged))
        try:
            found = find(host, port)
        except OSError as error:
            raise Unavailable(
                N_("{host} can't be found."),
                hint=N_("Check how the address is written, and the network connection, then try again."),
                host=host,
            ) from error
        for address in found:
            FOUND.put(address, port, host)
        return found

    def opened(self, attempt: Attempt, connection: str) -> None:
        judged = verdict(attempt, self._store.read(), self._clock())
        if judged.leaves:
            self._journal.record(Kind.ALLOWED, by=asked_by(), **facts_of(attempt, judged))

    def ended(self, connection: str, attempt: Attempt, sent: int, received: int) -> None:
        self._journal.record(
            Kind.ENDED,
            connection=connection,
            host=attempt.host,
            address=attempt.address,
            port=attempt.port,
            sent=sent,
            received=received,
        )
