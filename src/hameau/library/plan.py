"""What a synchronisation has to do: the listing of a source against what the library knows. Pure; reads nothing.

Content decides, not the listing: a file whose fingerprint changed is only *looked at* again, and read again only when its hash
differs. A fingerprint that left one place and stands at another is a document that moved, and nothing of it is looked at; where
fingerprints don't survive a move (other disks, some shares) the hash tells it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from hameau.library.ports import Item
from hameau.library.types import KnownDocument

_PLAIN = frozenset(["md", "markdown", "txt", "text", "csv", "tsv", "json", "rst", "org", "log", "xml"])
_LIGHT = _PLAIN | {"html", "htm", "eml"}
_HEAVY = frozenset(["png", "jpg", "jpeg", "tif", "tiff", "gif", "bmp", "webp"])


@dataclass(frozen=True, slots=True)
class Move:
    """``document`` stands at ``item`` now. ``replaced`` stood there before and is no more."""

    document: KnownDocument
    item: Item
    replaced: KnownDocument | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """``moved`` first, all at once where one takes the place of another; then ``look`` must be hashed and perhaps read, in this
    order; ``gone`` are no longer listed."""

    look: tuple[Item, ...]
    unchanged: int
    gone: tuple[KnownDocument, ...]
    moved: tuple[Move, ...] = ()


def plan(
    listed: Sequence[Item],
    known: Mapping[str, KnownDocument],
    *,
    complete: bool,
    retry: bool,
    unseen: Sequence[str] = (),
    as_listed: bool = False,
) -> Plan:
    """Compares. ``complete``: the listing is whole, so what it lacks is gone, except what begins with one of ``unseen``.

    ``retry``: failed files are tried again. ``as_listed``: what is to be read stays in the order of the listing.
    """
    present = {item.uri: item for item in listed}
    kept = Beginnings(unseen)
    missing = [one for uri, one in known.items() if uri not in present and not kept.hold(uri)] if complete else []
    moved = _moved(present, known, missing)
    settled = {move.item.uri for move in moved if move.document.state == "indexed"}
    look = [item for item in listed if item.uri not in settled and _concerns(item, known.get(item.uri), retry)]
    elsewhere = {move.document.id for move in moved}
    gone = tuple(one for one in missing if one.id not in elsewhere)
    return Plan(tuple(look if as_listed else sorted(look, key=_order)), len(listed) - len(look), gone, moved)


class Beginnings:
    """Beginnings of URIs, perhaps very many."""

    def __init__(self, beginnings: Iterable[str]) -> None:
        self._sorted: list[str] = []
        for one in sorted(beginnings):
            if not self._sorted or not one.startswith(self._sorted[-1]):
                self._sorted.append(one)

    def hold(self, uri: str) -> bool:
        """Whether ``uri`` begins with one of them: none begins with another, so it is the one that stands before it."""
        at = bisect_right(self._sorted, uri) - 1
        return at >= 0 and uri.startswith(self._sorted[at])


def _moved(
    present: Mapping[str, Item], known: Mapping[str, KnownDocument], missing: Sequence[KnownDocument]
) -> tuple[Move, ...]:
    """Documents whose fingerprint is not at their place any more, and is at another one where it was not before."""
    changed = [
        (item, known.get(uri))
        for uri, item in present.items()
        if (there := known.get(uri)) is None or there.fingerprint != item.fingerprint
    ]
    away: dict[str, list[KnownDocument]] = {}
    for one in (*missing, *(there for _, there in changed if there is not None)):
        if one.fingerprint:
            away.setdefault(one.fingerprint, []).append(one)
    found = [(item, there, away[item.fingerprint].pop()) for item, there in changed if away.get(item.fingerprint)]
    leaving = {document.id for _, _, document in found}
    return tuple(
        Move(document, item, there if there is not None and there.id not in leaving else None)
        for item, there, document in found
    )


def moves(gone: Iterable[KnownDocument]) -> dict[str, KnownDocument]:
    """By content hash, the documents that may only have moved."""
    return {one.content_hash: one for one in gone if one.content_hash and one.state != "failed"}


def is_light(uri: str) -> bool:
    """Whether a file is likely to be text already, by its name: it is searchable in no time."""
    return PurePath(uri).suffix.lower().lstrip(".") in _PLAIN


def _concerns(item: Item, known: KnownDocument | None, retry: bool) -> bool:
    if known is None or known.fingerprint != item.fingerprint or known.state == "pending":
        return True
    return retry and known.state == "failed"


def _order(item: Item) -> tuple[int, int, str]:
    ending = PurePath(item.uri).suffix.lower().lstrip(".")
    return (0 if ending in _LIGHT else 2 if ending in _HEAVY else 1, item.size, item.uri)
