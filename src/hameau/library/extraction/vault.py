"""What a Markdown note says of itself and what it points at, as in a vault of Obsidian, Logseq or Zettlr.

This runs in the server: every expression here takes time in proportion to the text, whatever stands in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote

from hameau.library.extraction import limits
from hameau.library.extraction.properties import moment, people
from hameau.library.extraction.structure import one_line

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.{0,4000}?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FIELD = re.compile(r"^([A-Za-z][\w -]{0,40}):[ \t]*(\S[^\n]*)?$", re.MULTILINE)
_ENTRY = re.compile(r"^[ \t]*-[ \t]+(\S[^\n]*)$")
_FENCED = re.compile(r"^(```|~~~).*?^\1", re.DOTALL | re.MULTILINE)
_WIKI = re.compile(r"\[\[([^\[\]\n|#^]{1,250})(?:[#|^][^\[\]\n]{0,300})?\]\]")
_INLINE = re.compile(r"\]\(<?([^()\s<>]{1,500})>?(?:[ \t]\"[^\"\n]{0,200}\")?\)")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,20}:")
_WEB = re.compile(r"https?://", re.IGNORECASE)
_LOOK = 8_000
_DATES = ("date", "created", "créé", "creation date", "date created", "updated", "modified")
_AUTHORS = ("author", "authors", "auteur", "auteurs", "auteure")
_ADDRESSES = ("source", "url", "link", "lien")


class About(NamedTuple):
    """What a note says of itself. ``links`` are names of other notes, paths beside it, and addresses."""

    dated_at: str = ""
    authors: str = ""
    link: str = ""
    links: tuple[str, ...] = ()


def about(text: str) -> About:
    """Reads the front matter (a small part of YAML: words, and lists of words) and the links of a note."""
    front = _FRONT_MATTER.match(text[:_LOOK])
    fields = _fields(front[1]) if front else {}
    dated = next((found for name in _DATES if (found := moment(_first(fields, name)))), "")
    writers = [name for field in _AUTHORS for name in fields.get(field, ())]
    address = next((value for name in _ADDRESSES if _WEB.match(value := _first(fields, name))), "")
    return About(dated, people(writers), address, _links(text))


def _fields(front: str) -> Mapping[str, tuple[str, ...]]:
    """The fields of a front matter, by their names in small letters."""
    found: dict[str, tuple[str, ...]] = {}
    name = ""
    for line in front.split("\n"):
        if field := _FIELD.match(line):
            name = field[1].strip().lower()
            found[name] = _words(field[2] or "")
        elif name and (entry := _ENTRY.match(line)):
            found[name] = (*found[name], _unquoted(entry[1]))[:100]
    return found


def _words(value: str) -> tuple[str, ...]:
    value = value.strip()
    if value.startswith("[") and value.endswith("]") and not value.startswith("[["):
        return tuple(_unquoted(part) for part in value[1:-1].split(",")[:100] if part.strip())
    return (_unquoted(value),) if value else ()


def _unquoted(value: str) -> str:
    value = value.strip()
    return value[1:-1] if len(value) > 2 and value[0] in "'\"" and value[0] == value[-1] else value


def _first(fields: Mapping[str, tuple[str, ...]], name: str) -> str:
    return next(iter(fields.get(name, ())), "")


def _links(text: str) -> tuple[str, ...]:
    """What the note points at, each once, in order of kind; what stands in a block of code is no link."""
    if "](" not in text and "[[" not in text:
        return ()
    plain = _FENCED.sub("\n", text)
    found = dict.fromkeys(one_line(name) for name in _WIKI.findall(plain))
    for target in _INLINE.findall(plain):
        if len(found) >= limits.LINKS:
            break
        if _WEB.match(target):
            found[target] = None
        elif not _SCHEME.match(target) and (path := one_line(unquote(target.partition("#")[0]))):
            found[path.removeprefix("./")] = None
    return tuple(name for name in found if name)[: limits.LINKS]
