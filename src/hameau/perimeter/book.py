"""Writes into the journal what the gate stopped and let through. Used by the supervisor, outside the tree."""

from __future__ import annotations

import logging

from hameau.kit import HameauError
from hameau.perimeter.journal import Journal, Kind
from hameau.perimeter.record import Fact, facts_of
from hameau.perimeter.types import Attempt, Verdict

logger = logging.getLogger(__name__)


class JournalBook:
    """The gate's book. What can't be written (a full disk) does not leave; what is refused or over is logged instead."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def refused(self, attempt: Attempt, judged: Verdict, *, program: str, pid: int) -> None:
        self._write(Kind.REFUSED, facts_of(attempt, judged, program=program, pid=pid))

    def allowed(self, attempt: Attempt, judged: Verdict, *, program: str, pid: int) -> None:
        """Raises ``HameauError`` when it can't be written: then nothing leaves."""
        self._journal.record(Kind.ALLOWED, by="", **facts_of(attempt, judged, program=program, pid=pid))

    def ended(
        self,
        attempt: Attempt,
        connection: str,
        *,
        sent: int | None,
        received: int | None,
        program: str,
        pid: int,
        cut: bool,
    ) -> None:
        facts: dict[str, Fact] = {"program": program, "pid": pid, "connection": connection, "host": attempt.host}
        facts |= {"address": attempt.address, "port": attempt.port, "cut": cut}
        if sent is not None and received is not None:  # not known where the program itself hung up
            facts |= {"sent": sent, "received": received}
        self._write(Kind.ENDED, facts)

    def _write(self, kind: Kind, facts: dict[str, Fact]) -> None:
        try:
            self._journal.record(kind, by="", **facts)
        except HameauError as error:
            logger.error("The journal can't be written: %s", error)
