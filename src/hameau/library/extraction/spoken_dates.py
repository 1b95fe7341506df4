"""Dates as programs write them for people, in the languages of Western Europe. Nothing here guesses more than it must."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

_MONTHS = (
    "janvier janv jan january januar jänner enero ene gennaio gen janeiro januari",
    "février févr fév feb february februar febrero febbraio fevereiro fev februari",
    "mars mar march märz mär marzo março maart mrt",
    "avril avr apr april abril abr aprile",
    "mai may mayo maggio mag maio mei",
    "juin jun june juni junio giugno giu junho",
    "juillet juil jul july juli julio luglio lug julho",
    "août aou aug august agosto ago augustus",
    "septembre sept sep september septiembre settembre set setembro",
    "octobre oct october oktober okt octubre ottobre ott outubro out",
    "novembre nov november noviembre novembro",
    "décembre déc dec december dezember dez diciembre dic dicembre dezembro",
)
_TIME = re.compile(r"\b(\d{1,2})[:.h](\d\d)(?::(\d\d))?(?:\s*([ap])\.?\s?m\b)?", re.IGNORECASE)
_NUMERIC = re.compile(r"\b(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})\b")
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\b\d{1,4}\b")
_LONGEST = 80
_NOON = 12


def _bare(word: str) -> str:
    decomposed = unicodedata.normalize("NFD", word.lower())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


_BY_NAME = {_bare(name): number for number, names in enumerate(_MONTHS, 1) for name in names.split()}


@lru_cache(maxsize=4096)
def moment_of(text: str) -> datetime | None:
    """The day, with the hour when there is one, that a short text says; ``None`` when it says no date."""
    if len(text) > _LONGEST:
        return None
    time = _TIME.search(text)
    rest = text[: time.start()] + " " + text[time.end() :] if time else text
    numbers = _named(rest) or _figures(rest)
    if numbers is None:
        return None
    hour, minute, second = clock(*(time.groups() if time else ("0", "0", None, None)))
    return made(*numbers, hour, minute, second)


def clock(hour: str, minute: str, second: str | None, half: str | None) -> tuple[int, int, int]:
    """Hours of a day from what a watch shows; ``half`` is the letter of AM or PM."""
    hours = int(hour)
    if half:
        hours = hours % _NOON + (_NOON if half.lower() == "p" else 0)
    return hours, int(minute), int(second or 0)


def made(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime | None:
    """The moment, if there is such a one. Two figures of a year are of our time."""
    try:
        return datetime(year + 2000 if year < 100 else year, month, day, hour, minute, min(second, 59))  # noqa: DTZ001 - as it was written
    except ValueError:
        return None


def order_of(dates: Iterable[tuple[int, int, int]], *, american: bool) -> tuple[int, int, int]:
    """Where year, month and day stand in dates of three figures that follow each other in time."""
    known = list(dict.fromkeys(dates))
    if any(first > 31 for first, _, _ in known):
        return 0, 1, 2
    orders = {(2, 1, 0): 0.5 if american else 0.0, (2, 0, 1): 0.0 if american else 0.5}
    for order in orders:
        before = (0, 0, 0)
        for date in known:
            now = (date[order[0]], date[order[1]], date[order[2]])
            if now[1] > _NOON:
                orders[order] += 100
            elif now < before:
                orders[order] += 1
            before = now
    return min(orders, key=lambda order: orders[order])


def _named(text: str) -> tuple[int, int, int] | None:
    month = next((_BY_NAME[name] for word in _WORD.findall(text) if (name := _bare(word)) in _BY_NAME), 0)
    if not month:
        return None
    numbers = [int(number) for number in _NUMBER.findall(text)]
    year = next((number for number in numbers if number > 31), 0)
    day = next((number for number in numbers if 0 < number <= 31), 0)
    return (year, month, day) if year and day else None


def _figures(text: str) -> tuple[int, int, int] | None:
    found = _NUMERIC.search(text)
    if found is None:
        return None
    figures = tuple(int(part) for part in found.groups())
    year, month, day = order_of([(figures[0], figures[1], figures[2])], american="/" in found[0] and len(found[3]) == 4)
    return figures[year], figures[month], figures[day]
