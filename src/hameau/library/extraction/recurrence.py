"""When something comes again, in French words: « chaque mois, le premier lundi, jusqu'au 31 décembre 2025 ».

Source: RFC 5545, 3.3.10. What can't be said shortly is left out of the words, never said wrongly.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from hameau.library.extraction.days import DAYS, MONTHS

_DAYS = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}
_EACH = {
    "DAILY": ("chaque jour", "tous les {n} jours"),
    "WEEKLY": ("chaque semaine", "toutes les {n} semaines"),
    "MONTHLY": ("chaque mois", "tous les {n} mois"),
    "YEARLY": ("chaque année", "tous les {n} ans"),
    "HOURLY": ("chaque heure", "toutes les {n} heures"),
}
_WHICH = {
    1: "premier",
    2: "deuxième",
    3: "troisième",
    4: "quatrième",
    5: "cinquième",
    -1: "dernier",
    -2: "avant-dernier",
}
_BY_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_NUMBER = re.compile(r"-?\d{1,4}")
_MOST = 31


def words(rule: str, until: str = "") -> str:
    """What ``rule`` says; ``until`` is its last day in words, when it has one. Empty when it says nothing we know."""
    parts = {name.strip().upper(): value.strip().upper() for name, _, value in _pairs(rule)}
    each = _EACH.get(parts.get("FREQ", ""))
    if each is None:
        return ""
    every = _numbers(parts.get("INTERVAL", ""))[:1] or [1]
    said = [each[0] if every[0] <= 1 else each[1].format(n=every[0])]
    if days := _days(parts):
        said.append(days)
    if months := [MONTHS[number - 1] for number in _numbers(parts.get("BYMONTH", "")) if 1 <= number <= 12]:
        said.append(f"en {_listed(months)}")
    if count := _numbers(parts.get("COUNT", ""))[:1]:
        said.append(f"{count[0]} fois")
    if until:
        said.append(f"jusqu'au {until}")
    return ", ".join(said)


def until_of(rule: str) -> str:
    """The value of UNTIL, as it stands."""
    return next((value.strip() for name, _, value in _pairs(rule) if name.strip().upper() == "UNTIL"), "")


def _pairs(rule: str) -> list[tuple[str, str, str]]:
    return [part.partition("=") for part in rule[:1_000].split(";")]


def _days(parts: Mapping[str, str]) -> str:
    found = [match.groups() for part in parts.get("BYDAY", "").split(",")[:_MOST] if (match := _BY_DAY.fullmatch(part))]
    place = _numbers(parts.get("BYSETPOS", ""))
    if found and len(place) == 1 and place[0] in _WHICH and not any(which for which, _ in found):
        names = _listed([DAYS[_DAYS[name]] for _, name in found])
        if len(found) == 5 and {name for _, name in found} == {"MO", "TU", "WE", "TH", "FR"}:
            names = "jour de la semaine"
        return f"le {_WHICH[place[0]]} {names}"
    if found:
        if not place:
            return _listed([_weekday(which, name) for which, name in found])
        return ""
    numbers = _numbers(parts.get("BYMONTHDAY", ""))
    return _listed([_day_of_month(number) for number in numbers if number]) if numbers else ""


def _weekday(which: str | None, name: str) -> str:
    number = int(which) if which else 0
    return f"le {_WHICH[number]} {DAYS[_DAYS[name]]}" if number in _WHICH else f"le {DAYS[_DAYS[name]]}"


def _day_of_month(number: int) -> str:
    if number == -1:
        return "le dernier jour du mois"
    if number < 0:
        return f"{-number} jours avant la fin du mois"
    return "le 1er" if number == 1 else f"le {number}"


def _numbers(value: str) -> list[int]:
    return [int(part) for part in value.split(",")[:_MOST] if _NUMBER.fullmatch(part)]


def _listed(names: list[str]) -> str:
    kept = list(dict.fromkeys(names))
    return kept[0] if len(kept) == 1 else ", ".join(kept[:-1]) + " et " + kept[-1]
