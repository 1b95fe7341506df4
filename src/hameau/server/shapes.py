"""What requests carry and what answers hold, where no noun of the house says it already.

Everything that arrives is decoded into one of these structs, which bound it; the OpenAPI document is made from them.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from hameau.accounts import Scope
from hameau.assistant import Citation, Conversation, Sentence, Task, Turn
from hameau.library import Document, DocumentState, Passage, Source

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
    """A place of this machine to read documents from; ``uri`` is its path. What is elsewhere is connected: see
    ``/api/v1/sources/connect``."""

    uri: Annotated[str, Meta(min_length=1, max_length=4096)]
    kind: Annotated[str, Meta(min_length=1, max_length=40)] = "folder"
    title: ShortText = ""
    space: SpaceName = "home"
    settings: dict[str, object] = {}


class Sources(msgspec.Struct, frozen=True):
    sources: tuple[Source, ...]


class SearchQuery(msgspec.Struct, frozen=True):
    """``q`` is what to search; longer than 100,000 characters is refused. ``kind`` and ``language`` may be several, parted by
    commas; ``since`` and ``until`` are days, months or years; ``who`` names those who wrote or received it; ``everywhere``
    takes all of ``q`` as words."""

    q: Annotated[str, Meta(max_length=MAX_QUESTION)] = ""
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    space: SpaceName = "home"
    source: Identifier | None = None
    document: RowId | None = None
    kind: ShortText = ""
    language: ShortText = ""
    since: ShortText = ""
    until: ShortText = ""
    who: ShortText = ""
    everywhere: bool = False


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
    web_query: Annotated[
        str, Meta(max_length=1000, description="What the web is asked beside the library, word for word as it leaves.")
    ] = ""
    web_pages: Annotated[
        int, Meta(ge=0, le=10, description="How many pages of the web's best hits are opened to answer.")
    ] = 3


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


class Forgotten(msgspec.Struct, frozen=True):
    """A document that was forgotten, and where other documents with the same content come from: those stay."""

    id: int
    copies: tuple[str, ...]


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


class AtPort(Ask, frozen=True):
    """A machine of the home network. Port 0 stands for every port."""

    host: Annotated[str, Meta(min_length=1, max_length=255)]
    port: Annotated[int, Meta(ge=0, le=65535)] = 0


class ProtectionNow(msgspec.Struct, frozen=True):
    """What holds the rest back. ``proven``: attempts on purpose were refused and written down; ``failures`` names those
    that were not. ``walls`` are the mechanisms, and ``words`` says each in a sentence; ``lacking``: why there is nothing
    better."""

    level: Literal["system", "gate", "hook"]
    tried: bool
    proven: bool
    walls: tuple[str, ...]
    words: tuple[str, ...]
    failures: tuple[str, ...]
    lacking: str


class ConnectionNow(msgspec.Struct, frozen=True):
    """One outward link that a person allowed. ``until`` is RFC 3339; null until it is taken back."""

    name: str
    who: str
    why: str
    host: str
    port: int
    also: tuple[str, ...]
    local: bool
    since: str | None
    until: str | None


class PerimeterNow(msgspec.Struct, frozen=True):
    """What may leave this machine (``connections`` that hold now), what holds the rest back, and since when nothing left."""

    level: Literal["closed", "home-network"]
    protection: ProtectionNow
    neighbours: tuple[AtPort, ...]
    connections: tuple[ConnectionNow, ...]
    nothing_left_since: str
    refused: int


class NewConnection(Ask, frozen=True):
    """One place that Hameau may reach from now on: who allowed it is written down with it. ``until`` is RFC 3339; without it
    the Connection holds until it is taken back. ``local``: the name may stand for a machine of the home network."""

    host: Annotated[str, Meta(min_length=1, max_length=255)]
    port: Annotated[int, Meta(ge=1, le=65535)]
    why: Annotated[str, Meta(min_length=1, max_length=500)]
    name: Annotated[str, Meta(max_length=64)] = ""
    until: Annotated[str, Meta(max_length=40)] | None = None
    local: bool = False


class ByName(msgspec.Struct, frozen=True):
    name: Annotated[str, Meta(min_length=1, max_length=64)]


class NewLevel(Ask, frozen=True):
    """How far Hameau may reach without a Connection, and which neighbours at the level ``home-network``."""

    level: Literal["closed", "home-network"]
    neighbours: Annotated[tuple[AtPort, ...], Meta(max_length=100)] = ()


class JournalQuery(msgspec.Struct, frozen=True):
    """``kind``: one or several, with commas; ``since`` and ``until``: RFC 3339 or a day; ``before``: below this number."""

    kind: Annotated[str, Meta(max_length=500)] = ""
    since: Annotated[str, Meta(max_length=40)] = ""
    until: Annotated[str, Meta(max_length=40)] = ""
    text: Annotated[str, Meta(max_length=200)] = ""
    before: RowId | None = None
    limit: Limit = 100


class EntryTold(msgspec.Struct, frozen=True):
    """One line of the journal. ``sentence`` and ``reason`` are in the reader's language; ``hash`` is the next one's ``prev``."""

    number: int
    time: str
    kind: str
    by: str
    sentence: str
    reason: str
    facts: dict[str, str | int | float | bool]
    hash: str


class JournalPart(msgspec.Struct, frozen=True):
    """The newest first. ``next`` is the ``before`` of the part that follows; null when this is the last."""

    entries: tuple[EntryTold, ...]
    next: int | None


class HeadQuery(msgspec.Struct, frozen=True):
    """``head``: a mark that was noted earlier; not to find it means that the journal was taken back or written anew."""

    head: Annotated[str, Meta(max_length=64)] = ""


class ProblemTold(msgspec.Struct, frozen=True):
    """Something that is not as it was written, and where; ``number`` is 0 when there is no entry."""

    segment: str
    line: int
    number: int
    message: str


class JournalChecked(msgspec.Struct, frozen=True):
    """What a check of the whole journal found. ``head`` is worth noting elsewhere."""

    ok: bool
    entries: int
    segments: int
    head: str
    key: str
    problems: tuple[ProblemTold, ...]


class NewApiKey(Ask, frozen=True):
    """A program that may come in from now on."""

    name: Annotated[str, Meta(min_length=1, max_length=60, description="What you call the program or the device.")]
    scopes: Annotated[
        tuple[Scope, ...],
        Meta(
            min_length=1,
            max_length=3,
            description="`chat`: models speak. `read`: search, read and ask the library. `admin`: all that you may do.",
        ),
    ]
    expires_at: (
        Annotated[str, Meta(max_length=40, description="RFC 3339, or a day; `null`: until it is taken back.")] | None
    ) = None


class KeyNow(msgspec.Struct, frozen=True):
    """A key, as it is kept: never the key itself."""

    id: str
    name: str
    hint: Annotated[str, Meta(description="Its first signs.")]
    scopes: tuple[Scope, ...]
    created_at: str
    expires_at: str | None
    last_used_at: str | None


class KeyList(msgspec.Struct, frozen=True):
    keys: tuple[KeyNow, ...]


class KeyMade(msgspec.Struct, frozen=True):
    """A key at the one moment when it can be read."""

    key: KeyNow
    secret: str
