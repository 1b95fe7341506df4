"""Address cards: each person is a document of its own. Runs in the worker.

vCard 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350), and what telephones and mail programs make of them. Pictures, sounds and keys are
left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

from hameau.library.extraction import days, limits
from hameau.library.extraction.contentlines import Line, lines_of, plain, split
from hameau.library.extraction.context import Context
from hameau.library.extraction.gathering import Inside
from hameau.library.extraction.properties import moment, people
from hameau.library.extraction.reasons import Unreadable
from hameau.library.extraction.structure import Draft, one_line
from hameau.library.types import Extracted

MEDIA_TYPE = "text/vcard"
_SKIPPED = frozenset({"PHOTO", "LOGO", "SOUND", "KEY", "AGENT", "PRODID", "VERSION"})
_LINES = 2_000
"""Of one card."""
_KINDS = {
    "HOME": "domicile", "WORK": "travail", "CELL": "portable", "MOBILE": "portable", "FAX": "fax", "PAGER": "messager",
    "IPHONE": "portable",
}  # fmt: skip
_LABELS = (
    ("TEL", "Téléphone"), ("EMAIL", "Courriel"), ("ADR", "Adresse"), ("IMPP", "Messagerie"), ("URL", "Site"),
    ("X-SOCIALPROFILE", "Profil"),
)  # fmt: skip
_APPLE = re.compile(r"_\$!<(.*)>!\$_")
"""How Apple writes the labels that it translates itself."""
_DAY = re.compile(r"(?:(\d{4})|--)-?(\d\d)-?(\d\d)")
_NOBODY = "Sans nom"


def read_contacts(data: bytes, context: Context) -> Extracted:
    """A file of cards; a single one is that person. Raises :class:`Unreadable` when there is none in it."""
    inside = Inside(context)
    first: Extracted | None = None
    count = 0
    for name, card in _cards(data):
        count += 1
        found = _written(card)
        first = first or found
        if not inside.add(name, found):
            break
    if first is None:
        raise Unreadable("empty")
    if count == 1:
        return first
    names = [part.extracted.title for part in inside.parts]
    draft = Draft()
    draft.block("# Carnet d'adresses")
    draft.block(f"{len(names)} contacts.")
    return Extracted(
        text=draft.finish()[0],
        media_type=MEDIA_TYPE,
        dated_at=inside.last,
        parts=inside.parts,
        warnings=inside.warnings,
    )


def _cards(data: bytes) -> Iterator[tuple[str, list[Line]]]:
    """Each card with a name that stays: its UID, else what it is called and where it is reached. A card that nobody ended ends
    where the next one begins; one inside another (an agent's) is passed over."""
    lines: list[Line] = []
    depth = 0
    for line in lines_of(data):
        what = line.value.strip().upper()
        if line.name == "BEGIN" and what == "VCARD":
            if depth and lines and lines[-1].name != "AGENT":
                yield _named(lines)
                depth, lines = 0, []
            depth += 1
        elif line.name == "END" and what == "VCARD":
            depth -= 1
            if depth <= 0:
                if lines:
                    yield _named(lines)
                depth, lines = 0, []
        elif depth == 1 and len(lines) < _LINES:
            lines.append(line)
    if lines:
        yield _named(lines)


def _named(lines: list[Line]) -> tuple[str, list[Line]]:
    values = {line.name: line.value for line in reversed(lines)}
    uid = one_line(values.get("UID", ""))
    return (uid or one_line(f"{_name(lines)} {values.get('EMAIL', '') or values.get('TEL', '')}"))[:250], lines


def _written(lines: list[Line]) -> Extracted:
    title = _name(lines)
    draft = Draft()
    draft.block(f"# {title or _NOBODY}")
    for label, value in _entries(lines, title):
        draft.block(f"{label} : {value}", close=True)
    draft.end_rows()
    for line in lines:
        if line.name == "NOTE":
            draft.block(plain(line.value))
    revised = next((line.value.strip() for line in lines if line.name == "REV"), "")
    site = next((line.value.strip() for line in lines if line.name == "URL"), "")
    return Extracted(
        text=draft.finish()[0],
        title=title,
        media_type=MEDIA_TYPE,
        dated_at=_revised(revised),
        authors=people([title]),
        link=plain(site),
    )


def _name(lines: Iterable[Line]) -> str:
    """What a person is called: as the card shows it, else from its parts, else the firm, else an address."""
    values = {line.name: line.value for line in reversed(list(lines))}
    if shown := one_line(plain(values.get("FN", ""))):
        return shown[: limits.TITLE_CHARACTERS]
    parts = (split(values.get("N", ""), ";") + [""] * 5)[:5]
    family, given, additional, prefix, suffix = parts
    if built := one_line(f"{prefix} {given} {additional} {family} {suffix}"):
        return built[: limits.TITLE_CHARACTERS]
    for name in ("ORG", "NICKNAME", "EMAIL", "TEL"):
        if found := one_line(" ".join(split(values.get(name, ""), ";"))):
            return found[: limits.TITLE_CHARACTERS]
    return ""


def _entries(lines: list[Line], title: str) -> Iterator[tuple[str, str]]:
    """The rows of a card, each once: a label and a value."""
    named = {line.group: plain(line.value) for line in lines if line.name == "X-ABLABEL" and line.group}
    texts = {line.name: line for line in reversed(lines)}
    nick = _text(texts, "NICKNAME")
    if nick and nick != title:
        yield "Surnom", nick
    for name, label in (("ORG", "Organisation"), ("TITLE", "Fonction"), ("ROLE", "Rôle")):
        if (value := _text(texts, name)) and value != title:
            yield label, value
    seen = set()
    for name, label in _LABELS:
        for line in lines:
            if line.name != name or (value := _value(line)) == "" or (name, value) in seen:
                continue
            seen.add((name, value))
            kind = _kind(line, named)
            yield (f"{label} ({kind})" if kind else label), value
    for name, label in (("BDAY", "Anniversaire"), ("ANNIVERSARY", "Anniversaire de mariage"), ("DEATHDATE", "Décès")):
        if name in texts and (value := _day(texts[name])):
            yield label, value
    for name, label in (("CATEGORIES", "Catégories"), ("RELATED", "Lié à"), ("LANG", "Langue"), ("MEMBER", "Membre")):
        found = [_text({name: line}, name) for line in lines if line.name == name]
        if value := ", ".join(dict.fromkeys(filter(None, found))):
            yield label, value


def _text(texts: dict[str, Line], name: str) -> str:
    if name not in texts or name in _SKIPPED:
        return ""
    sign = "," if name in ("CATEGORIES", "NICKNAME") else ";"
    return ", ".join(part for value in split(texts[name].value, sign) if (part := one_line(value)))


def _value(line: Line) -> str:
    if line.name == "ADR":
        box, extended, street, town, region, code, country = (split(line.value, ";") + [""] * 7)[:7]
        parts = (box, extended, street, f"{code} {town}", region, country)
        return ", ".join(part for value in parts if (part := one_line(value.replace("\n", ", "))))
    value = one_line(plain(line.value))
    for scheme in ("tel:", "mailto:"):
        value = value.removeprefix(scheme)
    return value


def _kind(line: Line, named: dict[str, str]) -> str:
    own = named.get(line.group, "") if line.group else ""
    if own:
        found = _APPLE.fullmatch(own)
        label = found[1] if found else own
        return one_line(_KINDS.get(label.upper(), label))[:40]
    kinds = [kind for value in line.parameters.get("TYPE", ()) for kind in value.upper().split(",")]
    return ", ".join(dict.fromkeys(_KINDS[kind] for kind in kinds if kind in _KINDS))


def _day(line: Line) -> str:
    """A day in words; a year that was not given stays unsaid."""
    found = _DAY.match(line.value.strip())
    if found is None:
        return one_line(plain(line.value)) if line.parameter("VALUE").lower() == "text" else ""
    try:
        when = date(int(found[1] or 2000), int(found[2]), int(found[3]))
    except ValueError:
        return ""
    without_year = found[1] is None or line.parameter("X-APPLE-OMIT-YEAR") == found[1]
    words = days.day(when, weekday=False)
    return words.rpartition(" ")[0] if without_year else f"{words} ({when.isoformat()})"


def _revised(value: str) -> str:
    """The date of REV, in the short form of ISO 8601 as well."""
    if len(value) >= 8 and value[:8].isdecimal():
        clock = value[9:15]
        time = f"T{clock[:2]}:{clock[2:4]}:{clock[4:6]}Z" if len(clock) == 6 and clock.isdecimal() else ""
        value = f"{value[:4]}-{value[4:6]}-{value[6:8]}{time}"
    return moment(value)
