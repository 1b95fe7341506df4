"""Passages, documents and answers as a program gets them: as data, and as text that a model reads.

Documents are strangers' words. In text each line of theirs is quoted, so that nothing in a passage can pass for our words;
where the whole of a text is wanted it stands in a block of its own.
"""

from __future__ import annotations

import msgspec

from hameau.assistant import Answer, Citation, Sentence
from hameau.kit import N_, say
from hameau.library import Document, Locator, SearchResult

URI = "hameau://documents/{id}"


class Found(msgspec.Struct, frozen=True):
    """A passage that was found."""

    passage_id: int
    document_id: int
    title: str
    uri: str
    resource: str
    text: str
    start: int
    end: int
    page: int | None
    heading: tuple[str, ...]
    score: float
    kind: str
    dated_at: str


class Cited(msgspec.Struct, frozen=True):
    """What an answer rests on; ``quote`` stands in the document letter for letter."""

    number: int
    passage_id: int
    document_id: int
    title: str
    uri: str
    resource: str
    quote: str
    start: int
    end: int
    page: int | None
    heading: tuple[str, ...]


class Checked(msgspec.Struct, frozen=True):
    """A sentence of an answer, with the verdict of the check."""

    text: str
    citations: tuple[int, ...]
    supported: bool
    verbatim: bool
    doubt: str


def found(result: SearchResult) -> Found:
    """A passage as data."""
    at = result.locator
    return Found(
        result.passage_id,
        result.document_id,
        result.title,
        result.uri,
        resource(result),
        result.text,
        at.start,
        at.end,
        at.page,
        at.heading,
        round(result.score, 6),
        result.kind,
        result.dated_at,
    )


def resource(found: SearchResult | Citation) -> str:
    """Where all of it can be read: a document of ours, else its own address."""
    return URI.format(id=found.document_id) if found.origin == "library" else found.uri


def cited(citation: Citation) -> Cited:
    """A citation as data."""
    at = citation.locator
    return Cited(
        citation.number,
        citation.passage_id,
        citation.document_id,
        citation.title,
        citation.uri,
        resource(citation),
        citation.quote,
        at.start,
        at.end,
        at.page,
        at.heading,
    )


def checked(sentence: Sentence, language: str) -> Checked:
    """A sentence as data, its doubt in the reader's language."""
    doubt = "" if sentence.supported else say(sentence.doubt, language, {"missing": sentence.missing})
    return Checked(sentence.text, sentence.citations, sentence.supported, sentence.verbatim, doubt)


def passage_block(number: int, result: SearchResult, language: str) -> str:
    """A passage as text: where it stands, then its words, quoted."""
    where = f"[{number}] {place(result.title, result.locator, language)} — {resource(result)}"
    return f"{where}\n{quoted(result.text)}"


def place(title: str, at: Locator, language: str) -> str:
    """Where a passage stands, on one line."""
    headings = [each for each in at.heading if each != title]
    page = f", {say(N_('p. {page}'), language, {'page': at.page})}" if at.page else ""
    return " ".join(" › ".join((title, *headings)).split()) + page


def quoted(text: str) -> str:
    """``text`` with the mark of a quotation before each line."""
    return "\n".join(f"> {line}" for line in text.strip().splitlines())


def line(document: Document) -> str:
    """A document on one line."""
    return " ".join(document.title.split()) or document.uri.rpartition("/")[2]


def answered(answer: Answer) -> tuple[Cited, ...]:
    """The citations of an answer as data."""
    return tuple(cited(each) for each in answer.citations)
