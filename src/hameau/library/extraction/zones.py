"""The time zones of a calendar: by their names, else as the calendar itself defines them (RFC 5545, 3.6.5).

A definition is followed only as far as calendars really go: each change of the clock on a day of a month, every year.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hameau.library.extraction.contentlines import Line

_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)(?::?\d\d)?")
_NAMED_OFFSET = re.compile(r"(?:GMT|UTC)\s*([+-])(\d{1,2}):?(\d\d)?", re.IGNORECASE)
_ORDINAL = re.compile(r"([+-]?\d)?(MO|TU|WE|TH|FR|SA|SU)")
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_LONGEST = 100
_WINDOWS = {
    "Romance Standard Time": "Europe/Paris",
    "W. Europe Standard Time": "Europe/Berlin",
    "Central Europe Standard Time": "Europe/Budapest",
    "Central European Standard Time": "Europe/Warsaw",
    "GMT Standard Time": "Europe/London",
    "Greenwich Standard Time": "Atlantic/Reykjavik",
    "E. Europe Standard Time": "Europe/Chisinau",
    "FLE Standard Time": "Europe/Kyiv",
    "GTB Standard Time": "Europe/Bucharest",
    "Russian Standard Time": "Europe/Moscow",
    "Eastern Standard Time": "America/New_York",
    "Central Standard Time": "America/Chicago",
    "Mountain Standard Time": "America/Denver",
    "Pacific Standard Time": "America/Los_Angeles",
    "Reunion Standard Time": "Indian/Reunion",
    "SA Western Standard Time": "America/La_Paz",
    "Tokyo Standard Time": "Asia/Tokyo",
}
"""Names that Windows gives, where a calendar does not define them (Unicode CLDR, windowsZones)."""


class _Change(NamedTuple):
    """From some moment on, clocks are ``offset`` from UTC; every year again when ``weekday`` is one."""

    start: datetime
    offset: timedelta
    month: int = 0
    weekday: int = -1
    ordinal: int = 1

    def last(self, local: datetime) -> datetime | None:
        """The last time that this happened up to ``local``."""
        if local < self.start:
            return None
        if self.weekday < 0:
            return self.start
        for year in (local.year, local.year - 1):
            moment = self._in(year)
            if moment <= local:
                return max(moment, self.start)
        return self.start

    def _in(self, year: int) -> datetime:
        first, length = calendar.monthrange(year, self.month)
        days = list(range(1 + (self.weekday - first) % 7, length + 1, 7))
        at = self.ordinal - 1 if self.ordinal > 0 else self.ordinal
        chosen = days[max(min(at, len(days) - 1), -len(days))]
        return self.start.replace(year=year, month=self.month, day=chosen)


class _Defined(tzinfo):
    """A zone as a calendar defines it."""

    def __init__(self, changes: Sequence[_Change]) -> None:
        self._changes = tuple(changes)

    def utcoffset(self, when: datetime | None) -> timedelta:
        if when is None:
            return self._changes[0].offset
        local = when.replace(tzinfo=None)
        known = [(last, change.offset) for change in self._changes if (last := change.last(local)) is not None]
        return max(known)[1] if known else self._changes[0].offset

    def dst(self, when: datetime | None) -> timedelta:
        return timedelta(0)

    def tzname(self, when: datetime | None) -> str | None:
        return None


class Zones:
    """The zones of one calendar."""

    def __init__(self) -> None:
        self._defined: dict[str, tzinfo] = {}

    def define(self, name: str, observances: Iterable[Iterable[Line]]) -> None:
        """What the calendar says of the zone ``name``: the lines of each of its observances."""
        changes = [change for lines in observances if (change := _change(list(lines))) is not None]
        if changes and len(self._defined) < 1_000:
            self._defined[name] = _Defined(changes)

    def get(self, name: str) -> tzinfo | None:
        """The zone of that name; ``None`` when nobody knows it."""
        name = name.strip().strip('"')
        return _by_name(name[:_LONGEST]) or self._defined.get(name) or _by_custom(name[:_LONGEST])


@lru_cache(maxsize=512)
def _by_name(name: str) -> tzinfo | None:
    """A zone of the IANA database; programs put a path of their own before its name."""
    if name.upper() in ("UTC", "GMT", "Z", "ETC/UTC"):
        return UTC
    parts = name.strip("/").split("/")
    for count in (len(parts), 3, 2):
        if 2 <= count <= len(parts) and (found := _known("/".join(parts[-count:]))):
            return found
    return _known(name) if len(parts) == 1 else None


def _known(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # no such file, a path that leads elsewhere, a folder
        return None


def _by_custom(name: str) -> tzinfo | None:
    if name in _WINDOWS:
        return _known(_WINDOWS[name])
    if found := _NAMED_OFFSET.search(name):
        return _fixed(found[1], int(found[2]), int(found[3] or 0))
    return None


def _fixed(sign: str, hours: int, minutes: int) -> tzinfo | None:
    if hours > 23 or minutes > 59:
        return None
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if sign == "-" else offset)


def _change(lines: Sequence[Line]) -> _Change | None:
    values = {line.name: line.value for line in lines}
    found = _OFFSET.fullmatch(values.get("TZOFFSETTO", "").strip())
    if found is None or (zone := _fixed(found[1], int(found[2]), int(found[3]))) is None:
        return None
    offset = zone.utcoffset(None) or timedelta(0)
    try:
        start = datetime.strptime(values.get("DTSTART", "").strip()[:15], "%Y%m%dT%H%M%S")  # noqa: DTZ007 - local by definition
    except ValueError:
        return None
    rule = dict(part.partition("=")[::2] for part in values.get("RRULE", "").upper().split(";"))
    day = _ORDINAL.fullmatch(rule.get("BYDAY", ""))
    month = rule.get("BYMONTH", "")
    if rule.get("FREQ") != "YEARLY" or day is None or not re.fullmatch("0?[1-9]|1[0-2]", month):
        return _Change(start, offset)
    return _Change(start, offset, int(month), _DAYS.index(day[2]), int(day[1] or 1) or 1)
