"""What the assistant needs of the house. The library and the models fit these by their shape; tests bring fakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from hameau.library import Document, Passage, SearchResults, Source
from hameau.models import Cancel, Generator, InstalledModel, Kind, Vectors
from hameau.websearch import Found, Hit, WebPage


class Reader(Protocol):
    """The library, as far as the assistant reads it."""

    def search(
        self,
        query: str,
        *,
        limit: int = 20,
        space: str = "home",
        source_id: str | None = None,
        document_id: int | None = None,
    ) -> SearchResults: ...

    def term_weights(self, terms: Sequence[str]) -> Mapping[str, float]:
        """How telling each term is: its inverse document frequency, ``ln(1 + (N - n + 0.5) / (n + 0.5))``.

        A term that no passage holds has the largest weight, that of ``n = 0``.
        """
        ...

    def source(self, source_id: str) -> Source:
        """Raises ``NotFound``."""
        ...

    def document(self, document_id: int) -> Document:
        """Raises ``NotFound``."""
        ...

    def documents(
        self, *, source_id: str | None = None, space: str = "home", limit: int = 100, offset: int = 0
    ) -> Sequence[Document]: ...

    def passages(self, document_id: int) -> Sequence[Passage]: ...


class Speakers(Protocol):
    """The models, as far as the assistant speaks through them."""

    def choose(self, kind: Kind = "chat", wanted: str | None = None) -> InstalledModel:
        """The model called ``wanted``, or the one that fits this machine. Raises ``Missing`` when it is not here."""
        ...

    def generator(self, model_id: str | None = None) -> Generator:
        """That model, loaded. Raises ``Missing``, ``NotEnough`` or ``Corrupt``."""
        ...


class Outside(Protocol):
    """The web, as far as the assistant asks it. :class:`hameau.websearch.WebSearch` is one."""

    def host(self) -> str:
        """Who is asked; empty when nobody was chosen."""
        ...

    def search(self, query: str, *, language: str = "", cancel: Cancel | None = None) -> Found:
        """Raises ``Missing``, ``Refused``, ``BadInput``, ``Unavailable`` or ``Cancelled``."""
        ...

    def read(self, hits: Sequence[Hit], *, most: int = 3, cancel: Cancel | None = None) -> Sequence[WebPage]:
        """The first pages of ``hits`` that may be opened. Raises ``Cancelled``."""
        ...


class Measures(Protocol):
    """An embedder, as far as passages that are in no index need one."""

    @property
    def id(self) -> str: ...

    def embed_queries(self, texts: Sequence[str]) -> Vectors: ...

    def embed_passages(self, texts: Sequence[str]) -> Vectors: ...
