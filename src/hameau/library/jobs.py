"""The background work as rows: what is asked for stands in the database until it is done, so a kill only delays it.

A job is one kind of work about one subject; who asks for it twice gets it once. One process at a time works on jobs (the one
that holds the home's turn, ``turn.py``), so a job has no owner: after a kill it is simply there still. Knows nothing of what
the kinds do; every kind of work can be begun again from its start.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hameau.kit import HameauError, now, stamp
from hameau.library import rows
from hameau.storage import Database, Queries, Row, Session

SYNC = "sync"
"""Bring a source up to date, its failed files too: a person asked. Subject: the id of the source."""
RESCAN = "rescan"
"""Compare a source with what is there, in the course of things; failed files are left alone. Subject: the source."""
LOOK = "look"
"""Look at some places of a source that changed: ``uris`` of the detail. Subject: the source."""
REMOVE = "remove"
"""Finish the removal of a source. Subject: the source."""
TEXT_INDEX = "text_index"
"""Index the stored passages anew: another version of the analysis did."""
FREE_VECTORS = "free_vectors"
"""Delete the vectors of every embedder but the subject, which has embedded everything."""
ERASE = "erase"
"""Make the file forget the words of what was deleted."""
REDACT = "redact"
"""Take out of the journal what it says about a place that was forgotten. Subject: the address of a file or of a source."""
OF_A_SOURCE = (SYNC, RESCAN, LOOK)
"""What is done for a source in one go."""

MANY_PLACES = 1_000
"""More changed places than this are one: the whole source is compared."""
_FIRST_WAIT, _LONGEST_WAIT = 5.0, 600.0
_QUERIES = Queries(Path(__file__).with_name("jobs.sql"))


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work. ``asked`` counts the requests that this row stands for."""

    number: int
    kind: str
    subject: str
    detail: Mapping[str, object] = field(default_factory=dict)
    asked: int = 1
    asked_at: str = ""
    not_before: str = ""
    tries: int = 0
    error: str | None = None
    """Why it was put off, as a gettext id; ``hint`` and ``fields`` belong to it."""
    hint: str | None = None
    fields: Mapping[str, object] = field(default_factory=dict)


class Jobs:
    """The jobs of ``database``. ``changed`` is told when one was asked for here."""

    def __init__(self, database: Database, changed: Callable[[], object] = lambda: None) -> None:
        self._database, self._changed = database, changed

    def ask(self, kind: str, subject: str = "", detail: Mapping[str, object] | None = None, wait: float = 0.0) -> None:
        """Ask for a job, not to be begun within ``wait`` seconds. One that waits already is begun at the earlier moment."""
        with self._database.transaction() as session:
            ask(session, kind, subject, detail, wait)
        self._changed()

    def ask_each(self, kind: str, subjects: Iterable[str]) -> None:
        """Ask for a job about each of ``subjects``, all at once."""
        with self._database.transaction() as session:
            for subject in subjects:
                ask(session, kind, subject)
        self._changed()

    def ask_to_look(self, source_id: str, uris: Iterable[str], wait: float = 0.0) -> None:
        """Ask for a look at some places of a source; with very many of them, at all of it."""
        with self._database.transaction() as session:
            row = session.one(_QUERIES["job"], {"kind": LOOK, "subject": source_id})
            places = sorted({*_places(row), *uris})
            if len(places) > MANY_PLACES:
                ask(session, RESCAN, source_id, wait=wait)
            elif places:
                ask(session, LOOK, source_id, {"uris": places}, wait)
        self._changed()

    def all(self) -> list[Job]:
        """Every job, oldest first."""
        with self._database.read() as session:
            return [_job(row) for row in session.all(_QUERIES["all"])]

    def due(self) -> list[Job]:
        """The jobs that may be begun now, in the order in which they were asked for."""
        with self._database.read() as session:
            return [_job(row) for row in session.all(_QUERIES["due"], {"at": now()})]

    def of(self, subject: str, kinds: Iterable[str]) -> list[Job]:
        """The jobs about ``subject`` of some kinds, due or not."""
        with self._database.read() as session:
            return [
                _job(row) for row in session.all(_QUERIES["of"], {"subject": subject, "kinds": json.dumps(list(kinds))})
            ]

    def done(self, jobs: Iterable[Job]) -> None:
        """These are done, all of them at once. One that was asked for again meanwhile stays."""
        with self._database.transaction() as session:
            done(session, jobs)

    def put_off(self, job: Job, error: HameauError | None = None, wait: float | None = None) -> None:
        """It could not be done now: it is tried again in ``wait`` seconds; without it, twice as late each time, 10 minutes at
        most."""
        if wait is None:
            wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(job.tries, 20))
        why = {
            "error": error.message if error else None,
            "hint": (error.hint or None) if error else None,
            "fields": rows.fields(error.fields) if error else "{}",
        }
        with self._database.transaction() as session:
            session.run(_QUERIES["put_off"], {**why, "number": job.number, "not_before": _in(wait)})


def ask(
    session: Session, kind: str, subject: str = "", detail: Mapping[str, object] | None = None, wait: float = 0.0
) -> None:
    """Ask for a job in the transaction that makes it necessary, so that neither stands without the other."""
    asked = {"kind": kind, "subject": subject, "detail": json.dumps(dict(detail or {}), ensure_ascii=False)}
    session.run(_QUERIES["ask"], {**asked, "at": now(), "not_before": _in(wait) if wait else ""})


def done(session: Session, jobs: Iterable[Job]) -> None:
    """These are done, in the transaction that says what became of them. One that was asked for again meanwhile stays."""
    for job in jobs:
        session.run(_QUERIES["done"], {"number": job.number, "asked": job.asked})


def _in(seconds: float) -> str:
    return stamp(time.time() + seconds)


def _places(row: Row | None) -> list[str]:
    return list(json.loads(row["detail"]).get("uris", ())) if row is not None else []


def _job(row: Row) -> Job:
    return Job(
        row["number"],
        row["kind"],
        row["subject"],
        json.loads(row["detail"]),
        row["asked"],
        row["asked_at"],
        row["not_before"],
        row["tries"],
        row["error"],
        row["error_hint"],
        json.loads(row["error_fields"]),
    )
