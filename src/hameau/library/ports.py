"""What a source and an extractor must be able to do. Adapters live in ``sources/`` and ``extraction/``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from hameau.kit import Unavailable
from hameau.library.types import Extracted, Source


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


class PartlyUnavailable(Unavailable):
    """Some folders of a source could not be looked into. ``below`` are the beginnings of the URIs that may still be there."""

    below: tuple[str, ...] = ()


class SourceAdapter(Protocol):
    """Lists what a source holds and hands out its files. ``kind`` is its name in ``Source.kind``."""

    kind: str

    def check(self, uri: str, settings: Mapping[str, object]) -> str:
        """The canonical form of ``uri``; raises ``BadInput``, ``NotFound`` or ``Refused`` when it can't be a source."""
        ...

    def items(self, context: SourceContext) -> Iterator[Item]:
        """Everything that is there now. Raises ``Unavailable`` when the source itself can't be read: nothing is deleted then.

        Raises ``PartlyUnavailable`` at the end when all but some folders was told: what is known of those is kept.
        """
        ...

    def path(self, context: SourceContext, uri: str) -> Path:
        """A local file with the content of ``uri``."""
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


class Extractor(Protocol):
    """Reads files that strangers made. It must survive any file: a bad one raises, the next one works."""

    def extract(self, path: Path, media_type: str = "", *, beneath: Path | None = None) -> Extracted:
        """The text of ``path``; no folder between ``beneath`` and it may be a link.

        Raises ``Corrupt``, ``Refused``, ``Missing`` or ``NotEnough`` with the reason.
        """
        ...

    def close(self) -> None: ...
