"""What the endpoints about sources carry: a source as it would be, the yes to it, and what became of it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from hameau.library import PlanetFeed, Source
from hameau.server.shapes import Ask, ShortText, SpaceName

Address = Annotated[str, Meta(min_length=1, max_length=4096)]
Secret = Annotated[str, Meta(max_length=8192)]
Place = Annotated[
    str,
    Meta(
        max_length=4000,
        description="`host:port` as the proposal said it, and the hosts of its `also`, with commas: what the person allows.",
    ),
]


class NewProposal(Ask, frozen=True):
    """Something to connect: a path of this machine, an address, a mail address. ``kind`` is found out when it is empty."""

    what: Address
    kind: ShortText = ""
    user: Annotated[str, Meta(max_length=320)] = ""
    title: ShortText = ""
    space: SpaceName = "home"
    settings: dict[str, object] = msgspec.field(default_factory=dict)
    local: bool = False


class ReachNow(msgspec.Struct, frozen=True):
    """Where a source leads, and what a yes allows. ``near``: a program of this machine; ``clear``: not encrypted."""

    host: str
    port: int
    why: str
    sent: str
    also: tuple[str, ...]
    local: bool
    near: bool
    clear: bool
    secret: bool
    connection: str


class ProposalNow(msgspec.Struct, frozen=True):
    """A source as it would be. ``reach`` is null for a place of this machine's own disk, which needs no yes."""

    kind: str
    uri: str
    title: str
    user: str
    known: str | None
    reach: ReachNow | None


class NewConnectedSource(Ask, frozen=True):
    """The yes to a proposal. Without ``allow`` nothing outside this machine is reached. ``keep`` says where ``secret`` is kept:
    ``kept`` (in the library), ``keyring`` (the desktop's), or ``file:PATH``, read each time."""

    what: Address
    kind: ShortText = ""
    user: Annotated[str, Meta(max_length=320)] = ""
    title: ShortText = ""
    space: SpaceName = "home"
    settings: dict[str, object] = msgspec.field(default_factory=dict)
    local: bool = False
    allow: Place = ""
    secret: Secret = ""
    keep: Annotated[str, Meta(max_length=4200, pattern=r"^(kept|keyring|file:.+)\Z")] = "kept"


class SourceStateNow(msgspec.Struct, frozen=True):
    """How one source is. ``closed``: it is elsewhere, and nobody allows to reach it any more."""

    id: str
    state: Literal["closed", "failed", "paused", "partly", "busy", "ready"]
    host: str | None
    port: int | None


class SourceStates(msgspec.Struct, frozen=True):
    states: tuple[SourceStateNow, ...]


class NewFile(Ask, frozen=True):
    """A text to keep where a source is: never over another file."""

    name: Annotated[str, Meta(min_length=1, max_length=180)]
    text: Annotated[str, Meta(max_length=1_000_000)]


class FileKept(msgspec.Struct, frozen=True):
    """Where it is."""

    uri: str


class NewLogin(Ask, frozen=True):
    """The address of a Nextcloud, what to read there, and the yes to reach it: see ``allow`` of a connected source."""

    what: Address
    allow: Place
    kinds: Annotated[tuple[Literal["webdav", "caldav", "carddav"], ...], Meta(min_length=1, max_length=3)] = ("webdav",)
    local: bool = False
    shared: bool = False
    space: SpaceName = "home"


class LoginNow(msgspec.Struct, frozen=True):
    """A login that waits for the person: they open ``address`` in their browser. ``sources`` are there when it is done."""

    id: str
    address: str
    sources: tuple[Source, ...] = ()


class PlanetQuery(msgspec.Struct, frozen=True):
    """``before`` is the ``more`` of the part above; ``since`` is RFC 3339 in UTC; ``source`` binds it to one feed."""

    space: SpaceName = "home"
    source: Annotated[str, Meta(max_length=200)] = ""
    before: Annotated[str, Meta(max_length=100)] = ""
    since: Annotated[str, Meta(max_length=40)] = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = 40


class EnclosedTold(msgspec.Struct, frozen=True):
    """A file that comes with an article. ``size`` in bytes and ``seconds`` are 0 where the feed does not say."""

    address: str
    media_type: str
    size: int
    seconds: int


class NewsTold(msgspec.Struct, frozen=True):
    """One article of a feed; the whole text is that of its document."""

    document_id: int
    source_id: str
    feed: str
    title: str
    dated_at: str
    authors: str
    link: str
    excerpt: str
    files: tuple[EnclosedTold, ...]


class PlanetNow(msgspec.Struct, frozen=True):
    """The newest first. ``more`` is the ``before`` of what is older; null when this is all."""

    news: tuple[NewsTold, ...]
    more: str | None


class FeedsFollowed(msgspec.Struct, frozen=True):
    feeds: tuple[PlanetFeed, ...]


Opml = Annotated[str, Meta(min_length=1, max_length=4_000_000, description="The whole file, as text.")]


class NewFeedList(Ask, frozen=True):
    """A list of feeds from another reader."""

    opml: Opml
    full_text: bool = False
    space: SpaceName = "home"


class NewFeeds(Ask, frozen=True):
    """The yes to such a list: ``allow`` names every host that the proposal named."""

    opml: Opml
    allow: Annotated[tuple[Annotated[str, Meta(max_length=255)], ...], Meta(max_length=10_000)] = ()
    full_text: bool = False
    space: SpaceName = "home"


class FeedTold(msgspec.Struct, frozen=True):
    address: str
    title: str
    reason: str = ""


class FeedListNow(msgspec.Struct, frozen=True):
    """What a list would bring: whom it would reach, which feeds are new, which are here already, which can't be followed."""

    hosts: tuple[str, ...]
    feeds: tuple[FeedTold, ...]
    known: tuple[FeedTold, ...]
    refused: tuple[FeedTold, ...]
