"""The journal, the newest first, in plain sentences; filters, a check of the whole, a copy to take away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from starlette.responses import Response

from hameau.kit import N_, HameauError, explain, say
from hameau.perimeter import Entry, Kind
from hameau.server import words
from hameau.server.border import check_journal, told_check, told_entry
from hameau.server.call import Call
from hameau.server.errors import status_of
from hameau.server.pages.render import Visit, page
from hameau.server.shapes import EntryTold, JournalChecked

PAGE = 50
SHOWN_PROBLEMS = 20

GROUPS: dict[str, tuple[str, frozenset[Kind]]] = {
    "refused": (N_("Attempts refused"), frozenset({Kind.REFUSED, Kind.REPEATED})),
    "left": (N_("What went out"), frozenset({Kind.ALLOWED, Kind.ENDED})),
    "decisions": (
        N_("What you decided"),
        frozenset(
            {
                Kind.CONNECTION_ALLOWED,
                Kind.CONNECTION_REVOKED,
                Kind.LEVEL_CHANGED,
                Kind.SETTING_CHANGED,
                Kind.LOCK_CHANGED,
            }
        ),
    ),
    "documents": (
        N_("Documents"),
        frozenset(
            {
                Kind.SOURCE_ADDED,
                Kind.SOURCE_REMOVED,
                Kind.INDEXED,
                Kind.EXPORTED,
                Kind.DELETED,
                Kind.FORGOTTEN,
                Kind.ERASED,
            }
        ),
    ),
    "models": (N_("Models"), frozenset({Kind.MODEL_ADDED, Kind.MODEL_REMOVED, Kind.MODEL_CHOSEN})),
    "keys": (
        N_("Programs and keys"),
        frozenset({Kind.KEY_MADE, Kind.KEY_USED, Kind.KEY_REVOKED, Kind.KEY_REFUSED}),
    ),
    "questions": (N_("Questions asked"), frozenset({Kind.ASKED})),
    "house": (
        N_("Hameau itself"),
        frozenset(
            {
                Kind.STARTED,
                Kind.STOPPED,
                Kind.SELF_TEST,
                Kind.RECOVERED,
                Kind.EXPORTED_JOURNAL,
                Kind.BACKED_UP,
                Kind.RESTORED,
                Kind.REPAIRED,
            }
        ),
    ),
}
"""What a person can choose to see: a name in the address, the words, and the kinds of entries."""
FACES = {
    "page": N_("from a page"),
    "api": N_("by a program"),
    "command": N_("from the terminal"),
}
LOOKS = {"refused": "held", "left": "went", "decisions": "chosen"}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the reader wants to see."""

    group: str = ""
    day: str = ""
    text: str = ""
    before: int | None = None

    @property
    def any(self) -> bool:
        return bool(self.group or self.day or self.text)

    def query(self, before: int | None = None) -> dict[str, str]:
        """The same in an address."""
        known = {"group": self.group, "day": self.day, "text": self.text, "before": str(before or "")}
        return {name: value for name, value in known.items() if value}


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as it stands on the page."""

    entry: EntryTold
    clock: str
    look: str
    why: str
    """Why it was refused, or what a Connection is for."""
    face: str


@dataclass(frozen=True, slots=True)
class Day:
    """The entries of one day."""

    name: str
    lines: tuple[Line, ...]


def show(call: Call, visit: Visit) -> Response:
    """``?check`` also reads the whole journal and says what it found."""
    filters = filters_of(visit)
    found: Sequence[Entry] = ()
    checked: JournalChecked | None = None
    problem: HameauError | None = None
    try:
        found = _entries(call, filters)
        if "check" in visit.query:
            head = visit.query.get("head", "").strip()[:64]
            checked = told_check(check_journal(call, head), call.language)
    except HameauError as error:
        problem = error
    shown = found[:PAGE]
    return page(
        call,
        visit,
        "journal.html",
        status_of(problem) if problem else 200,
        days=days_of(shown, call.language),
        groups={name: text for name, (text, _) in GROUPS.items()},
        filters=filters,
        older=filters.query(shown[-1].number) if len(found) > PAGE else None,
        newest=filters.query() if filters.before is not None else None,
        checked=checked,
        most=SHOWN_PROBLEMS,
        head=visit.query.get("head", "")[:64],
        problem=explain(problem, call.language) if problem else None,
    )


def filters_of(visit: Visit) -> Filters:
    """What stands in the address; what makes no sense is left out."""
    group, day, before = visit.query.get("group", ""), visit.query.get("day", ""), visit.query.get("before", "")
    return Filters(
        group if group in GROUPS else "",
        day if _midnight(day) is not None else "",
        visit.query.get("text", "").strip()[:200],
        int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
    )


def days_of(entries: Sequence[Entry], language: str) -> tuple[Day, ...]:
    """The entries under their days, in their order."""
    named = ((words.day_of(one.time, language), one) for one in entries)
    return tuple(
        Day(name, tuple(_line(entry, language) for _, entry in group))
        for name, group in groupby(named, lambda it: it[0])
    )


def _entries(call: Call, filters: Filters) -> Sequence[Entry]:
    start = _midnight(filters.day)
    return call.house.perimeter.journal.entries(
        kinds=GROUPS[filters.group][1] if filters.group else None,
        since=start.timestamp() if start else None,
        until=(start + timedelta(days=1)).timestamp() if start else None,
        text=filters.text,
        before=filters.before,
        limit=PAGE + 1,
    )


def _midnight(day: str) -> datetime | None:
    """The beginning of a day, by the machine's clock."""
    try:
        found = datetime.strptime(day, "%Y-%m-%d") if day else None  # noqa: DTZ007 - the machine's own time zone
        return found if found and 1970 < found.year < 9999 else None
    except ValueError:
        return None


def _line(entry: Entry, language: str) -> Line:
    group = next((name for name, (_, kinds) in GROUPS.items() if entry.kind in kinds), "")
    told = told_entry(entry, language)
    return Line(
        told,
        words.clock(entry.time, language),
        LOOKS.get(group, ""),
        told.reason if entry.kind is not Kind.ALLOWED else "",
        _asked(entry.by, language),
    )


def _asked(by: str, language: str) -> str:
    """How it was asked for, as a part of a sentence."""
    kind, _, name = by.partition(" ")
    return (
        say(N_("with the key “{name}”"), language, {"name": name})
        if kind == "key" and name
        else say(FACES.get(by, by), language)
    )
