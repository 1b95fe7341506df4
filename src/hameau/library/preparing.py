"""A document's text to all that is written of it, but for the writing: passages, language, title, terms of the index.

The long part of taking a document in. Touches no database, so any thread may do it while another one writes.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from urllib.parse import unquote

from hameau.library.analysis import DEFAULT_LANGUAGE, index_texts, terms
from hameau.library.kinds import kind_of
from hameau.library.language import detect
from hameau.library.passages import Piece, left_aside, passages
from hameau.library.types import Aside, Document, Extracted, Part

_FIRST_HEADING = re.compile(r"\A\s{0,20}#{1,2}[ \t]+([^\n]{1,200}?)[ \t]*#*[ \t]*(?:\n|\Z)")
_FIRST_LINE = re.compile(r"\A\s{0,20}([^\n]{2,120}?)[ \t]*\n[ \t]*\n")
_WORD_BREAK = re.compile(r"[\W_]+")
_INSIDE = "#part="
_TO_QUOTE = re.compile(r"[\x00-\x1f\x7f%#]")
"""Letters of every writing stay as they are, so that a person can read where a part stands."""
_NUMBERED = frozenset(["mail", "event", "contact", "chat", "bookmark", "news"])
_FILE_ENDING = re.compile(r"\.[A-Za-z0-9]{2,5}\Z")
_NOTES = frozenset([".md", ".markdown", ".txt", ".org"])
"""Endings that links between notes leave out."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document whose text is ready to be stored. ``index`` has a row a passage: terms of title, headings and body.

    Of a part, ``document_id`` is not known yet and 0, and ``uri`` says where it stands. ``unread``: its content is what is
    stored already, so nothing was made of it here.
    """

    document_id: int
    content_hash: str
    title: str
    language: str
    media_type: str
    kind: str
    dated_at: str
    authors: str
    pages: int | None
    reason: str | None
    pieces: Sequence[Piece]
    index: Sequence[tuple[str, str, str]]
    asides: Sequence[Aside] = ()
    links: Sequence[str] = ()
    link: str = ""
    thread: str = ""
    parts: Sequence[Prepared] = ()
    uri: str = ""
    size: int = 0
    unread: bool = False

    @property
    def characters(self) -> int:
        """Characters of text, for whoever gathers a batch."""
        return sum([len(piece.text) for piece in self.pieces]) + sum([part.characters for part in self.parts])


def prepare(
    document: Document,
    extracted: Extracted,
    content_hash: str = "",
    pieces: Sequence[Piece] | None = None,
    *,
    known: Mapping[str, str] | None = None,
) -> Prepared:
    """All that will be stored of ``document``, as it was begun. ``pieces`` are given where the text is cut already.

    A warning of the extractor becomes the document's ``reason``. ``known`` are the parts that it has, the hash of each content
    by its URI: they are not made ready again.
    """
    made = _prepare(document, extracted, content_hash, pieces)
    if not extracted.parts:
        return made
    parts = {part_uri(document.uri, part.name): part for part in extracted.parts}
    ready = [_part(document, made, uri, part, (known or {}).get(uri, "")) for uri, part in parts.items()]
    return replace(made, parts=ready)


def _part(document: Document, around: Prepared, uri: str, part: Part, before: str) -> Prepared:
    """A document inside ``document``; what it does not say of itself is as it is for the one around it."""
    inside = part.extracted
    inside = replace(
        inside,
        dated_at=inside.dated_at or around.dated_at,
        authors=inside.authors or around.authors,
    )
    own = replace(document, id=0, uri=uri, title=file_name(uri).name, content_hash="")
    content_hash = hash_of_part(part)
    unread = before == content_hash
    made = _prepare(own, replace(inside, text="") if unread else inside, content_hash)
    if unread and not inside.title.strip():
        made = replace(made, title=title_of(inside, own))
    return replace(made, uri=uri, size=part.size, unread=unread)


def part_uri(uri: str, name: str) -> str:
    """Where the part called ``name`` stands, of the document at ``uri``."""
    return uri + _INSIDE + _TO_QUOTE.sub(lambda found: f"%{ord(found[0]):02X}", name)


def around(uri: str) -> str:
    """Where the document stands that has the part at ``uri``; ``uri`` itself when it is none."""
    before, inside, _ = uri.rpartition(_INSIDE)
    return before if inside else uri


def hash_of_part(part: Part) -> str:
    """BLAKE2b (RFC 7693) of what a part says, 128 bits: not of whose part it is, so that the same attachment is the same."""
    inside = part.extracted
    told = (inside.text, inside.media_type, repr(inside.pages), repr(inside.asides), inside.language)
    digest = hashlib.blake2b(digest_size=16)
    digest.update("\0".join(told if inside.text.strip() else (part.name, *told)).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _prepare(
    document: Document, extracted: Extracted, content_hash: str, pieces: Sequence[Piece] | None = None
) -> Prepared:
    asides: Sequence[Aside] = ()
    if pieces is None:
        pieces = passages(extracted.text, extracted.pages, extracted.asides)
        asides = left_aside(extracted.text, pieces) if extracted.asides else ()
    language = extracted.language or detect(extracted.text)
    title = title_of(extracted, document)
    kind = kind_of(extracted.media_type, document.uri)
    return Prepared(
        document_id=document.id,
        content_hash=content_hash,
        title=title,
        language=language,
        media_type=extracted.media_type,
        kind=kind,
        dated_at=extracted.dated_at or document.modified_at,
        authors=extracted.authors,
        pages=len(extracted.pages) or None,
        reason=extracted.warnings[0] if extracted.warnings else None,
        pieces=pieces,
        index=index_rows(
            names(title, document.uri, extracted.authors, kind),
            title,
            language,
            [(piece.locator.heading, piece.text) for piece in pieces],
        ),
        asides=asides,
        links=tuple(dict.fromkeys(extracted.links)),
        link=extracted.link,
        thread=extracted.thread,
    )


def index_rows(
    named: str, title: str, language: str, kept: Sequence[tuple[tuple[str, ...], str]]
) -> list[tuple[str, str, str]]:
    """What the index holds of passages, given by their headings and texts; ``named`` is what a document is called by."""
    language = language or DEFAULT_LANGUAGE
    headings = list(dict.fromkeys(heading for heading, _ in kept))
    said = ["\n".join([part for part in heading if part != title]) for heading in headings]
    first, *found = index_texts([f"{named}\n", *(f"{text}\n" for text in said), *(text for _, text in kept)], language)
    above = dict(zip(headings, found, strict=False))
    return [(first, above[heading], body) for (heading, _), body in zip(kept, found[len(headings) :], strict=True)]


def file_name(uri: str) -> PurePosixPath:
    """The name that the source gives a document, readable; of a part, its own."""
    uri = uri.rpartition(_INSIDE)[2]
    return PurePosixPath(unquote(uri, errors="replace") if "%" in uri else uri)


def names(title: str, uri: str, authors: str = "", kind: str = "") -> str:
    """The title, and what the file's name adds to it: « facture_edf_2023.pdf » is found by « facture ». Then who wrote it.

    The name of a mail, of an event is a number that nobody gave it, unless it is a file of its own.
    """
    if kind in _NUMBERED and title and ("://" in uri or not _FILE_ENDING.search(uri)):
        return " ".join(part for part in (title, authors) if part)
    said = set(terms(title))
    words = [word for word in _WORD_BREAK.split(file_name(uri).stem) if word]
    added = [word for word in words if not said.issuperset(terms(word))]
    return " ".join(part for part in (title, *added, authors) if part)


def title_of(extracted: Extracted, document: Document) -> str:
    """What the file calls itself, else its first heading or a first line set apart, else what the source calls it.

    The first heading of an archive or a table is the name of a member or a sheet, not of the whole.
    """
    if extracted.title.strip():
        return extracted.title.strip()
    if kind_of(extracted.media_type, document.uri) in ("archive", "sheet"):
        return document.title
    found = _FIRST_HEADING.match(extracted.text)
    if found is None and extracted.media_type in ("", "text/plain"):
        found = _FIRST_LINE.match(extracted.text)
        if found is not None and found[1].rstrip()[-1:] in (".", ",", ";", ":"):
            found = None
    return found[1].strip() if found else document.title


def linked_name(target: str) -> str:
    """What a link says as names are compared: without folders, ending, place in the document, and case; addresses whole."""
    if "://" in target:
        return target
    last = PurePosixPath(target.partition("#")[0].partition("|")[0].strip().replace("\\", "/"))
    name = last.stem if last.suffix.lower() in _NOTES else last.name
    return unicodedata.normalize("NFC", name).casefold()


def heading_json(heading: tuple[str, ...]) -> str:
    """Headings as they are stored."""
    return json.dumps(heading, ensure_ascii=False) if heading else "[]"
