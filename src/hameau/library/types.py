"""The nouns of the room ``library``. All are frozen; what a face shows is one of these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

SourceState = Literal["new", "syncing", "ready", "failed"]
DocumentState = Literal["pending", "indexed", "failed"]
KINDS = (
    "mail", "pdf", "text", "page", "sheet", "slides", "book", "picture", "sound", "archive", "event", "contact", "chat",
    "bookmark", "news", "other",
)  # fmt: skip
"""What a document is to a person: the kinds that a search can be bound to. ``text`` holds letters and notes of any format,
``page`` web pages, ``sheet`` tables, ``chat`` conversations of messengers, ``news`` what a feed brought."""
Origin = Literal["library", "encyclopedia", "web"]
"""Where a passage comes from: what was read into the library, an archive that was asked, or a page of the web that was read
for this one question."""


@dataclass(frozen=True, slots=True)
class Locator:
    """Where a passage stands in its document."""

    start: int
    """First character, counted in Unicode code points of the extracted text."""
    end: int
    """One past the last character."""
    page: int | None = None
    """Page (PDF), slide or sheet, from 1; of the passage's first character."""
    heading: tuple[str, ...] = ()
    """The headings above it, outermost first."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where documents come from."""

    id: str
    space: str
    kind: str
    uri: str
    title: str
    state: SourceState
    created_at: str
    synced_at: str | None = None
    error: str | None = None
    settings: Mapping[str, object] = field(default_factory=dict)
    documents: int = 0
    failed: int = 0
    hint: str | None = None
    fields: Mapping[str, object] = field(default_factory=dict)
    """What the ``{name}`` fields of ``error`` and ``hint`` stand for, for :func:`hameau.kit.say`."""
    mounts: tuple[str, ...] = ()
    """URIs of the disks and shares that were mounted inside it when it was last listed whole."""
    paused_at: str = ""
    """Since when a person wants it left alone; empty while it is followed."""


@dataclass(frozen=True, slots=True)
class Document:
    """One thing that was found in a source. ``reason`` and ``hint`` explain a failure or a doubt, in plain words."""

    id: int
    source_id: str
    space: str
    uri: str
    title: str
    state: DocumentState
    media_type: str = ""
    language: str = ""
    size: int = 0
    modified_at: str = ""
    content_hash: str = ""
    pages: int | None = None
    passages: int = 0
    reason: str | None = None
    hint: str | None = None
    fields: Mapping[str, object] = field(default_factory=dict)
    """What the ``{name}`` fields of ``reason`` and ``hint`` stand for, for :func:`hameau.kit.say`."""
    kind: str = ""
    """What it is to a person: one of :data:`KINDS`."""
    dated_at: str = ""
    """Its own date (a mail's), else that of the file; ISO 8601 in UTC."""
    authors: str = ""
    """Who wrote it and to whom, one line."""
    parent_id: int | None = None
    """The document that it was found in: the mail of an attachment, the calendar of an event."""
    link: str = ""
    """Where a person finds it outside: the address of a page, of an article; empty for most."""
    thread: str = ""
    """What it shares with the others of its conversation: the Message-ID of a mail's first one."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which documents a search may see, within its space. What is left empty does not bind."""

    sources: frozenset[str] = frozenset()
    """Ids of sources."""
    document_id: int | None = None
    kinds: frozenset[str] = frozenset()
    """Of :data:`KINDS`."""
    languages: frozenset[str] = frozenset()
    """Two-letter codes."""
    since: str = ""
    """First moment of ``dated_at``, ISO 8601 in UTC, inclusive."""
    until: str = ""
    """First moment that is too late."""
    people: frozenset[str] = frozenset()
    """Names, each of which stands among those who wrote or received the document."""


UNBOUND = Filter()
"""Every document."""


