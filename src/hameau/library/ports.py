"""What a source and an extractor must be able to do. Adapters live in ``sources/`` and ``extraction/``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hameau.kit import Unavailable
from hameau.library.types import Extracted, Source


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a source lists. ``fingerprint`` changes when the content may have changed, and costs no reading."""

    uri: str
    title: str
    size: int
    modified_at: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class SourceContext:
    """All that a source adapter gets: never the settings, never the database."""

    source: Source
    max_file_bytes: int


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


class Extractor(Protocol):
    """Reads files that strangers made. It must survive any file: a bad one raises, the next one works."""

    def extract(self, path: Path, media_type: str = "", *, beneath: Path | None = None) -> Extracted:
        """The text of ``path``; no folder between ``beneath`` and it may be a link.

        Raises ``Corrupt``, ``Refused``, ``Missing`` or ``NotEnough`` with the reason.
        """
        ...

    def close(self) -> None: ...
