"""The texts a person reads: collects them from each room, merges them into its French catalogue, compiles it.

One catalogue a room, ``src/hameau/kit/locale/<language>/LC_MESSAGES/<room>.po``. English is the text in the code, so only
the other languages have files. Files carry no date, so nothing changes when nothing changed.

Usage: ``python tools/messages.py [--check] [ROOM...]``; with ``--check`` nothing is written and any difference is an error.
"""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po

_NO_DATE = datetime(2026, 1, 1, tzinfo=UTC)
"""Babel insists on dates; with this one, nothing changes when nothing changed."""
ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "hameau"
LOCALE = PACKAGE / "kit" / "locale"
LANGUAGES = ("fr",)
METHODS = [("**.py", "python"), ("**/templates/**.*", "jinja2"), ("**/templates/**", "jinja2"), ("**.js", "javascript")]
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "N_": None,
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
}


def rooms() -> list[str]:
    """The rooms that say something; ``kit`` has its own few words."""
    return sorted(folder.name for folder in PACKAGE.iterdir() if (folder / "__init__.py").exists())


def extracted(room: str) -> Catalog:
    """Every text marked in ``room``, in the order of files and lines."""
    catalog = Catalog(project="hameau", charset="utf-8")
    found = extract_from_dir(PACKAGE / room, METHODS, keywords=KEYWORDS, comment_tags=("translators:",))
    for name, _line, message, comments, _context in sorted(found, key=lambda item: (item[0], item[1])):
        catalog.add(message, locations=[(f"{room}/{name}", None)], auto_comments=comments)
    return catalog


def merged(room: str, language: str) -> Catalog:
    """The catalogue of ``room`` as it should be: every text of the code, with the translations that exist."""
    path = LOCALE / language / "LC_MESSAGES" / f"{room}.po"
    old = Catalog(locale=language)
    if path.exists():
        with path.open("rb") as stream:
            old = read_po(stream, locale=language)
    new = extracted(room)
    new.locale = language
    for message in new:
        known = old.get(message.id) if message.id else None
        if known and known.string:
            message.string = known.string
            message.flags |= known.flags & {"fuzzy"}
    return new


def po_bytes(catalog: Catalog) -> bytes:
    """The text form, without dates or tool versions."""
    stream = io.BytesIO()
    write_po(stream, catalog, width=120, omit_header=True, sort_output=False)
    plural = str(catalog.plural_forms)
    header = (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {catalog.locale}\\n"\n'
        '"MIME-Version: 1.0\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {plural}\\n"\n\n'
    )
    return header.encode() + stream.getvalue()


def mo_bytes(po: bytes, language: str) -> bytes:
    """The compiled form of a catalogue's text form, without dates or tool versions."""
    catalog = read_po(io.BytesIO(po), locale=language)
    stream = io.BytesIO()
    plain = Catalog(locale=language, charset="utf-8", fuzzy=False)
    plain.mime_headers = [
        ("Content-Type", "text/plain; charset=UTF-8"),
        ("Language", language),
        ("Plural-Forms", str(catalog.plural_forms)),
    ]
    for message in catalog:
        if message.id and message.string:
            plain.add(message.id, message.string, flags=message.flags)
    plain.creation_date = plain.revision_date = _NO_DATE
    write_mo(stream, plain)
    return stream.getvalue()


def _texts(mo: bytes) -> dict[str, str]:
    """What a compiled catalogue says, whichever tool compiled it."""
    catalog = read_mo(io.BytesIO(mo))
    return {str(message.id): str(message.string) for message in catalog if message.id}


def problems(room: str, language: str) -> list[str]:
    """What is not right with the catalogue on the disk, one sentence each."""
    folder = LOCALE / language / "LC_MESSAGES"
    catalog = merged(room, language)
    wrong = [f"{room}.po ({language}): « {m.id} » is not translated" for m in catalog if m.id and not m.string]
    wrong += [f"{room}.po ({language}): « {m.id} » is fuzzy" for m in catalog if m.id and m.fuzzy]
    for message in catalog:
        if message.id and message.string:
            wrong += [f"{room}.po ({language}): {error}" for error in message.check(catalog)]
    if not any(m.id for m in catalog):
        return wrong
    po, mo = folder / f"{room}.po", folder / f"{room}.mo"
    if not po.exists() or po.read_bytes() != po_bytes(catalog):
        wrong.append(f"{room}.po ({language}) does not match the code: run make messages")
    elif not mo.exists() or _texts(mo.read_bytes()) != _texts(mo_bytes(po.read_bytes(), language)):
        wrong.append(f"{room}.mo ({language}) is not what {room}.po compiles to: run make messages")
    return wrong


def write(room: str, language: str) -> int:
    """Updates and compiles one catalogue; returns how many texts wait for a translation."""
    folder = LOCALE / language / "LC_MESSAGES"
    folder.mkdir(parents=True, exist_ok=True)
    catalog = merged(room, language)
    if not any(message.id for message in catalog):
        return 0
    po = po_bytes(catalog)
    (folder / f"{room}.po").write_bytes(po)
    (folder / f"{room}.mo").write_bytes(mo_bytes(po, language))
    return sum(1 for message in catalog if message.id and not message.string)


def main(arguments: list[str]) -> int:
    chosen = [room for room in rooms() if room in arguments or not set(rooms()) & set(arguments)]
    pairs = [(room, language) for room in chosen for language in LANGUAGES]
    if "--check" in arguments:
        wrong = [problem for pair in pairs for problem in problems(*pair)]
        print("\n".join(wrong) or "translations: complete")
        return 1 if wrong else 0
    for room, language in pairs:
        if missing := write(room, language):
            print(f"{room}.po ({language}): {missing} texts wait for a translation")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
