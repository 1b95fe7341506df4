"""Moments that a person types, by the reader's clock: a date, a date and time, a named day, or how long from now or ago."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from hameau.kit import N_, BadInput

_SPAN = re.compile(r"(\d{1,4})\s*(min|m|h|d|j|w|sem|semaines?|weeks?|days?|jours?|hours?|heures?)")
_UNITS = {"m": 60, "h": 3600, "d": 86400, "j": 86400, "w": 7 * 86400, "s": 7 * 86400}
_DATE = len("2026-12-31")


def later(text: str, now: float) -> float:
    """The end that ``text`` names, in seconds since the epoch: in ``2h``, in ``7d``, ``today``, a date (to its end), a date
    and time. Raises ``BadInput``."""
    return now + _span(text) if _span(text) else _named(text, now, end=True)


def earlier(text: str, now: float, *, end: bool = False) -> float:
    """The moment that ``text`` names, in seconds since the epoch: ``2h`` ago, ``7d`` ago, ``today``, ``yesterday``, a date
    (its beginning, or with ``end`` its end), a date and time. Raises ``BadInput``."""
    return now - _span(text) if _span(text) else _named(text, now, end=end)


def _span(text: str) -> int:
    found = _SPAN.fullmatch(text.strip().lower())
    return int(found[1]) * _UNITS[found[2][0]] if found else 0


def _named(text: str, now: float, *, end: bool) -> float:
    word = text.strip().lower().replace("’", "'")
    today = datetime.fromtimestamp(now).astimezone().replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    named = {"today": today, "aujourd'hui": today, "yesterday": today - timedelta(1), "hier": today - timedelta(1)}
    try:
        day = named.get(word) or datetime.fromisoformat(text.strip())
        if end and (word in named or len(word) <= _DATE):
            day += timedelta(days=1)
        return day.astimezone().timestamp()
    except (ValueError, OverflowError, OSError) as error:
        raise BadInput(
            N_("“{text}” is no moment."), hint=N_("Write 2h, 7d, today or a date such as 2026-12-31."), text=text[:60]
        ) from error
