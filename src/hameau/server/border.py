"""The border and its journal, told to a reader: what the API and the pages share."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from hameau.kit import N_, BadInput, Conflict, Refused, say, stamp
from hameau.perimeter import FOREVER, Connection, Entry, Journal, Kind, PerimeterState, Verification, words
from hameau.server.call import Call
from hameau.server.shapes import (
    AtPort,
    ConnectionNow,
    EntryTold,
    JournalChecked,
    PerimeterNow,
    ProblemTold,
    ProtectionNow,
)

_checking = threading.Lock()


def must_be_near(call: Call) -> None:
    """Raises :class:`Refused` for a request from another machine: what may leave is decided where Hameau runs."""
    if not call.near:
        raise Refused(
            N_("What may leave can only be changed on the machine where Hameau runs."),
            hint=N_("Open this page there, or use « hameau perimeter » in its terminal."),
        )


def moment_of(text: str) -> float | None:
    """RFC 3339, or a day in the machine's time zone, as seconds since the epoch; nothing for nothing. Raises ``BadInput``."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except (ValueError, OverflowError, OSError) as error:
        raise BadInput(
            N_("“{text}” is no moment."), hint=N_("Write it like 2026-12-31 or 2026-12-31T18:30:00Z."), text=text
        ) from error


def kinds_of(text: str) -> frozenset[Kind] | None:
    """The kinds that ``text`` names, between commas; all of them when it names none. Raises ``BadInput``."""
    try:
        return frozenset(Kind(name.strip()) for name in text.split(",")) if text.strip() else None
    except ValueError as error:
        raise BadInput(
            N_("“{kind}” is no kind of entry."),
            hint=N_("Kinds are: {kinds}"),
            kind=text,
            kinds=", ".join(Kind),
        ) from error


def told_state(state: PerimeterState, language: str) -> PerimeterNow:
    protection = state.protection
    return PerimeterNow(
        state.policy.level.value,
        ProtectionNow(
            protection.level.value,
            protection.tried,
            protection.proven,
            protection.walls,
            tuple(say(words.WALLS[wall], language) for wall in protection.walls if wall in words.WALLS),
            protection.failures,
            protection.lacking,
        ),
        tuple(AtPort(each.host, each.port) for each in state.policy.neighbours),
        tuple(told_connection(each) for each in state.open),
        stamp(state.since),
        state.refused,
    )


def told_connection(one: Connection) -> ConnectionNow:
    return ConnectionNow(
        one.name,
        one.who,
        one.why,
        one.host,
        one.port,
        one.also,
        one.local,
        stamp(one.since) if one.since else None,
        None if one.until == FOREVER else stamp(one.until),
    )


def told_entry(entry: Entry, language: str) -> EntryTold:
    facts = {name: fact for name, fact in entry.facts.items() if not isinstance(fact, float) or math.isfinite(fact)}
    return EntryTold(
        entry.number,
        stamp(entry.time),
        str(entry.kind),
        entry.by,
        Journal.sentence(entry, language),
        Journal.reason(entry, language),
        facts,
        entry.hash,
    )


def check_journal(call: Call, head: str = "") -> Verification:
    """Reads the whole journal. One reader at a time: it is much work."""
    with _alone():
        return call.house.perimeter.journal.verify(head=head)


def told_check(found: Verification, language: str) -> JournalChecked:
    return JournalChecked(
        found.ok,
        found.entries,
        found.segments,
        found.head,
        found.key,
        tuple(
            ProblemTold(each.segment, each.line, each.number, say(each.what, language, each.fields))
            for each in found.problems
        ),
    )


@contextmanager
def _alone() -> Iterator[None]:
    if not _checking.acquire(blocking=False):
        raise Conflict(N_("The journal is being checked already."), hint=N_("Wait until that is done."))
    try:
        yield
    finally:
        _checking.release()
