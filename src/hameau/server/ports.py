"""What the server needs of the house. The hub fits these by its shape; tests bring an in-memory one.

The server knows no adapter, no database and no engine: only what stands on this page.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import BinaryIO, Literal, Protocol

from hameau.assistant import AnswerEvent, Conversation, Question, Turn
from hameau.hub import Settings
from hameau.library import Document, DocumentState, Filter, LibraryStatus, Passage, SearchResults, Source
from hameau.models import Cancel, InstalledModel, ModelCard, Progress
from hameau.perimeter import (
    Connection,
    Entry,
    Kind,
    Level,
    Neighbour,
    PerimeterState,
    Policy,
    Protection,
    Summary,
    Verification,
)


class LibraryFace(Protocol):
    """The room ``library``, as far as pages and the API use it."""

    def sources(self, space: str = "home", /) -> Sequence[Source]: ...
    def source(self, source_id: str, /) -> Source: ...
    def remove_source(self, source_id: str, /) -> object: ...
    def request_sync(self, source_id: str, /) -> object: ...
    def let_back(self, source_id: str, /) -> int: ...
    def kept_out(self, source_id: str, /) -> int: ...
    def documents(
        self,
        source_id: str | None = None,
        *,
        space: str | None = "home",
        state: DocumentState | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> Sequence[Document]: ...
    def document(self, document_id: int, /) -> Document: ...
    def text(self, document_id: int, /) -> str: ...
    def passages(self, document_id: int, /) -> Sequence[Passage]: ...
    def passage(self, passage_id: int, /) -> Passage: ...
    def status(self, space: str = "home", /) -> LibraryStatus: ...
    def failures(self, space: str = "home", /) -> Sequence[Document]: ...


class AssistantFace(Protocol):
    """The room ``assistant``."""

    def ask(
        self, question: Question, cancel: Cancel | None = None, language: str = "fr", /
    ) -> Iterator[AnswerEvent]: ...
    def conversations(self, space: str = "home", search: str = "", /) -> Sequence[Conversation]: ...
    def conversation(self, conversation_id: str, /) -> Conversation: ...
    def turns(self, conversation_id: str, /) -> Sequence[Turn]: ...
    def rename(self, conversation_id: str, title: str, /) -> object: ...
    def delete(self, conversation_id: str, /) -> object: ...
    def export(
        self, conversation_id: str, form: Literal["markdown", "json"] = "markdown", *, language: str = "fr"
    ) -> str: ...


class ModelsFace(Protocol):
    """The room ``models``: the catalogue and what is on this machine."""

    def cards(self) -> Sequence[ModelCard]: ...
    def installed(self) -> Sequence[InstalledModel]: ...
    def consent_for(self, model_id: str, who: str, /) -> Connection | None: ...
    def add(
        self, what: str, progress: Progress, /, *, cancel: Cancel | None = None, consent: Connection | None = None
    ) -> object: ...
    def remove(self, model_id: str, /) -> object: ...


class JournalFace(Protocol):
    """What happened in this home."""

    def entries(
        self,
        *,
        kinds: Collection[Kind] | None = None,
        since: float | None = None,
        until: float | None = None,
        text: str = "",
        before: int | None = None,
        limit: int = 100,
    ) -> Sequence[Entry]: ...
    def verify(self, *, head: str = "") -> Verification: ...
    def summary(self) -> Summary: ...
    def export(self, target: BinaryIO, /, *, by: str = "") -> Verification: ...


class PerimeterFace(Protocol):
    """The room ``perimeter``: what may leave, what holds the rest back, and the journal."""

    @property
    def journal(self) -> JournalFace: ...
    def policy(self) -> Policy: ...
    def protection(self) -> Protection: ...
    def state(self) -> PerimeterState: ...
    def allow(
        self,
        host: str,
        port: int,
        /,
        *,
        why: str,
        who: str,
        name: str = "",
        until: float = ...,
        local: bool = False,
    ) -> Connection: ...
    def revoke(self, name: str, /) -> Connection: ...
    def set_level(self, level: Level, neighbours: tuple[Neighbour, ...] = (), /) -> Policy: ...


class House(Protocol):
    """All that :func:`hameau.server.create_app` is given."""

    @property
    def settings(self) -> Settings: ...
    @property
    def library(self) -> LibraryFace: ...
    @property
    def assistant(self) -> AssistantFace: ...
    @property
    def models(self) -> ModelsFace: ...
    @property
    def perimeter(self) -> PerimeterFace: ...
    def search(
        self,
        query: str,
        *,
        limit: int = 20,
        space: str = "home",
        source_id: str | None = None,
        document_id: int | None = None,
        only: Filter | None = None,
        everywhere: bool = False,
    ) -> SearchResults: ...
    def forget(self, document_id: int, /) -> Sequence[str]: ...
    def change_settings(self, *, chat_model: str) -> Settings: ...
    def add_source(
        self, kind: str, uri: str, *, space: str = "home", title: str = "", settings: Mapping[str, object] | None = None
    ) -> Source: ...
