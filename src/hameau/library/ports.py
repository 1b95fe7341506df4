"""What a source and an extractor must be able to do. Adapters live in ``sources/`` and ``extraction/``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar, runtime_checkable

from hameau.kit import HameauError, Unavailable
from hameau.library.types import Extracted, Locator, Source

Told = TypeVar("Told")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a source lists. ``fingerprint`` changes when the content may have changed, and costs no reading; in one
    source no two contents have the same, so a fingerprint that stands at another place is a thing that moved."""

    uri: str
    title: str
    size: int
    modified_at: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Kept:
    """Told among the items: what is known at URIs that begin with ``below`` is as it was, though it is not listed. The empty
    text stands for all of the source."""

    below: str


@dataclass(frozen=True, slots=True)
class Content:
    """What stands at a URI. A file of this machine (``path``, on whose way from ``beneath`` there is no link), or ``data``.

    What the source knows better than the content says itself is filled in and wins: an article's title, a mail's date.
    """

    name: str
    """A file name, whose ending says the format where the first bytes don't."""
    path: Path | None = None
    data: bytes = b""
    media_type: str = ""
    """What it is, where the source itself made it so; not what a server says of a file."""
    beneath: Path | None = None
    title: str = ""
    dated_at: str = ""
    authors: str = ""
    link: str = ""
    thread: str = ""
    warning: str = ""
    """A doubt to tell of the document, a gettext id: an attachment that was too big to fetch."""


class Stop(Protocol):
    """Asked while waiting: is the work still wanted? ``threading.Event`` is one."""

    def is_set(self) -> bool: ...


class Memory:
    """What an adapter remembers from one synchronisation to the next: entity tags, the last number of a mailbox.

    Read as it was after the last synchronisation that ended well; what is noted is kept when this one does, together with
    what it read: a kill in between forgets both, so that nothing is missed. One that ends with ``PartlyUnavailable`` counts as
    well: note only what was told whole. Keys and values are short texts.
    """

    def __init__(self, known: Mapping[str, str] | None = None) -> None:
        self._known = dict(known or {})
        self.noted: dict[str, str | None] = {}
        """What changed; ``None`` for what is forgotten."""

    def get(self, key: str) -> str:
        """What was noted under ``key`` before; empty when nothing was."""
        return self._known.get(key, "")

    def keys(self) -> list[str]:
        """The keys of before."""
        return list(self._known)

    def forget_noted(self) -> None:
        """As if nothing had been noted: what was listed proved wrong."""
        self.noted.clear()

    def note(self, key: str, value: str) -> None:
        """To be known under ``key`` the next time; an empty value is forgotten."""
        if value:
            if self._known.get(key) != value or key in self.noted:
                self.noted[key] = value
        elif key in self._known or key in self.noted:
            self.noted[key] = None


