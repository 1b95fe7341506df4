"""Times as people say them, in French and English: « mars 2026 », « la semaine dernière », « entre janvier et juin ».

A time is a pair of days: the first, and the first that is too late. A month or a day without its year is the last one that has
begun. Pure: today is given.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from hameau.library.analysis import fold

Period = tuple[date | None, date | None]
"""First day, and first day after; ``None`` is open."""

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janvier january jan janv", "fevrier february feb fevr", "mars march", "avril april avr apr", "mai may",
            "juin june jun", "juillet july juil jul", "aout august aug", "septembre september sept sep",
            "octobre october oct", "novembre november nov", "decembre december dec",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_YEAR = r"(?:19|20)\d\d"
_UNITS = r"jours?|semaines?|mois|ans?|annees?|days?|weeks?|months?|years?"
_COUNTS = {word: n for n, word in enumerate("un deux trois quatre cinq six sept huit neuf dix".split(), 1)}
_COUNTS |= {word: n for n, word in enumerate("one two three four five six seven eight nine ten".split(), 1)}

_LONGER = {"semaine": 7, "week": 7, "mois": 31, "month": 31, "annee": 366, "an": 366, "year": 366}
"""Days from the first one of a week, month or year into the next."""

_RELATIVE = re.compile(
    rf"(?P<today>aujourd['’ ]hui|today)(?:['’]s)?|(?P<yesterday>hier|yesterday)(?:['’]s)?"
    rf"|(?P<tomorrow>demain|tomorrow)(?:['’]s)?"
    rf"|(?:la |le |l['’])?(?P<next>semaine|mois|annee|an) (?:prochaine?|suivante?)"
    rf"|(?:the )?(?:next|coming|following) (?P<coming>week|month|year)"
    rf"|(?:cette|ce|this) (?P<this>semaine|mois|annee|week|month|year)(?:[- ]ci)?"
    rf"|(?:la |le |l['’])?(?P<past>semaine|mois|annee|an) (?:derniere?|passee?|precedente?)"
    rf"|(?:the )?(?:last|past|previous) (?P<before>week|month|year)"
    rf"|(?:les? |the )?(?:(?P<n1>\d{{1,3}}|{'|'.join(_COUNTS)}) )?(?:derniers|dernieres|last|past) "
    rf"(?:(?P<n2>\d{{1,3}}|{'|'.join(_COUNTS)}) )?(?P<unit>{_UNITS})"
)
_ABSOLUTE = re.compile(
    rf"(?P<iso>{_YEAR})-(?P<iso_month>\d\d)(?:-(?P<iso_day>\d\d))?(?!\d)"
    rf"|(?:(?P<d>\d\d?)/)?(?P<m>\d\d?)/(?P<y>{_YEAR})(?!\d)"
    rf"|(?:(?P<day>\d\d?)(?:er|st|nd|rd|th)? (?:of )?)?(?:mois d(?:e |['’]))?(?P<month>{_MONTH})\b\.?"
    rf"(?: (?P<day_after>\d\d?)(?:st|nd|rd|th)?\b(?!\d))?(?:,? (?:de )?(?P<month_year>{_YEAR})(?!\d))?"
    rf"|(?:(?:l['’])?annee |the year )?(?P<year>{_YEAR})(?!\d)"
)
_BETWEEN = re.compile(r"(?:entre|between) (?:le |la |the )?|(?:de|du|from) (?=.{1,30}? (?:a|au|to|until) )")
_AND = re.compile(r" (?:et|and|a|au|to|until|jusqu['’]?(?:a|en|au)) (?:le |la |the )?")
_OPENED = re.compile(
    r"(?P<since>depuis|since)|(?P<before>avant|before)|(?P<after>apres|after)|(?P<until>jusqu['’](?:a|en|au)|until)"
)
_BARE_DAY = re.compile(r"(\d\d?)(?:er|st|nd|rd|th)?(?= (?:au|et|to|and) )")
_SAID = re.compile(
    r" *(?:(?:date|datant|recu|envoye|ecrit|redige|cree|fait|pris)e?s? |(?:dated|received|sent|written|created|made|taken) )?"
)
_JOINTS = re.compile(
    r" *(?:au mois de |du mois d(?:e |['’])|des |du |de |d['’]|en |au |le |les |la |l['’]|from |in |of |on |during |the )*"
)


def plain(text: str) -> str:
    """``text`` in lower case without accents, letter for letter: what stands at a place of it stands there in ``text``."""
    return "".join(folded if len(folded := fold(one)) == 1 else one for one in text)


def read(text: str, at: int, today: date) -> tuple[Period, int] | None:
    """The time said in ``text`` (:func:`plain`) from ``at`` on, with the small words before it, and where it ends."""
    at = _past(_SAID, text, at)
    between = _BETWEEN.match(text, at)
    if between and (found := _range(text, between.end(), today)):
        return found
    opened = _OPENED.match(text, at)
    if opened:
        start = _past(_JOINTS, text, opened.end())
        found = _single(text, start, today)
        if found is None:
            return None
        (begin, end), stop = found
        sides: dict[str, Period] = {
            "since": (begin, None), "before": (None, begin), "after": (end, None), "until": (None, end),
        }  # fmt: skip
        return sides[str(opened.lastgroup)], stop
    return _single(text, _past(_JOINTS, text, at), today)


def period(text: str, today: date) -> tuple[date, date] | None:
    """The days of a time that stands alone, such as ``2026-03`` or « mars 2026 »; ``None`` when it is none."""
    simple = " ".join(plain(text).split())
    found = _single(simple, _past(_JOINTS, simple, 0), today)
    return found[0] if found and found[1] == len(simple) else None


def moment(day: date | None) -> str:
    """The first instant of ``day`` where the reader lives, in UTC, to compare with stored times; "" for ``None``."""
    if day is None:
        return ""
    try:
        return datetime(day.year, day.month, day.day).astimezone().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    except (OverflowError, OSError, ValueError):  # the edges of what the clock knows
        return f"{day.isoformat()}T00:00:00"


def _past(small: re.Pattern[str], text: str, at: int) -> int:
    """Past the spaces and small words at ``at``."""
    found = small.match(text, at)
    return found.end() if found else at


def _range(text: str, at: int, today: date) -> tuple[Period, int] | None:
    """« janvier et juin 2024 », « 3 au 10 mars »."""
    bare = _BARE_DAY.match(text, at)
    first = None if bare else _single(text, at, today)
    joint = _AND.match(text, bare.end() if bare else first[1] if first else at)
    last = _single(text, joint.end(), today) if joint else None
    if last is None:
        return None
    (begin, end), stop = last
    if bare:
        try:
            return (begin.replace(day=int(bare[1])), end), stop
        except ValueError:
            return None
    if first is None:
        return None
    start = first[0][0]
    if start > begin:  # its year stands with the second: « entre mars et juin 2024 »
        start = start.replace(year=begin.year - (start.month > begin.month), day=1 if start.day > 28 else start.day)
    return (start, end), stop


def _single(text: str, at: int, today: date) -> tuple[tuple[date, date], int] | None:
    relative = _RELATIVE.match(text, at)
    if relative and _ends(text, relative.end()):
        return _relative(relative, today), relative.end()
    absolute = _ABSOLUTE.match(text, at)
    if absolute and _ends(text, absolute.end()):
        days = _absolute(absolute, today)
        return (days, absolute.end()) if days else None
    return None


def _ends(text: str, at: int) -> bool:
    return at >= len(text) or not text[at].isalnum()


def _relative(found: re.Match[str], today: date) -> tuple[date, date]:
    if found["today"]:
        return today, today + timedelta(1)
    if found["yesterday"]:
        return today - timedelta(1), today
    if found["tomorrow"]:
        return today + timedelta(1), today + timedelta(2)
    if found["unit"]:
        said = found["n1"] or found["n2"]
        count = 1 if not said else int(said) if said.isdigit() else _COUNTS[said]
        return _back(today, found["unit"], count), today + timedelta(1)
    unit = found["this"] or found["past"] or found["before"] or found["next"] or found["coming"]
    begin = _beginning(today, unit)
    after = _beginning(begin + timedelta(_LONGER[unit]), unit)
    if found["this"]:
        return begin, after
    if found["next"] or found["coming"]:
        return after, _beginning(after + timedelta(_LONGER[unit]), unit)
    return _beginning(begin - timedelta(1), unit), begin


def _beginning(day: date, unit: str) -> date:
    """The first day of the week, month or year that ``day`` lies in."""
    if unit in ("semaine", "week"):
        return day - timedelta(day.weekday())
    return day.replace(day=1) if unit in ("mois", "month") else day.replace(month=1, day=1)


def _back(day: date, unit: str, count: int) -> date:
    """``count`` units before ``day``."""
    if unit.startswith(("jour", "day")):
        return day - timedelta(count)
    if unit.startswith(("semaine", "week")):
        return day - timedelta(7 * count)
    months = count if unit.startswith(("mois", "month")) else 12 * count
    month = day.year * 12 + day.month - 1 - months
    return date(max(1, month // 12), month % 12 + 1, min(day.day, 28))


def _absolute(found: re.Match[str], today: date) -> tuple[date, date] | None:
    year = found["iso"] or found["y"] or found["month_year"] or found["year"]
    if found["year"]:
        return date(int(year), 1, 1), date(int(year) + 1, 1, 1)
    month = _MONTHS[found["month"]] if found["month"] else int(found["iso_month"] or found["m"])
    day = found["iso_day"] or found["d"] or found["day"] or found["day_after"]
    try:
        begin = date(int(year) if year else today.year, month, int(day or 1))
        if not year and begin > today:
            begin = begin.replace(year=today.year - 1)
    except ValueError:  # the thirteenth month, the 31st of June
        return None
    return begin, begin + timedelta(1) if day else _next_month(begin)


def _next_month(begin: date) -> date:
    return date(begin.year + begin.month // 12, begin.month % 12 + 1, 1)
