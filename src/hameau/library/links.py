"""What documents point at: names of notes, as Obsidian understands them, and addresses.

A name means the document of the same source that is called so, folders and ending left out; where several are, the one whose
folders are named too, else the one that lies highest. An address means the document that has it as its link.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from hameau.library import rows
from hameau.library.preparing import around, file_name, linked_name
from hameau.library.types import Document, Link, Links
from hameau.storage import Queries, Session

_QUERIES = Queries(Path(__file__).with_name("links.sql"))


def links(session: Session, document: Document) -> Links:
    """What ``document`` points at, and which documents of its space point at it."""
    targets = [str(row[0]) for row in session.tuples(_QUERIES["targets"], {"id": document.id})]
    names = [target for target in targets if "://" not in target]
    places = _places(session, document.source_id) if names else []
    meant = {target: number for target in names if (number := _meant(target, document.uri, places))}
    addresses = [target for target in targets if "://" in target]
    asked = {"space": document.space, "addresses": json.dumps(addresses)}
    meant.update(session.tuples(_QUERIES["documents_linked"], asked) if addresses else ())
    there = _documents(session, meant.values())
    to = tuple(Link(target, there.get(meant.get(target, 0))) for target in targets)
    return Links(to, tuple(_pointing(session, document, places)))


def _pointing(session: Session, document: Document, places: Sequence[tuple[int, str]]) -> list[Document]:
    keys = {linked_name(file_name(document.uri).name), linked_name(document.title), document.link} - {""}
    asked = {"names": json.dumps(sorted(keys)), "space": document.space, "id": document.id}
    found = session.tuples(_QUERIES["pointing"], asked)
    if any("://" not in target for _, _, target, _ in found):
        places = places or _places(session, document.source_id)
    ids = [
        number
        for number, uri, target, source_id in found
        if ("://" in target and target == document.link)
        or (source_id == document.source_id and _meant(target, uri, places) == document.id)
    ]
    there = _documents(session, ids)
    return sorted(there.values(), key=lambda one: (one.title.casefold(), one.id))


def _places(session: Session, source_id: str) -> list[tuple[int, str]]:
    return [(number, uri) for number, uri in session.tuples(_QUERIES["places"], {"source_id": source_id})]


def _meant(target: str, written_in: str, places: Iterable[tuple[int, str]]) -> int:
    """The number of the document that ``target`` means in the document at ``written_in``; 0 when there is none."""
    name = linked_name(target)
    folders = [part.casefold() for part in PurePosixPath(target.partition("#")[0].partition("|")[0]).parts[:-1]]
    folders = [part for part in folders if part not in (".", "..", "/")]
    home = around(written_in).rpartition("/")[0]
    best: tuple[int, int, int, str, int] | None = None
    for number, uri in places:
        if name not in uri.casefold() and "%" not in uri:
            continue
        path = file_name(uri)
        if linked_name(path.name) != name:
            continue
        above = [part.casefold() for part in PurePosixPath(around(uri)).parts[:-1]]
        fits = above[-len(folders) :] == folders if folders else True
        near = uri.rpartition("/")[0] == home
        price = (0 if fits else 1, 0 if near and folders == [] else 1, len(above), uri, number)
        best = price if best is None or price < best else best
    return best[4] if best else 0


def _documents(session: Session, numbers: Iterable[int]) -> dict[int, Document]:
    found = session.all(_QUERIES["documents"], {"ids": json.dumps(sorted(set(numbers)))})
    return {row["id"]: rows.document(row) for row in found}
