"""The nouns of the room ``assistant``: questions, sentences with their citations, answers, conversations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hameau.library import Locator, SearchResult

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


@dataclass(frozen=True, slots=True)
class Citation:
    """A passage that a sentence rests on. ``quote`` stands in the document letter for letter, at ``locator``."""

    number: int
    passage_id: int
    document_id: int
    title: str
    uri: str
    quote: str
    locator: Locator


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


# What a face receives while an answer is made, in this order: one Evidence, one Best at most, tokens and sentences, one Done.


@dataclass(frozen=True, slots=True)
class EvidenceFound:
    """The passages, before any word of the model."""

    results: tuple[SearchResult, ...]
    took_ms: float
    question: str
    """The question as it was searched, follow-ups made whole."""


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


AnswerEvent = EvidenceFound | BestSentence | TokenSaid | SentenceChecked | Done


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
