"""Numbers, sizes, dates and licences as a French or an English reader writes them. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from hameau.kit import N_, say, translations
from hameau.server.licences import terms

NARROW = "\u202f"
HARD = "\u00a0"
MONTHS = (
    N_("January"),
    N_("February"),
    N_("March"),
    N_("April"),
    N_("May"),
    N_("June"),
    N_("July"),
    N_("August"),
    N_("September"),
    N_("October"),
    N_("November"),
    N_("December"),
)
LANGUAGE_NAMES = {
    "fr": N_("French"),
    "en": N_("English"),
    "de": N_("German"),
    "es": N_("Spanish"),
    "it": N_("Italian"),
    "pt": N_("Portuguese"),
    "nl": N_("Dutch"),
}
CODE = N_("code")
MANY = N_("many languages")


def number(value: float, language: str, digits: int = 0) -> str:
    """``12 345,6`` in French, ``12,345.6`` in English."""
    text = f"{value:,.{digits}f}"
    return text.translate({ord(","): NARROW, ord("."): ","}) if language == "fr" else text


def size(count: int, language: str) -> str:
    """Bytes in decimal units, as disks are sold: ``1,1 Go``, ``1.1 GB``."""
    units = ("o", "ko", "Mo", "Go", "To") if language == "fr" else ("bytes", "kB", "MB", "GB", "TB")
    value = float(count)
    step = 0
    while value >= 999.5 and step < len(units) - 1:
        value, step = value / 1000, step + 1
    return number(value, language, 1 if step and value < 9.95 else 0) + HARD + units[step]


def seconds(milliseconds: float, language: str) -> str:
    """``0,4 s``, ``12 s``, ``3 min``; never less than a tenth."""
    value = max(milliseconds / 1000, 0.1)
    if value >= 100:
        return number(value / 60, language) + HARD + "min"
    return number(value, language, 1 if value < 10 else 0) + HARD + "s"


def day(moment: str, language: str) -> str:
    """An RFC 3339 instant as a day in the machine's time zone: ``14 juillet 2026``, ``14 July 2026``."""
    try:
        local = datetime.fromisoformat(moment).astimezone()
    except ValueError:
        return moment
    return _day(local, language)


def day_of(seconds: float, language: str) -> str:
    """The same for seconds since the epoch."""
    return _day(_local(seconds), language)


def clock(seconds: float, language: str) -> str:
    """The time of day, to the minute: ``10 h 05``, ``10:05``."""
    local = _local(seconds)
    return f"{local.hour}{HARD}h{HARD}{local.minute:02}" if language == "fr" else f"{local.hour}:{local.minute:02}"


def moment(seconds: float, language: str) -> str:
    """Day and time: ``14 juillet 2026 à 10 h 05``."""
    return say(N_("{day} at {time}"), language, {"day": day_of(seconds, language), "time": clock(seconds, language)})


def lasting(seconds: float, language: str) -> str:
    """A long time in one unit, as one says it: ``12 jours``, ``5 heures``, ``3 minutes``; never less than a minute."""
    minutes, said = max(1, int(seconds // 60)), translations(language)
    if minutes < 120:
        n, text = minutes, said.ngettext("{n} minute", "{n} minutes", minutes)
    elif minutes < 2 * 1440:
        n, text = minutes // 60, said.ngettext("{n} hour", "{n} hours", minutes // 60)
    else:
        n, text = minutes // 1440, said.ngettext("{n} day", "{n} days", minutes // 1440)
    return text.format(n=number(n, language))


def _local(seconds: float) -> datetime:
    """In the machine's time zone; a moment beyond the calendar is its end."""
    try:
        return datetime.fromtimestamp(seconds).astimezone()
    except (ValueError, OverflowError, OSError):
        return datetime.max.replace(tzinfo=UTC)


def _day(local: datetime, language: str) -> str:
    first = "1er" if local.day == 1 and language == "fr" else str(local.day)
    return f"{first}{HARD}{say(MONTHS[local.month - 1], language)}{HARD}{local.year}"


def licence(identifier: str, language: str) -> str:
    """What a licence allows, in one plain sentence. The full text stays the rule."""
    return say(terms(identifier).summary, language)


def languages(codes: tuple[str, ...], language: str) -> str:
    """``français, anglais`` for ``("fr", "en")``."""
    if len(codes) > 8 or "multilingual" in codes or "*" in codes:
        return say(MANY, language)
    return ", ".join(say(LANGUAGE_NAMES[code], language) if code in LANGUAGE_NAMES else code for code in codes)
