"""The dates and hours of a calendar (RFC 5545, 3.3.4 to 3.3.6), each in its zone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from hameau.library.extraction import days
from hameau.library.extraction.contentlines import Line
from hameau.library.extraction.zones import Zones

_VALUE = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:T(\d\d):?(\d\d)(?::?(\d\d))?(Z)?)?")
_DURATION = re.compile(r"\+?P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?")
_EARLIEST, _LATEST = 1000, 2200
_MOST = 500


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, or an hour of one. ``when`` is a ``date`` for a whole day, else a local ``datetime`` without a zone."""

    when: date
    zone: str = ""
    """The zone's name as people know it; empty where there is none."""
    utc: datetime | None = None
    """The same moment in UTC; ``None`` for days, and for hours that hold wherever one is."""
    offset: timedelta | None = None

    @property
    def local(self) -> date:
        """The day, as it is called there."""
        return self.when

    @property
    def iso(self) -> str:
        """ISO 8601, with the offset where there is one."""
        if not isinstance(self.when, datetime):
            return self.when.isoformat()
        if self.offset is None:
            return self.when.isoformat(timespec="minutes")
        if self.zone == "UTC":
            return self.when.isoformat(timespec="minutes") + "Z"
        seconds = int(self.offset.total_seconds())
        sign, seconds = ("-", -seconds) if seconds < 0 else ("+", seconds)
        return f"{self.when.isoformat(timespec='minutes')}{sign}{seconds // 3600:02}:{seconds % 3600 // 60:02}"


class Moments:
    """Reads the moments of one calendar. ``usual`` is the zone that it gives to hours without one."""

    def __init__(self, zones: Zones, usual: str = "") -> None:
        self._zones, self._usual = zones, usual

    def of(self, lines: Sequence[Line]) -> Moment | None:
        """The moment of the first line."""
        return self.parse(lines[0].value, lines[0]) if lines else None

    def several(self, line: Line) -> list[Moment]:
        """The moments of a line that may hold many; of periods the beginning."""
        found = (self.parse(value.partition("/")[0], line) for value in line.value.split(",")[:_MOST])
        return [one for one in found if one is not None]

    def span(self, lines: Sequence[Line]) -> tuple[Moment | None, Moment | None]:
        """From when to when. Of whole days the last one is part of it; an end before the beginning is none."""
        by_name = {line.name: line for line in reversed(lines)}
        start = self.of([by_name["DTSTART"]]) if "DTSTART" in by_name else None
        end = self.of([by_name["DTEND"]]) if "DTEND" in by_name else None
        if start is None:
            return None, None
        whole = not isinstance(start.when, datetime)
        if end is None and (length := _duration(by_name["DURATION"].value) if "DURATION" in by_name else None):
            end = _later(start, length)
        if end is None or isinstance(end.when, datetime) == whole:
            return start, None
        if whole:
            last = days.before(end.when)
            return start, (Moment(last) if last > start.when else None)
        if end.zone != start.zone and end.utc is not None and start.offset is not None:
            end = _shifted(end.utc, start)
        return start, (end if end.when > start.when else None)

    def parse(self, value: str, line: Line) -> Moment | None:
        """The moment that ``value`` says, in the zone that its line names."""
        found = _VALUE.match(value.strip())
        if found is None:
            return None
        try:
            when = date(*(int(part) for part in found.groups()[:3]))
            if not _EARLIEST <= when.year <= _LATEST:
                return None
            if found[4] is None:
                return Moment(when)
            local = datetime(when.year, when.month, when.day, int(found[4]), int(found[5]), min(int(found[6] or 0), 59))  # noqa: DTZ001 - its zone stands beside it
            return self._placed(local, line, utc=found[7] is not None)
        except (ValueError, OverflowError):
            return None

    def _placed(self, local: datetime, line: Line, *, utc: bool) -> Moment:
        usual = self._zones.get(self._usual) if self._usual else None
        if utc:
            if usual is None:
                return Moment(local, "UTC", local.replace(tzinfo=UTC), timedelta(0))
            there = local.replace(tzinfo=UTC).astimezone(usual)
            return Moment(
                there.replace(tzinfo=None), _called(usual, self._usual), there.astimezone(UTC), there.utcoffset()
            )
        name = line.parameter("TZID")
        zone = self._zones.get(name) if name else usual
        if zone is None:
            return Moment(local, name)
        aware = local.replace(tzinfo=zone)
        return Moment(local, _called(zone, name or self._usual), aware.astimezone(UTC), aware.utcoffset())


def _called(zone: tzinfo, name: str) -> str:
    return str(getattr(zone, "key", "")) or ("UTC" if zone is UTC else name)


def _duration(value: str) -> timedelta | None:
    found = _DURATION.fullmatch(value.strip())
    if found is None:
        return None
    weeks, number, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(weeks=weeks, days=number, hours=hours, minutes=minutes, seconds=seconds) or None


def _later(start: Moment, length: timedelta) -> Moment | None:
    try:
        utc = start.utc + length if start.utc is not None else None
        return Moment(start.when + length, start.zone, utc, start.offset)
    except OverflowError:
        return None


def _shifted(utc: datetime, start: Moment) -> Moment:
    """The end of something in the zone of its beginning: one line of words has one zone."""
    local = (utc + (start.offset or timedelta(0))).replace(tzinfo=None)
    return Moment(local, start.zone, utc, start.offset)
