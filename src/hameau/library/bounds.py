"""Which documents a search is bound to: as people give it (``--since 2026-03``), and as it is told (« courriels, mars 2026 »)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from hameau.kit import N_, BadInput, say
from hameau.library.dates import moment, period
from hameau.library.types import KINDS, Filter

_KINDS_SAID = {
    "mail": N_("your emails"),
    "pdf": N_("your PDFs"),
    "text": N_("your text documents"),
    "page": N_("your web pages"),
    "sheet": N_("your spreadsheets"),
    "slides": N_("your slideshows"),
    "book": N_("your e-books"),
    "picture": N_("your pictures"),
    "sound": N_("your recordings"),
    "archive": N_("your archives"),
    "event": N_("your events"),
    "contact": N_("your contacts"),
    "chat": N_("your chats"),
    "bookmark": N_("your bookmarks"),
    "news": N_("the news of your feeds"),
    "other": N_("your other files"),
}
_LANGUAGES_SAID = {
    "fr": N_("in French"),
    "en": N_("in English"),
    "de": N_("in German"),
    "es": N_("in Spanish"),
    "it": N_("in Italian"),
    "pt": N_("in Portuguese"),
    "nl": N_("in Dutch"),
}
_MONTHS = (
    N_("January"), N_("February"), N_("March"), N_("April"), N_("May"), N_("June"), N_("July"), N_("August"),
    N_("September"), N_("October"), N_("November"), N_("December"),
)  # fmt: skip

_NAMES = 8
"""Words of names that a search is bound to, at most."""


def bound(
    *,
    kinds: Iterable[str] = (),
    languages: Iterable[str] = (),
    sources: Iterable[str] = (),
    since: str = "",
    until: str = "",
    people: str = "",
    document_id: int | None = None,
    today: date | None = None,
) -> Filter:
    """The filter of what a person gave. ``since`` and ``until`` are dates, months or years, the latter to its end: ``2026-03``,
    « mars 2026 », « hier ». ``people`` are names, parted by spaces, each of which stands among those who wrote or received it.

    Raises ``BadInput`` for a kind or a date that can't be read.
    """
    wanted = frozenset(kind.strip().lower() for kind in kinds if kind.strip())
    for kind in sorted(wanted - set(KINDS)):
        raise BadInput(
            N_("“{kind}” is no kind of document."),
            hint=N_("Choose among: {kinds}."),
            kind=kind[:60],
            kinds=", ".join(KINDS),
        )
    day = today or datetime.now().astimezone().date()
    return Filter(
        sources=frozenset(filter(None, sources)),
        document_id=document_id,
        kinds=wanted,
        languages=frozenset(code.strip().lower()[:8] for code in languages if code.strip()),
        since=moment(_days(since, day)[0]) if since.strip() else "",
        until=moment(_days(until, day)[1]) if until.strip() else "",
        people=frozenset(people.lower().replace("'", " ").replace("’", " ").replace(",", " ").split()[:_NAMES]),
    )


def _days(text: str, today: date) -> tuple[date, date]:
    days = period(text, today)
    if days is None:
        raise BadInput(
            N_("“{text}” is no date."),
            hint=N_("Write a day, a month or a year: 2026-03-14, 2026-03 or 2026."),
            text=text[:60],
        )
    return days


def said(only: Filter, language: str) -> str:
    """Where a search looked, in ``language``: « vos courriels, mars 2026, Marie ». Sources and documents are for the caller."""
    parts = [say(_KINDS_SAID[kind], language) for kind in KINDS if kind in only.kinds]
    when = _when(only, language)
    parts += [when] if when else []
    parts += [say(_LANGUAGES_SAID[one], language) if one in _LANGUAGES_SAID else one for one in sorted(only.languages)]
    if only.people:
        parts.append(" ".join(name[:1].upper() + name[1:] for name in sorted(only.people)))
    if parts and not only.kinds:
        parts.insert(0, say(N_("your documents"), language))
    return ", ".join(parts)


def _when(only: Filter, language: str) -> str:
    first, after = _local(only.since), _local(only.until)
    if first and after:
        return _span(first, after, language)
    if first:
        return say(N_("since {day}"), language, {"day": _day(first, language)})
    if after:
        return say(N_("before {day}"), language, {"day": _day(after, language)})
    return ""


def _span(first: date, after: date, language: str) -> str:
    if first.day == 1 and after.day == 1:
        if (first.month, after.month, after.year - first.year) == (1, 1, 1):
            return str(first.year)
        if (after - first).days <= 31:
            return f"{say(_MONTHS[first.month - 1], language)} {first.year}"
    last = after - timedelta(1)
    if last <= first:
        return _day(first, language)
    return say(N_("{first} to {last}"), language, {"first": _day(first, language), "last": _day(last, language)})


def _day(day: date, language: str) -> str:
    number = "1er" if day.day == 1 and language == "fr" else str(day.day)
    return f"{number} {say(_MONTHS[day.month - 1], language)} {day.year}"


def _local(stamp: str) -> date | None:
    """The day of a stored moment where the reader lives."""
    if not stamp:
        return None
    try:
        return datetime.fromisoformat(stamp[:19]).replace(tzinfo=UTC).astimezone().date()
    except (ValueError, OverflowError, OSError):
        return None
