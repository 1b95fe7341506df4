"""Days and hours in French words, as the library writes them into a text so that they are found as people say them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip


def month(year: int, number: int) -> str:
    """« mars 2025 »."""
    return f"{MONTHS[number - 1]} {year}"


def day(when: date, *, weekday: bool = True) -> str:
    """« lundi 3 mars 2025 »."""
    first = "1er" if when.day == 1 else str(when.day)
    name = f"{DAYS[when.weekday()]} " if weekday else ""
    return f"{name}{first} {month(when.year, when.month)}"


def hour(when: datetime) -> str:
    """« 18:30 », the form that is searched and read alike."""
    return f"{when.hour:02}:{when.minute:02}"


def span(start: date, end: date | None, zone: str = "") -> str:
    """From when to when, in words. Two days mean whole days, ``end`` included; two moments have hours."""
    if not isinstance(start, datetime):
        if end is None or end <= start:
            return day(start)
        return f"du {day(start)} au {day(end)}"
    place = f" ({zone})" if zone else ""
    if not isinstance(end, datetime) or end <= start:
        return f"{day(start)} à {hour(start)}{place}"
    if end.date() == start.date():
        return f"{day(start)}, {hour(start)} – {hour(end)}{place}"
    return f"du {day(start)} à {hour(start)} au {day(end)} à {hour(end)}{place}"


def before(end: date) -> date:
    """The last whole day of a span whose end is not part of it."""
    return end - timedelta(days=1)
