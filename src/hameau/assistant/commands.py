"""What a turn asks of its driver. Frozen, and nothing else: a turn does no I/O itself."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from hameau.assistant.types import Answer
from hameau.library import Document, Passage
from hameau.models import GenerationRequest
from hameau.websearch import Hit


@dataclass(frozen=True, slots=True)
class Search:
    """The driver answers with :class:`~hameau.library.SearchResults`."""

    query: str
    limit: int


@dataclass(frozen=True, slots=True)
class Weigh:
    """The driver answers with the weight of each term."""

    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Speak:
    """The driver starts the model and answers with its name, or with ``None`` when no model is installed."""

    request: GenerationRequest


@dataclass(frozen=True, slots=True)
class Listen:
    """The driver answers with the next :class:`~hameau.models.Chunk`, or with ``None`` at the end."""


@dataclass(frozen=True, slots=True)
class ReadDocuments:
    """The driver answers with a list of :class:`Read`: the question's document, or those of its source that hold text."""

    documents: int


@dataclass(frozen=True, slots=True)
class Read:
    """A document with its passages, as the driver hands it over."""

    document: Document
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class AskWeb:
    """The driver answers with :class:`~hameau.assistant.types.WebUsed`: hits, or why there are none."""

    query: str
    language: str


@dataclass(frozen=True, slots=True)
class OpenPages:
    """The driver answers with a :class:`~hameau.websearch.WebPage` for each of the first pages of ``hits``."""

    hits: tuple[Hit, ...]
    most: int


@dataclass(frozen=True, slots=True)
class Measure:
    """The driver answers with :class:`Measured`: how near each text is to the question."""

    question: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """Cosines, one a text, and which embedder they are of. Both empty when there is none."""

    cosines: tuple[float, ...] = ()
    embedder: str = ""


Step = Any
"""What a turn yields: one of the commands above, or an event."""
Clock = Callable[[], float]
"""Milliseconds that never go back."""
Turn = Generator[Step, Any, Answer]
