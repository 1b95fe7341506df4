"""What a synchronisation has to do: the listing of a source against what the library knows. Pure; reads nothing.

Content decides, not the listing: a file whose fingerprint changed is only *looked at* again, and read again only when its hash
differs. A file that went away and one that appeared with the same content are one document that moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from hameau.library.ports import Item
from hameau.library.types import KnownDocument

_LIGHT = frozenset(
    ["md", "markdown", "txt", "text", "csv", "tsv", "json", "rst", "org", "log", "html", "htm", "eml", "xml"]
)
_HEAVY = frozenset(["png", "jpg", "jpeg", "tif", "tiff", "gif", "bmp", "webp"])


@dataclass(frozen=True, slots=True)
class Plan:
    """``look`` must be hashed and perhaps read, in this order; ``gone`` are no longer listed."""

    look: tuple[Item, ...]
    unchanged: int
    gone: tuple[KnownDocument, ...]


def plan(
    listed: Sequence[Item],
    known: Mapping[str, KnownDocument],
    *,
    complete: bool,
    retry: bool,
    unseen: tuple[str, ...] = (),
) -> Plan:
    """Compares. ``complete``: the listing is whole, so what it lacks is gone, except what begins with one of ``unseen``.

    ``retry``: failed files are tried again.
    """
    look = [item for item in listed if _concerns(item, known.get(item.uri), retry)]
    present = {item.uri for item in listed}
    gone = (
        tuple(one for uri, one in known.items() if uri not in present and not uri.startswith(unseen))
        if complete
        else ()
    )
    return Plan(tuple(sorted(look, key=_order)), len(listed) - len(look), gone)


def moves(gone: Iterable[KnownDocument]) -> dict[str, KnownDocument]:
    """By content hash, the documents that may only have moved."""
    return {one.content_hash: one for one in gone if one.content_hash and one.state != "failed"}


def is_light(uri: str) -> bool:
    """Whether a file is likely to be text already, by its name: these are read first, they are searchable in no time."""
    return PurePath(uri).suffix.lower().lstrip(".") in _LIGHT


def _concerns(item: Item, known: KnownDocument | None, retry: bool) -> bool:
    if known is None or known.fingerprint != item.fingerprint or known.state == "pending":
        return True
    return retry and known.state == "failed"


def _order(item: Item) -> tuple[int, int, str]:
    ending = PurePath(item.uri).suffix.lower().lstrip(".")
    return (0 if ending in _LIGHT else 2 if ending in _HEAVY else 1, item.size, item.uri)
