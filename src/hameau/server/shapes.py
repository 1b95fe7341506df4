"""What requests carry and what answers hold, where no noun of the house says it already.

Everything that arrives is decoded into one of these structs, which bound it; the OpenAPI document is made from them.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from hameau.assistant import Citation, Conversation, Sentence, Task, Turn
from hameau.library import Document, DocumentState, Passage, Source
from hameau.models import InstalledModel, ModelCard

MAX_QUESTION = 100_000
MAX_BODY = 1_000_000

SpaceName = Annotated[
    str,
    Meta(
        min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9_-]*\Z", description="Who may see it; `home` by default."
    ),
]
Identifier = Annotated[str, Meta(min_length=1, max_length=200)]
Limit = Annotated[int, Meta(ge=1, le=1000)]
Offset = Annotated[int, Meta(ge=0, le=10_000_000)]
RowId = Annotated[int, Meta(ge=0, le=2**63 - 1)]
ShortText = Annotated[str, Meta(max_length=200)]


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of every request body: a field that we don't know is an error, not a silent loss."""


class NoParameters(msgspec.Struct, frozen=True):
    """This endpoint takes no parameter."""


class InSpace(msgspec.Struct, frozen=True):
    space: SpaceName = "home"


class ById(msgspec.Struct, frozen=True):
    id: Identifier


class ByRow(msgspec.Struct, frozen=True):
    id: RowId


class Health(msgspec.Struct, frozen=True):
    """The server is there."""

    status: Literal["ok"]
    version: str


class Status(msgspec.Struct, frozen=True):
    """How far the library is, and which models are on this machine."""

    documents: int
    passages: int
    embedded_passages: int
    pending: int
    failed: int
    models: tuple[str, ...]
    notices: tuple[str, ...] = ()


class NewSource(Ask, frozen=True):
    """A place to read documents from. ``uri`` is a path of this machine for the kind ``folder``."""

    uri: Annotated[str, Meta(min_length=1, max_length=4096)]
    kind: Annotated[str, Meta(min_length=1, max_length=40)] = "folder"
    title: ShortText = ""
    space: SpaceName = "home"
    settings: dict[str, object] = {}


class Sources(msgspec.Struct, frozen=True):
    sources: tuple[Source, ...]


class SearchQuery(msgspec.Struct, frozen=True):
    """``q`` is what to search; longer than 100,000 characters is refused."""

    q: Annotated[str, Meta(max_length=MAX_QUESTION)] = ""
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    space: SpaceName = "home"
    source: Identifier | None = None
    document: RowId | None = None


class NewQuestion(Ask, frozen=True):
    """A question to the documents. ``stream`` asks for server-sent events; ``document`` or ``source`` narrows it;
    ``task`` asks for a summary or a draft, which follows ``template`` when there is one."""

    question: Annotated[str, Meta(max_length=MAX_QUESTION)] = ""
    conversation: Identifier | None = None
    model: Identifier | None = None
    stream: bool = False
    space: SpaceName = "home"
    task: Task = "answer"
    document: RowId | None = None
    source: Identifier | None = None
    template: Annotated[str, Meta(max_length=20_000)] = ""


class TokenEvent(msgspec.Struct, frozen=True):
    """A piece of the answer, as it is produced."""

    text: str


class SentenceEvent(msgspec.Struct, frozen=True):
    """A whole sentence with its verdict; it replaces the pieces since the sentence before."""

    sentence: Sentence
    citations: tuple[Citation, ...]


class DocumentsQuery(msgspec.Struct, frozen=True):
    source: Identifier | None = None
    state: DocumentState | None = None
    space: SpaceName = "home"
    limit: Limit = 100
    offset: Offset = 0


class Documents(msgspec.Struct, frozen=True):
    documents: tuple[Document, ...]


class DocumentText(msgspec.Struct, frozen=True):
    """The extracted text; locators count its Unicode code points."""

    document_id: int
    text: str


class Passages(msgspec.Struct, frozen=True):
    passages: tuple[Passage, ...]


class ConversationsQuery(msgspec.Struct, frozen=True):
    q: Annotated[str, Meta(max_length=1000)] = ""
    space: SpaceName = "home"


class Conversations(msgspec.Struct, frozen=True):
    conversations: tuple[Conversation, ...]


class WholeConversation(msgspec.Struct, frozen=True):
    conversation: Conversation
    turns: tuple[Turn, ...]


class NewTitle(Ask, frozen=True):
    title: Annotated[str, Meta(min_length=1, max_length=200)]


class ExportQuery(msgspec.Struct, frozen=True):
    id: Identifier
    format: Literal["markdown", "json"] = "markdown"


class NewModel(Ask, frozen=True):
    """``model`` is an id of the catalogue, or the path of a GGUF file or of a folder on this machine.
    ``consent`` is the person's yes to the one download that some models need."""

    model: Annotated[str, Meta(min_length=1, max_length=4096)]
    consent: bool = False


class Arrival(msgspec.Struct, frozen=True):
    """A model on its way here. ``done`` and ``total`` are bytes; ``total`` is 0 while it is not known."""

    id: str
    model: str
    state: Literal["running", "done", "failed"]
    done: int
    total: int
    message: str = ""
    hint: str = ""


class Models(msgspec.Struct, frozen=True):
    """What is on this machine, what can come, and what is on its way."""

    installed: tuple[InstalledModel, ...]
    catalogue: tuple[ModelCard, ...]
    arrivals: tuple[Arrival, ...]


class SettingsNow(msgspec.Struct, frozen=True):
    """How Hameau is set. ``model`` is the one that answers; empty means that Hameau chooses by the free memory."""

    language: str
    model: str
    home: str
    version: str


class NewSettings(Ask, frozen=True):
    """Only the fields that are there change. ``language`` is this reader's (a cookie); ``model`` is everybody's."""

    language: Literal["fr", "en"] | UnsetType = UNSET
    model: Annotated[str, Meta(max_length=200)] | UnsetType = UNSET


class Uploaded(msgspec.Struct, frozen=True):
    """The files that were kept, by the names that they got, and the source that holds them."""

    source: Source
    files: tuple[str, ...]
