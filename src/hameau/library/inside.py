"""Documents inside documents: the attachments of a mail, the events of a calendar, the months of a conversation.

A part is a document like another, found, cited and forgotten by itself; but it is read, moved and removed with the one around it,
and nothing lists it. When that one changes, a part that says what it said keeps its passages and vectors
(docs/decisions/0027-documents-inside-documents.md).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from hameau.library.erasing import clear
from hameau.library.exclusions import Exclusions, exclude
from hameau.library.preparing import Prepared, around
from hameau.library.types import Document
from hameau.storage import Queries, Row, Session

_INTAKE = Queries(Path(__file__).with_name("intake.sql"))
Removing = Callable[[Session, Sequence[int]], object]
"""Takes documents out, with all that rests on them."""
_TOLD = ("title", "dated_at", "authors", "link", "thread")


def settle(
    session: Session,
    written: Sequence[tuple[Document, Prepared]],
    kept_out: Mapping[str, Exclusions],
    removing: Removing,
    at: str,
) -> tuple[list[Prepared], list[int]]:
    """Brings the parts of documents that are being written in line with what was read in these: those that are no more go,
    those that are as they were stay, and the others come back with their numbers, to be stored. Then the numbers of those that
    are called otherwise, to be indexed again.
    """
    before: dict[int, dict[str, Row]] = {}
    asked = {"ids": json.dumps([document.id for document, _ in written])}
    for row in session.all(_INTAKE["parts_of"], asked):
        before.setdefault(row["parent_id"], {})[row["uri"]] = row
    changed: list[Prepared] = []
    new: list[tuple[Document, Prepared]] = []
    renamed: list[int] = []
    for document, one in written:
        there = before.get(document.id, {})
        for part in one.parts:
            if _is_kept_out(session, document, part, kept_out[document.source_id]):
                continue
            if part.uri not in there:
                new.append((document, part))
                continue
            row = there.pop(part.uri)
            if row["content_hash"] == part.content_hash:
                if _name(session, row, part, at):
                    renamed.append(row["id"])
            elif not part.unread:
                clear(session, row["id"])
                changed.append(replace(part, document_id=row["id"]))
        removing(session, [row["id"] for row in there.values()])
    return [*changed, *_added(session, new, at)], renamed


def move_parts(session: Session, parts: Sequence[tuple[object, ...]], uris: Mapping[int, str], at: str) -> None:
    """Parts, as ``parts_of`` gives them, stand where the documents around them stand now (``uris``, by number)."""
    moved = [(part, uris[int(str(parent))], str(uri)) for part, parent, uri, *_ in parts]
    session.many(_INTAKE["move_part"], [(now + uri[len(around(uri)) :], at, part) for part, now, uri in moved])


def _is_kept_out(session: Session, document: Document, part: Prepared, kept_out: Exclusions) -> bool:
    if kept_out.holds(part.uri):
        return True
    if not kept_out.holds_content(part.content_hash):
        return False
    exclude(session, document.source_id, part.uri, part.content_hash, document.id)
    return True


def _name(session: Session, row: Row, part: Prepared, at: str) -> bool:
    """What is said around a part may have changed though its content did not; whether the index is to know."""
    told = {name: getattr(part, name) for name in _TOLD}
    if all(row[name] == value for name, value in told.items()):
        return False
    session.run(_INTAKE["name_part"], {**told, "id": row["id"], "at": at})
    return bool(row["title"] != part.title or row["authors"] != part.authors)


def _added(session: Session, new: Sequence[tuple[Document, Prepared]], at: str) -> list[Prepared]:
    listed = [(document.id, part.uri, part.title, part.size) for document, part in new if not part.unread]
    if not listed:
        return []
    asked = {"parts": json.dumps(listed, ensure_ascii=False), "at": at}
    numbers = {(row["source_id"], row["uri"]): row["id"] for row in session.all(_INTAKE["add_parts"], asked)}
    return [
        replace(part, document_id=numbers[document.source_id, part.uri])
        for document, part in new
        if (document.source_id, part.uri) in numbers
    ]
