"""Moments that a person types: a date, a date and time, or how long from now."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from hameau.kit import N_, BadInput

_SPAN = re.compile(r"(\d{1,4})\s*(min|m|h|d|j|w|s|sem|semaines?|weeks?|days?|jours?|hours?|heures?)")
_UNITS = {"m": 60, "h": 3600, "d": 86400, "j": 86400, "w": 7 * 86400, "s": 7 * 86400}


def later(text: str, now: float) -> float:
    """The end that ``text`` names, in seconds since the epoch: ``2h``, ``7d``, ``2026-12-31`` (to its end), ``today``.

    Raises ``BadInput``.
    """
    word = text.strip().lower()
    if span := _SPAN.fullmatch(word):
        return now + int(span[1]) * _UNITS[span[2][0]]
    today = datetime.fromtimestamp(now).astimezone()
    if word in ("today", "aujourd'hui", "aujourd’hui"):
        return _end_of_day(today)
    try:
        found = datetime.fromisoformat(word)
    except ValueError:
        raise BadInput(
            N_("“{text}” is no moment."), hint=N_("Write 2h, 7d, today or a date such as 2026-12-31."), text=text[:60]
        ) from None
    found = found.astimezone()  # without a zone it is the reader's own
    return _end_of_day(found) if len(word) <= len("2026-12-31") else found.timestamp()


def _end_of_day(day: datetime) -> float:
    return (day.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)).timestamp()
