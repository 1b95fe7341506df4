"""A document's text to all that is written of it, but for the writing: passages, language, title, terms of the index.

The long part of taking a document in. Touches no database, so any thread may do it while another one writes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote

from hameau.library.analysis import DEFAULT_LANGUAGE, index_texts, terms
from hameau.library.kinds import kind_of
from hameau.library.language import detect
from hameau.library.passages import Piece, passages
from hameau.library.types import Document, Extracted

_FIRST_HEADING = re.compile(r"\A\s{0,20}#{1,2}[ \t]+([^\n]{1,200}?)[ \t]*#*[ \t]*(?:\n|\Z)")
_FIRST_LINE = re.compile(r"\A\s{0,20}([^\n]{2,120}?)[ \t]*\n[ \t]*\n")
_WORD_BREAK = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document whose text is ready to be stored. ``index`` has a row a passage: terms of title, headings and body."""

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

    @property
    def characters(self) -> int:
        """Characters of text, for whoever gathers a batch."""
        return sum([len(piece.text) for piece in self.pieces])


def prepare(
    document: Document, extracted: Extracted, content_hash: str = "", pieces: Sequence[Piece] | None = None
) -> Prepared:
    """All that will be stored of ``document``, as it was begun. ``pieces`` are given where the text is cut already.

    A warning of the extractor becomes the document's ``reason``.
    """
    if pieces is None:
        pieces = passages(extracted.text, extracted.pages)
    language = extracted.language or detect(extracted.text)
    title = title_of(extracted, document)
    return Prepared(
        document_id=document.id,
        content_hash=content_hash,
        title=title,
        language=language,
        media_type=extracted.media_type,
        kind=kind_of(extracted.media_type, document.uri),
        dated_at=extracted.dated_at or document.modified_at,
        authors=extracted.authors,
        pages=len(extracted.pages) or None,
        reason=extracted.warnings[0] if extracted.warnings else None,
        pieces=pieces,
        index=index_rows(
            names(title, document.uri, extracted.authors),
            title,
            language,
            [(piece.locator.heading, piece.text) for piece in pieces],
        ),
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
    """The name that the source gives a document, readable."""
    return PurePosixPath(unquote(uri, errors="replace") if "%" in uri else uri)


def names(title: str, uri: str, authors: str = "") -> str:
    """The title, and what the file's name adds to it: « facture_edf_2023.pdf » is found by « facture ». Then who wrote it."""
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


def heading_json(heading: tuple[str, ...]) -> str:
    """Headings as they are stored."""
    return json.dumps(heading, ensure_ascii=False) if heading else "[]"
