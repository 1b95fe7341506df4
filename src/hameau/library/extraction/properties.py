"""When a document is from and who wrote it, from what its file says of itself. Nothing here guesses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from hameau.library.extraction.limits import AUTHORS_CHARACTERS
from hameau.library.extraction.structure import one_line

_EARLIEST = 1000
"""A book may be from any year; a clock that was never set says 1601, 1899, 1904, 1970 or 1980."""
_NEVER_SET = frozenset({"1601-01-01", "1899-12-30", "1899-12-31", "1904-01-01", "1970-01-01", "1980-01-01"})
_LATEST = 2100
_ISO = re.compile(
    r"(\d{4})-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?)?)?", re.IGNORECASE
)
_EXIF = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)")
_NOBODY = frozenset({"", "unknown", "inconnu", "user", "utilisateur", "administrator", "administrateur", "admin", "-"})
"""Names that programs put where nobody gave one."""


def moment(value: object) -> str:
    """A date as the library keeps it (ISO 8601 in UTC with milliseconds); empty when ``value`` is no sensible date.

    Reads ISO 8601 (a bare day, or a time without a zone, counts as UTC) and EXIF's own form.
    """
    text = str(value or "").strip()
    if found := _EXIF.match(text):
        year, month, day, hour, minute, second = (int(part) for part in found.groups())
        return _stamp(year, month, day, hour, minute, second)
    if (found := _ISO.match(text)) is None:
        return ""
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    return _stamp(year, month, day or 1, hour, minute, second, zone=found[7] or "")


def mail_moment(value: str) -> str:
    """The date of a mail's header (RFC 5322), as :func:`moment` gives it."""
    try:
        when = parsedate_to_datetime(value)
        when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return ""
    return _shown(when)


def people(names: Iterable[object]) -> str:
    """Names on one line, each once, without those that no person has."""
    kept: dict[str, None] = {}
    for name in names:
        line = one_line(str(name or ""))
        if line.lower() not in _NOBODY:
            kept.setdefault(line)
    return ", ".join(kept)[:AUTHORS_CHARACTERS]


def authors_of(metadata: Mapping[str, Any]) -> str:
    """Who wrote it, by kreuzberg's metadata."""
    found = metadata.get("authors")
    return people(found if isinstance(found, (list, tuple)) else [found])


def date_of(metadata: Mapping[str, Any]) -> str:
    """When it was last written, else made, by kreuzberg's metadata."""
    return moment(metadata.get("modified_at")) or moment(metadata.get("created_at"))


def _stamp(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0, zone: str = "") -> str:
    try:
        local = f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{min(second, 59):02}"
        when = datetime.fromisoformat(local + (zone.upper().replace("Z", "+00:00") or "+00:00"))
        return _shown(when.astimezone(UTC))
    except (ValueError, OverflowError):
        return ""


def _shown(when: datetime) -> str:
    if not _EARLIEST <= when.year <= _LATEST:
        return ""
    if when.date().isoformat() in _NEVER_SET:
        return ""
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
