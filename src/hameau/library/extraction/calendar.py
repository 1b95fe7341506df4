"""Calendars: each event, task and journal entry is a document of its own. Runs in the worker.

An event with all its exceptions (one UID) is one document; a file with one event is that event. Source: RFC 5545.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC

from hameau.library.extraction import days, limits, recurrence
from hameau.library.extraction.contentlines import Line, lines_of, plain, split
from hameau.library.extraction.context import Context
from hameau.library.extraction.gathering import Inside
from hameau.library.extraction.moments import Moment, Moments
from hameau.library.extraction.properties import moment, people
from hameau.library.extraction.reasons import MEMBERS_LEFT, Unreadable
from hameau.library.extraction.structure import Draft, one_line
from hameau.library.extraction.zones import Zones
from hameau.library.types import Extracted

MEDIA_TYPE = "text/calendar"
_KINDS = {"VEVENT": ("événement", "événements"), "VTODO": ("tâche", "tâches"), "VJOURNAL": ("note", "notes")}
_WITHOUT_NAME = {"VEVENT": "Événement sans titre", "VTODO": "Tâche sans titre", "VJOURNAL": "Note sans titre"}
_STATES = {
    "CANCELLED": "annulé", "TENTATIVE": "à confirmer", "COMPLETED": "fait", "IN-PROCESS": "en cours",
    "NEEDS-ACTION": "à faire", "DRAFT": "brouillon",
}  # fmt: skip
_ANSWERS = {"ACCEPTED": "vient", "DECLINED": "ne vient pas", "TENTATIVE": "peut-être"}
_TOPMOST = frozenset({"VCALENDAR", "VTIMEZONE", *_KINDS})
_DEPTH = 10
_LINES = 20_000
"""Of one component: a mailing list invited by name."""
_ENTRIES = 5 * limits.INSIDE
_NAMED = 200
"""People, exceptions and dates written down of one event."""


@dataclass(slots=True)
class Component:
    """What stands between BEGIN and END."""

    name: str
    lines: list[Line] = field(default_factory=list)
    inside: list[Component] = field(default_factory=list)

    def value(self, name: str) -> str:
        """The value of the first line of that name."""
        return next((line.value for line in self.lines if line.name == name), "")

    def text(self, name: str) -> str:
        """The same, without escapes."""
        return plain(self.value(name)).strip()

    def all(self, name: str) -> list[Line]:
        """All lines of that name."""
        return [line for line in self.lines if line.name == name]


def read_calendar(data: bytes, context: Context) -> Extracted:
    """A file of calendars. Raises :class:`Unreadable` when there is none in it."""
    about = Component("VCALENDAR")
    zones = Zones()
    groups: dict[str, list[Component]] = {}
    seen = 0
    for component in _components(data, about):
        if component.name == "VTIMEZONE":
            zones.define(component.value("TZID"), [one.lines for one in component.inside])
        elif component.name in _KINDS:
            seen += 1
            if seen > _ENTRIES:
                context.budget.doubts.add(MEMBERS_LEFT)
                break
            uid = one_line(component.value("UID"))[: limits.LONGEST_PATH]
            name = uid or one_line(f"{component.text('SUMMARY')[:100]} {component.value('DTSTART')[:20]}")
            groups.setdefault(f"{component.name} {name}", []).append(component)
    if not groups:
        raise Unreadable("damaged" if not about.lines and not seen else "empty")
    moments = Moments(zones, about.text("X-WR-TIMEZONE"))
    if len(groups) == 1:
        return _entry(next(iter(groups.values())), moments)
    inside = Inside(context)
    for key, components in groups.items():
        if not inside.add(key.partition(" ")[2], _entry(components, moments)):
            break
    return _cover(about, groups.values(), inside)


def _components(data: bytes, about: Component) -> Iterator[Component]:
    """The events, tasks, entries and zones of a file; what the calendar says of itself goes into ``about``. A component that
    nobody ended ends where the next one begins."""
    stack: list[Component] = []
    for line in lines_of(data):
        name = line.value.strip().upper()
        if line.name == "BEGIN":
            if name in _TOPMOST:
                yield from stack[:1]
                stack.clear()
            if name != "VCALENDAR" and len(stack) < _DEPTH:
                child = Component(name)
                if stack:
                    stack[-1].inside.append(child)
                stack.append(child)
        elif line.name == "END":
            closed = stack.pop() if stack and stack[-1].name == name else None
            if closed is not None and not stack:
                yield closed
        else:
            lines = stack[-1].lines if stack else about.lines
            if len(lines) < _LINES:
                lines.append(line)
    yield from stack[:1]


def _cover(about: Component, groups: Iterable[Sequence[Component]], inside: Inside) -> Extracted:
    """The calendar itself: what it is called, how much is in it, from when to when."""
    draft = Draft()
    title = one_line(about.text("X-WR-CALNAME") or about.text("NAME"))
    draft.block(f"# {title or 'Agenda'}")
    draft.block(about.text("X-WR-CALDESC") or about.text("DESCRIPTION"))
    counts = dict.fromkeys(_KINDS, 0)
    for components in groups:
        counts[components[0].name] += 1
    told = [f"{count} {_KINDS[name][count > 1]}" for name, count in counts.items() if count]
    draft.block(", ".join(told) + inside.told_span())
    return Extracted(
        text=draft.finish()[0],
        title=title,
        media_type=MEDIA_TYPE,
        dated_at=inside.last,
        parts=inside.parts,
        warnings=inside.warnings,
    )


def _entry(components: Sequence[Component], moments: Moments) -> Extracted:
    """One event, task or entry with its exceptions."""
    main = next((one for one in components if not one.value("RECURRENCE-ID")), components[0])
    title = one_line(main.text("SUMMARY")) or _first_line(main.text("DESCRIPTION"))
    start, end = moments.span(main.lines)
    due = moments.of(main.all("DUE")[:1])
    draft = Draft()
    draft.block(f"# {title or _WITHOUT_NAME[main.name]}")
    _write_when(main, start, end, due, moments, draft)
    _write_who(main, draft)
    draft.end_rows()
    draft.block(main.text("DESCRIPTION"))
    for other in [one for one in components if one is not main][:_NAMED]:
        _write_exception(other, moments, draft)
    when = start or due or moments.of(main.all("COMPLETED")[:1]) or moments.of(main.all("DTSTAMP")[:1])
    return Extracted(
        text=draft.finish()[0],
        title=title,
        media_type=MEDIA_TYPE,
        dated_at=_dated(when),
        authors=people([_person(line) for line in (*main.all("ORGANIZER"), *main.all("ATTENDEE")[:_NAMED])]),
        link=main.value("URL").strip(),
        links=tuple(line.value for line in main.all("ATTACH")[:_NAMED] if line.value.startswith("http")),
    )


def _write_when(
    main: Component, start: Moment | None, end: Moment | None, due: Moment | None, moments: Moments, draft: Draft
) -> None:
    if start is not None:
        draft.block(f"Quand : {days.span(start.when, end.when if end else None, start.zone)}", close=True)
        draft.block(f"Date : {start.iso}{f'/{end.iso}' if end else ''}", close=True)
    if due is not None:
        draft.block(f"À faire avant : {days.span(due.when, None, due.zone)} ({due.iso})", close=True)
    for line in main.all("RRULE")[:_NAMED]:
        until = moments.parse(recurrence.until_of(line.value), line)
        if said := recurrence.words(line.value, days.day(until.local) if until else ""):
            draft.block(f"Répétition : {said}", close=True)
    for name, label in (("EXDATE", "Sauf"), ("RDATE", "Aussi")):
        dates = [found for line in main.all(name)[:_NAMED] for found in moments.several(line)][:_NAMED]
        if dates:
            draft.block(f"{label} : {', '.join(f'le {days.day(one.local)}' for one in dates)}", close=True)


def _write_who(main: Component, draft: Draft) -> None:
    labelled = [
        ("Lieu", one_line(main.text("LOCATION"))),
        ("Organisation", ", ".join(_person(line) for line in main.all("ORGANIZER")[:_NAMED])),
        ("Participants", ", ".join(_guest(line) for line in main.all("ATTENDEE")[:_NAMED])),
        ("État", _STATES.get(main.value("STATUS").strip().upper(), "")),
        ("Avancement", _percent(main.value("PERCENT-COMPLETE"))),
        ("Catégories", ", ".join(one_line(name) for line in main.all("CATEGORIES") for name in split(line.value, ","))),
        ("Adresse", one_line(main.value("URL"))),
    ]
    for label, value in labelled:
        if value:
            draft.block(f"{label} : {value}", close=True)


def _write_exception(other: Component, moments: Moments, draft: Draft) -> None:
    """One time of something that comes again, where it is not like the others."""
    meant = moments.of(other.all("RECURRENCE-ID")[:1])
    draft.block(f"## Exception : {days.day(meant.local) if meant else one_line(other.text('SUMMARY'))}")
    start, end = moments.span(other.lines)
    draft.block(one_line(other.text("SUMMARY")), close=True)
    _write_when(Component(other.name), start, end, None, moments, draft)
    _write_who(other, draft)
    draft.end_rows()
    draft.block(other.text("DESCRIPTION"))


def _guest(line: Line) -> str:
    answer = _ANSWERS.get(line.parameter("PARTSTAT").upper())
    return f"{_person(line)} ({answer})" if answer else _person(line)


def _person(line: Line) -> str:
    """A name with its address, as in a mail."""
    value = line.value.strip()
    address = value[7:] if value.lower().startswith("mailto:") else "" if ":" in value else value
    name = one_line(plain(line.parameter("CN")))
    if name and address and name != address:
        return f"{name} <{one_line(address)}>"
    return name or one_line(address)


def _percent(value: str) -> str:
    return f"{value.strip()} %" if value.strip().isascii() and value.strip().isdigit() else ""


def _first_line(text: str) -> str:
    return one_line(text.strip().split("\n", 1)[0])[:100]


def _dated(when: Moment | None) -> str:
    if when is None:
        return ""
    return moment(when.utc.astimezone(UTC).isoformat()) if when.utc is not None else moment(when.local.isoformat())