class Never:
    """A :class:`Stop` that never comes."""

    def is_set(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed in a source: at which places, or so much that only a whole listing tells."""

    uris: frozenset[str] = frozenset()
    everything: bool = False


class Watcher(Protocol):
    """Hears of changes in one source, between its listings. ``complete``: of all of them."""

    out_of_watches: bool
    """The system lets this user follow no more folders."""

    @property
    def complete(self) -> bool: ...

    def fileno(self) -> int:
        """A descriptor that is readable when there are changes."""
        ...

    def changes(self) -> Changes:
        """What changed since the last call. Never waits."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class SourceContext:
    """All that a source adapter gets: never the settings, never the database."""

    source: Source
    max_file_bytes: int
    watcher: Watcher | None = None
    """Who is to hear of changes in what is listed from now on; made by the same adapter."""
    memory: Memory = field(default_factory=Memory)
    stop: Stop = Never()  # noqa: RUF009 - it has no state
    """Set when the work is to end: a wait on a line is left at once."""
    whole: bool = False
    """A person asked: what is remembered is not trusted, everything is compared."""


class PartlyUnavailable(Unavailable):
    """Some folders of a source could not be looked into. ``below`` are the beginnings of the URIs that may still be there."""

    below: tuple[str, ...] = ()


class Later(Unavailable):
    """The other side asks to be left alone for ``seconds``."""

    seconds: float = 0.0


class SourceAdapter(Protocol):
    """Lists what a source holds and hands out its contents. ``kind`` is its name in ``Source.kind``."""

    kind: str

    def check(self, uri: str, settings: Mapping[str, object]) -> str:
        """The canonical form of ``uri``; raises ``BadInput``, ``NotFound`` or ``Refused`` when it can't be a source. Asks
        nobody outside."""
        ...

    def items(self, context: SourceContext) -> Iterator[Item | Kept]:
        """Everything that is there now, or is told to be as it was. Raises ``Unavailable`` when the source itself can't be
        read: nothing is deleted then.

        Raises ``PartlyUnavailable`` at the end when all but some folders was told: what is known of those is kept.
        """
        ...

    def content(self, context: SourceContext, uri: str) -> AbstractContextManager[Content]:
        """What stands at ``uri``, for the length of the block. Raises ``NotFound`` for what is no more, ``Unavailable`` when
        the source can't be read now, any other error for what can't be had of this one thing."""
        ...

    def present(self, context: SourceContext) -> None:
        """Before anything is forgotten: raises ``Unavailable`` when the source itself is away. Cheap."""
        ...


@runtime_checkable
class FollowedSource(SourceAdapter, Protocol):
    """A source that can say what changes in it, and list a part of itself."""

    def watcher(self, context: SourceContext) -> Watcher | None:
        """A new watcher of this source, closed by whoever asked; ``None`` where nothing can be followed."""
        ...

    def look(self, context: SourceContext, uris: Iterable[str]) -> Iterator[Item]:
        """What there is now at ``uris`` and below them. Raises as ``items`` does."""
        ...

    def mounts(self, context: SourceContext) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The disks and shares that are mounted inside the source now, and those of ``context.source.mounts`` that are away;
        of either, only what is wanted. What is away ends with a slash: URIs below it begin so."""
        ...


@runtime_checkable
class BatchSource(SourceAdapter, Protocol):
    """A source where each question takes time: several contents are asked for at once."""

    batch: int
    """How many at most."""

    def contents(self, context: SourceContext, uris: Sequence[str]) -> Iterator[tuple[str, Content | HameauError]]:
        """The contents of ``uris``, in any order, or of each why it can't be had (``NotFound``: it is no more). Raises
        ``Unavailable`` when the source can't be read now; what was handed out holds, files until it is closed, which it is when
        all are read.

        Asked in a thread of its own while what came before is read, for things that follow each other in ``items``, some
        megabytes at a time by their ``size``. A thing that is very big is asked for by ``content``, perhaps at the same time.
        """
        ...


@runtime_checkable
class WatchedSource(SourceAdapter, Protocol):
    """A source elsewhere that says that something changed, and no more: all of it is compared then."""

    def listener(self, context: SourceContext) -> Watcher | None:
        """A new watcher, whose changes are always everything; ``None`` where the other side can't say.

        Made before the source is listed, in the same thread, so it may take its time. When its line breaks, its descriptor
        becomes readable and ``changes`` raises ``Unavailable``: it is closed then, and another one made at the next look.
        """
        ...


@runtime_checkable
class NamedSource(SourceAdapter, Protocol):
    """A source of this machine that says itself what it is called."""

    def title(self, uri: str) -> str:
        """What a person may call it. Raises why it can't be read: it is not added then."""
        ...


@dataclass(frozen=True, slots=True)
class Reach:
    """Where an outward source has to reach, for the person who is to allow it."""

    host: str
    port: int
    why: str
    """In English, for the journal: what is asked there, and what is sent."""
    local: bool = False
    also: tuple[str, ...] = ()
    """Other hosts, for what lies there (articles of a feed)."""
    secret: bool = False
    """Whether a password or a token is needed."""
    name: str = ""
    """What a person may call the source, when they say nothing."""


@runtime_checkable
class OutwardSource(SourceAdapter, Protocol):
    """A source on another machine, or in another program of this one: read under a Connection that a person allowed.

    The name of that Connection stands in ``source.settings["connection"]``, the user's name in ``["user"]``.
    """

    every_seconds: float
    """How often it is looked at by itself."""

    def reach(self, uri: str, settings: Mapping[str, object]) -> Reach:
        """Where ``uri``, in canonical form, leads. Asks nobody."""
        ...

    def try_out(self, context: SourceContext) -> str:
        """Speaks to the other side once, as a synchronisation would begin; a title for the source, or nothing.

        Raises ``Refused`` (wrong password), ``Unavailable``, ``NotFound`` or ``BadInput``, in a person's words.
        """
        ...


@dataclass(frozen=True, slots=True)
class AskedPassage:
    """A passage that a source found when it was asked. ``fit`` says how well its words fit, from 0 to 1."""

    source_id: str
    uri: str
    link: str
    title: str
    text: str
    locator: Locator
    language: str = ""
    fit: float = 0.0


@dataclass(frozen=True, slots=True)
class AskedAnswer:
    """What one source answers: its best passages, best first, and how telling it finds the stems of the question (inverse
    document frequencies)."""

    passages: tuple[AskedPassage, ...]
    weights: Mapping[str, float] = field(default_factory=dict)


class AskedSources(Protocol):
    """Sources that are asked at each search, because they bring an index of their own; nothing of them is stored."""

    kinds: frozenset[str]
    """Which kinds of sources these are."""

    def ask(
        self, sources: Sequence[Source], question: str, languages: frozenset[str] = frozenset(), count: int = 8
    ) -> Sequence[AskedAnswer]:
        """The answers of ``sources``, of those in one of ``languages`` when there are any; at most ``count`` passages each.
        Waits a moment and no more; one that can't be asked is left out."""
        ...

    def warm(self, sources: Sequence[Source]) -> None:
        """Make ready to be asked, without waiting."""
        ...


class Secrets(Protocol):
    """Passwords and tokens of sources, for their adapters."""

    def of(self, source: Source) -> str:
        """The secret of ``source``, just read: a token in a file may have been renewed. Raises ``Missing``."""
        ...


class Parser(Protocol):
    """Reads what strangers wrote, in the sandbox, into a structure that we define."""

    def parse(self, form: str, data: bytes, kind: type[Told]) -> Told:
        """``data`` as the form called ``form`` (``extraction/forms``) reads it: a msgspec Struct or a collection of them.
        Raises ``Corrupt``, ``NotEnough`` or ``Unavailable``."""
        ...


class Extractor(Protocol):
    """Reads files that strangers made. It must survive any file: a bad one raises, the next one works."""

    def extract(self, path: Path, media_type: str = "", *, beneath: Path | None = None) -> Extracted:
        """The text of ``path``; no folder between ``beneath`` and it may be a link.

        Raises ``Corrupt``, ``Refused``, ``Missing`` or ``NotEnough`` with the reason.
        """
        ...

    def extract_data(self, name: str, data: bytes, media_type: str = "") -> Extracted:
        """The text of a content that is no file here, called ``name``. Raises as :meth:`extract` does."""
        ...

    def close(self) -> None: ...
