"""The nouns of the room ``assistant``: questions, sentences with their citations, answers, conversations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from hameau.library import Locator, Origin, SearchResult
from hameau.websearch import Hit

Task = Literal["answer", "summary", "draft"]


@dataclass(frozen=True, slots=True)
class Question:
    """What a person asks. ``document_id`` or ``source_id`` narrows it; ``template`` is the letter to fill for a draft."""

    text: str
    space: str = "home"
    conversation: str | None = None
    model: str | None = None
    task: Task = "answer"
    document_id: int | None = None
    source_id: str | None = None
    template: str = ""
    web_query: str = ""
    """What the web is asked beside the library, word for word as it leaves; empty: nothing leaves."""
    web_pages: int = 3
    """How many pages of the best hits are opened to answer; 0: only what search engines quote of them."""


@dataclass(frozen=True, slots=True)
class Citation:
    """A passage that a sentence rests on. ``quote`` stands in the document letter for letter, at ``locator``.

    What is not of the library (``origin``) has the ``document_id`` 0, and is opened at ``link``.
    """

    number: int
    passage_id: int
    document_id: int
    title: str
    uri: str
    quote: str
    locator: Locator
    origin: Origin = "library"
    link: str = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the answer. ``supported`` is the checker's verdict against the cited quotes."""

    text: str
    citations: tuple[int, ...]
    supported: bool
    doubt: str = ""
    """A gettext id that says what the checker missed, with one field, ``{missing}``."""
    verbatim: bool = False
    """The sentence is a quote of the document, not words of the model."""
    missing: str = ""


@dataclass(frozen=True, slots=True)
class PageUsed:
    """A page of the web that was opened for one question. ``reason``, a gettext id with its ``fields``: why it gave nothing."""

    url: str
    """Where redirects led, when it was read."""
    title: str
    read: bool
    reason: str = ""
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WebUsed:
    """What a question had of the web: what left, who was asked, what came of it."""

    query: str
    """Word for word as it left."""
    host: str
    """The search engine that was asked; empty when none was chosen."""
    hits: tuple[Hit, ...] = ()
    """With what search engines quote of them; without, once the answer is kept."""
    refused: tuple[tuple[str, str], ...] = ()
    """The engines behind it that did not answer, each with its reason."""
    pages: tuple[PageUsed, ...] = ()
    trouble: str = ""
    """Why the web could not be asked, a gettext id; the library's answer came all the same."""
    hint: str = ""
    fields: Mapping[str, object] = field(default_factory=dict)
    """What the ``{name}`` fields of ``trouble`` and ``hint`` stand for."""
    took_ms: float = 0.0

    def was_read(self, url: str) -> bool:
        """Whether the page at ``url`` was opened and read; else what is cited of it is a search engine's quote."""
        return any(page.read and page.url == url for page in self.pages)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the assistant says. ``answered`` is false for an honest « not found »; ``nearest`` then holds what came closest."""

    answer: str
    answered: bool
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    model: str
    conversation: str = ""
    nearest: tuple[SearchResult, ...] = ()
    evidence_ms: float = 0.0
    first_token_ms: float | None = None
    total_ms: float = 0.0
    energy_wh: float | None = None
    confidence: float | None = None
    """The judge's probability, 0 to 1, that the passages hold the answer."""
    web: WebUsed | None = None
    """What was asked of the web; ``None`` when nothing left."""


# What a face receives while an answer is made, in this order: one Evidence, one Best at most, tokens and sentences, one Done.
# When the web is asked too, two WebFound stand after the Evidence (its hits; its pages), then an Evidence with both.


@dataclass(frozen=True, slots=True)
class EvidenceFound:
    """The passages, before any word of the model. When the web is asked too it comes a second time, and replaces the first."""

    results: tuple[SearchResult, ...]
    took_ms: float
    question: str
    """The question as it was searched, follow-ups made whole."""


@dataclass(frozen=True, slots=True)
class WebFound:
    """What the web gave so far: first its hits, then, in their place, also the pages that were opened."""

    web: WebUsed


@dataclass(frozen=True, slots=True)
class BestSentence:
    """The one sentence of the documents that comes closest; stands in until the model speaks."""

    citation: Citation
    took_ms: float


@dataclass(frozen=True, slots=True)
class TokenSaid:
    """A piece of the answer, as the model produces it."""

    text: str


@dataclass(frozen=True, slots=True)
class SentenceChecked:
    """A whole sentence with its verdict; replaces the tokens since the sentence before."""

    sentence: Sentence
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """The end: the answer as it is kept."""

    answer: Answer


AnswerEvent = EvidenceFound | WebFound | BestSentence | TokenSaid | SentenceChecked | Done


@dataclass(frozen=True, slots=True)
class Turn:
    """One question of a conversation and its answer."""

    id: str
    asked_at: str
    question: Question
    answer: Answer


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation in a list; its turns are read apart."""

    id: str
    space: str
    title: str
    created_at: str
    updated_at: str
    turns: int
