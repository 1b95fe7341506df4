"""What an entry of a feed says, as text: HTML to words, dates of every kind, addresses that are whole. Knows no format."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from urllib.parse import urljoin

from hameau.library.extraction import limits
from hameau.library.extraction.hypertext import read_html
from hameau.library.extraction.properties import mail_moment, moment
from hameau.library.extraction.structure import Draft, one_line
from hameau.library.extraction.trust import address, seemly

_MARKUP = re.compile(r"<[A-Za-z!/][^<>]*>|&(?:[A-Za-z]{2,10}|#\d{1,6}|#x[0-9A-Fa-f]{1,5});")
_SHORT_TITLE = 90
_ID_CHARACTERS = 400
_MONTHS = {
    name: short
    for short, names in {
        "Jan": "janvier janv jan", "Feb": "février fevrier févr fevr fév fev", "Mar": "mars mar", "Apr": "avril avr",
        "May": "mai", "Jun": "juin", "Jul": "juillet juil", "Aug": "août aout", "Sep": "septembre sept sep",
        "Oct": "octobre oct", "Nov": "novembre nov", "Dec": "décembre decembre déc dec",
    }.items()
    for name in names.split()
}  # fmt: skip
_FRENCH = re.compile(
    r"(?:(?:lun|mar|mer|jeu|ven|sam|dim)[a-z]*\.?,?\s+)?(\d{1,2})(?:er)?\s+([a-zéû]{3,9})\.?\s+(\d{4})(?:\s+(.*))?\Z",
    re.IGNORECASE,
)


def words(markup: str) -> str:
    """The text of an HTML fragment, or of what is plain text already."""
    if not _MARKUP.search(markup):
        return "\n".join(line.rstrip() for line in markup.split("\n")).strip()
    draft = Draft()
    read_html(markup, draft)
    return draft.finish()[0].strip()


def line(markup: str, longest: int = limits.TITLE_CHARACTERS) -> str:
    """The same on one line, and not endless."""
    return seemly(one_line(words(markup[: longest * 8])), longest)


def title_of(title: str, text: str) -> str:
    """The title, else the beginning of the text: short messages have none."""
    if title:
        return title
    start = one_line(text[: _SHORT_TITLE * 4]).lstrip("# ")
    if len(start) <= _SHORT_TITLE:
        return start
    return start[:_SHORT_TITLE].rpartition(" ")[0].rstrip(",;:.") + "…"


def whole(base: str, link: str) -> str:
    """``link`` as it stands in what lies at ``base``; empty when that is no address of the web."""
    try:
        return address(urljoin(base, link.strip()).replace(" ", "%20")) if link.strip() else ""
    except ValueError:
        return ""


def identity(*said: str) -> str:
    """The first of ``said`` that says something, in bounds; by its hash when it is long."""
    for text in said:
        if plain := " ".join(text.split()):
            return (
                plain if len(plain) <= _ID_CHARACTERS else hashlib.blake2b(plain.encode(), digest_size=16).hexdigest()
            )
    return ""


def when(text: str) -> str:
    """A date of any of the kinds that feeds write (RFC 822, ISO 8601, and French words); empty when it is none."""
    plain = one_line(text)[:80]
    if not plain:
        return ""
    if found := moment(plain):
        return found
    if french := _FRENCH.match(plain):
        month = _MONTHS.get(french[2].lower())
        if month:
            plain = f"{french[1]} {month} {french[3]} {french[4] or '00:00:00 +0000'}"
    return mail_moment(plain)


def of_struct(parts: object) -> str:
    """A moment as a parser's nine numbers in UTC."""
    if not isinstance(parts, tuple) or len(parts) < 6:
        return ""
    year, month, day, hour, minute, second = (int(part) for part in parts[:6])
    try:
        return moment(datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC).isoformat())
    except (ValueError, OverflowError):
        return ""


def number(text: object, most: int) -> int:
    """A whole number from 0 up to ``most``; 0 for anything else."""
    plain = str(text if text is not None else "").strip()
    return min(int(plain), most) if plain.isascii() and plain.isdigit() and len(plain) < 19 else 0


def seconds(text: object) -> int:
    """A length of time as podcasts write it: ``1:02:03``, ``62:03`` or a number of seconds."""
    parts = str(text if text is not None else "").strip().split(":")
    if len(parts) > 3 or not all(part.isascii() and part.isdigit() and len(part) < 7 for part in parts):
        return number(str(text).partition(".")[0], 10**7)
    total = 0
    for part in parts:
        total = total * 60 + int(part)
    return min(total, 10**7)