@dataclass(frozen=True, slots=True)
class PageSpan:
    """Where a page begins and ends in the extracted text."""

    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Span:
    """Some characters of a text: from ``start`` up to ``end``, counted in code points."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Part:
    """A document inside another one: an attachment, an event of a calendar, a month of a conversation. ``name`` is unique in
    it and stays the same as long as the part is the same; ``size`` counts bytes, 0 where it has none of its own."""

    name: str
    extracted: Extracted
    size: int = 0


@dataclass(frozen=True, slots=True)
class Extracted:
    """What an extractor found in a file. ``text`` is NFC, with line feeds only; Markdown headings mark the structure."""

    text: str
    title: str = ""
    language: str = ""
    media_type: str = ""
    pages: tuple[PageSpan, ...] = ()
    warnings: tuple[str, ...] = ()
    dated_at: str = ""
    """The document's own date (a mail's, a picture's), ISO 8601 in UTC; empty when it has none."""
    authors: str = ""
    """Who wrote it and to whom, one line; empty when the file does not say."""
    asides: tuple[Span, ...] = ()
    """What is kept to be read and never searched, in order: the quoted tail of a mail, a signature."""
    parts: tuple[Part, ...] = ()
    """Documents of their own that are inside; a part has no parts."""
    link: str = ""
    """The address of the same thing outside, http or https."""
    thread: str = ""
    """What the documents of one conversation share."""
    links: tuple[str, ...] = ()
    """What the text points at: names of notes, addresses."""


@dataclass(frozen=True, slots=True)
class Aside:
    """A piece of a document's text that is in no passage: kept to be read, never searched."""

    start: int
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """What a document points at: the name or address that it wrote, and the document that it means, when it is here."""

    target: str
    document: Document | None = None


@dataclass(frozen=True, slots=True)
class Links:
    """What a document points at, and what points at it."""

    to: tuple[Link, ...] = ()
    back: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A few sentences of a document. The passages of a document, in order, are its whole text: nothing lost, nothing twice."""

    id: int
    document_id: int
    ordinal: int
    text: str
    locator: Locator


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """What the library knows of a document it has met, for whoever compares it with what the source lists now."""

    id: int
    uri: str
    state: DocumentState
    fingerprint: str
    content_hash: str
    size: int = 0


@dataclass(frozen=True, slots=True)
class EmbeddingTask:
    """A passage that waits for its vector, and the text to make it from."""

    passage_id: int
    text: str


@dataclass(frozen=True, slots=True)
class Copy:
    """Another document that holds the same passage."""

    document_id: int
    title: str
    uri: str


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A passage that was found. ``score`` falls along the list; it compares only within one search."""

    passage_id: int
    document_id: int
    title: str
    uri: str
    text: str
    locator: Locator
    score: float
    similarity: float | None = None
    """Cosine of the question and the passage, when the passage has a vector."""
    kind: str = ""
    """What its document is to a person: one of :data:`KINDS`."""
    dated_at: str = ""
    """When its document is from."""
    copies: tuple[Copy, ...] = ()
    """Other documents where the same passage stands; each passage is shown once."""
    origin: Origin = "library"
    """Anything else is not stored: ``document_id`` is 0 then, and ``passage_id`` less than 0, of this one search."""
    link: str = ""
    """Where a person can open it when it is not in the library: a page of ours for an encyclopedia, or an address of the web."""


@dataclass(frozen=True, slots=True)
class Understood:
    """What a question said beside its words, and what was made of it."""

    words: str = ""
    """What was searched; the question itself when it said nothing else."""
    only: Filter = UNBOUND
    """Which documents were searched, what the caller asked included."""
    latest: bool = False
    """Whether the newest come first."""
    widened: bool = False
    """Nothing was found there, so the whole library was searched."""
    spelling: Mapping[str, str] = field(default_factory=dict)
    """Words that stand nowhere, and those they were taken for."""


@dataclass(frozen=True, slots=True)
class SearchResults:
    """The answer of a search."""

    query: str
    took_ms: float
    results: tuple[SearchResult, ...]
    embedder: str = ""
    """Which embedder the similarities are of; empty when words alone were searched."""
    understood: Understood = Understood()
    """How the question was read."""


@dataclass(frozen=True, slots=True)
class LibraryStatus:
    """How far the library is. ``pending`` counts documents that wait for their text."""

    documents: int
    passages: int
    embedded_passages: int
    pending: int
    failed: int
    notices: tuple[str, ...] = ()
    """Things said once, such as a missing text-recognition program."""
