"""Writing to the library: documents whole or not at all, so that row, passages and index of each agree or nothing happened.

The indexer calls these; it decides what to read and when, this decides what is kept. Every step can be done twice, or be cut
short by a kill, without harm.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hameau.kit import N_, HameauError, NotFound, now
from hameau.library import blocks, rows
from hameau.library.analysis import VERSION
from hameau.library.erasing import clear, clear_index, turned_away
from hameau.library.exclusions import exclusions
from hameau.library.inside import Removing, move_parts, settle
from hameau.library.kinds import kind_of
from hameau.library.passages import Piece, embedding_text
from hameau.library.ports import Item
from hameau.library.preparing import Prepared, file_name, heading_json, index_rows, linked_name, names, prepare
from hameau.library.types import Document, EmbeddingTask, Extracted, KnownDocument
from hameau.storage import Database, Queries, Session

_QUERIES = Queries(Path(__file__).with_name("queries.sql"))
_INTAKE = Queries(Path(__file__).with_name("intake.sql"))
_INDEXED = {"version": VERSION, "kinds": True}
"""What the settings say of a text index that is up to date: an older Hameau kept no kinds of documents."""
_REFRESHED_AT_ONCE = 20
_FREED_AT_ONCE = 4_096


class Intake:
    """The writing half of the library over ``database``. ``removing`` takes documents out, for parts that are no more."""

    def __init__(self, database: Database, removing: Removing) -> None:
        self._database, self._removing = database, removing

    def known(self, source_id: str) -> dict[str, KnownDocument]:
        """What is known of a source's documents, by URI."""
        with self._database.read() as session:
            return {row["uri"]: rows.known(row) for row in session.all(_QUERIES["known"], {"source_id": source_id})}

    def pending(self, source_id: str | None = None, limit: int = 100) -> list[Document]:
        """Documents that wait for their text, oldest first."""
        with self._database.read() as session:
            found = session.all(_QUERIES["pending"], {"source_id": source_id, "limit": limit})
        return [rows.document(row) for row in found]

    def begin_documents(self, source_id: str, items: Sequence[Item]) -> list[Document]:
        """Note that ``items`` are to be read. Passages of before, if any, stay searchable until the new ones are written.

        What a person keeps out, perhaps since it was listed, is missing in what comes back.
        """
        with self._database.transaction() as session:
            if session.value(_QUERIES["source_there"], {"id": source_id}) is None:
                raise _gone()
            kept_out = exclusions(session, source_id)
            listed = [
                (item.uri, item.title, item.size, item.modified_at, item.fingerprint)
                for item in items
                if not kept_out.holds(item.uri)
            ]
            asked = {"source_id": source_id, "items": json.dumps(listed, ensure_ascii=False), "at": now()}
            begun = {row["uri"]: rows.document(row) for row in session.all(_INTAKE["begin_documents"], asked)}
        return [begun[item[0]] for item in listed]

    def keep_documents(self, document_ids: Sequence[int]) -> None:
        """The contents are what they were: the passages stay."""
        with self._database.transaction() as session:
            session.many(_INTAKE["keep_document"], [{"id": document_id, "at": now()} for document_id in document_ids])

    def write_document(
        self, document_id: int, extracted: Extracted, content_hash: str, pieces: Sequence[Piece] | None = None
    ) -> Document:
        """Prepares and writes one document. Raises ``NotFound`` when it has been removed meanwhile."""
        with self._database.read() as session:
            before = _document(session, document_id)
        written = self.write_documents([prepare(before, extracted, content_hash, pieces)])
        if not written:
            raise _removed()
        return written[0]

    def write_documents(self, batch: Sequence[Prepared]) -> list[Document]:
        """Store the texts of documents: passages, index rows and states, all of ``batch`` in one transaction.

        Nothing is written again for a document whose ``content_hash`` is that of the passages already there, and nothing at
        all for one that has been removed meanwhile, or whose content a person keeps out: it is missing in what comes back.
        """
        at = now()
        with self._database.transaction() as session:
            asked = {"ids": json.dumps([one.document_id for one in batch])}
            there = {row["id"]: rows.document(row) for row in session.all(_INTAKE["some_documents"], asked)}
            batch = [one for one in batch if one.document_id in there]
            kept_out = {
                source_id: exclusions(session, source_id) for source_id in {one.source_id for one in there.values()}
            }
            batch = [
                one
                for one in batch
                if not kept_out[there[one.document_id].source_id].holds_content(one.content_hash)
                or not turned_away(session, there[one.document_id], one.content_hash)
            ]
            fresh = [one for one in batch if not _same(there[one.document_id], one)]
            for one in fresh:
                before = there[one.document_id]
                if before.passages or before.content_hash:
                    clear(session, one.document_id)
            families = [(there[one.document_id], one) for one in fresh]
            inside, renamed = settle(session, families, kept_out, self._removing, at)
            stored = [*fresh, *inside]
            _store(session, stored)
            session.many(_INTAKE["write_document"], [_written(one, at) for one in stored])
            for document_id in renamed:
                index_again(session, document_id)
            same = [one.document_id for one in batch if _same(there[one.document_id], one)]
            session.many(_INTAKE["keep_document"], [{"id": document_id, "at": at} for document_id in same])
        return [_as_written(there[one.document_id], one) for one in batch]

    def fail_document(self, document_id: int, error: HameauError) -> None:
        """Keep why a document could not be read; what was stored of an older content goes."""
        why = {"reason": error.message, "hint": error.hint or None, "fields": rows.fields(error.fields)}
        with self._database.transaction() as session:
            row = session.one(_QUERIES["document"], {"id": document_id})
            if row is None:
                return
            clear(session, document_id)
            inside = session.tuples(_INTAKE["parts_of"], {"ids": json.dumps([document_id])})
            self._removing(session, [one[0] for one in inside])
            kind = kind_of("", row["uri"])
            session.run(_INTAKE["fail_document"], {**why, "kind": kind, "id": document_id, "at": now()})

    def move_documents(self, moves: Sequence[tuple[int, Item]]) -> None:
        """The same contents stand at other places now, all at once: one may have taken the place of another. Passages and
        vectors stay, new names are found. One that has been removed meanwhile is passed over."""
        with self._database.transaction() as session:
            asked = {"ids": json.dumps([document_id for document_id, _ in moves])}
            there = {row["id"]: rows.document(row) for row in session.all(_INTAKE["some_documents"], asked)}
            moves = [(document_id, item) for document_id, item in moves if document_id in there]
            inside = session.tuples(_INTAKE["parts_of"], asked)
            if len(moves) > 1:
                parked = [*(document_id for document_id, _ in moves), *(one[0] for one in inside)]
                session.many(_INTAKE["park_document"], [(document_id,) for document_id in parked])
            for document_id, item in moves:
                _move(session, there[document_id], item)
            move_parts(session, inside, {document_id: item.uri for document_id, item in moves}, now())

    def refresh_text_index(self) -> bool:
        """Index some documents anew when another version of the analysis indexed them; whether there is more to do.

        From the stored passages, no file is read. How far it is stands in ``settings``, so a kill only delays it; documents
        written meanwhile are of this version already.
        """
        with self._database.read() as session:
            at = json.loads(session.value(_INTAKE["text_index"]) or "{}")
        if at == _INDEXED:
            return False
        after = at.get("after", 0) if {**at, **_INDEXED} == at else 0
        with self._database.transaction() as session:
            asked = {"after": after, "limit": _REFRESHED_AT_ONCE}
            ids = [row["id"] for row in session.all(_INTAKE["documents_after"], asked)]
            for document_id in ids:
                index_again(session, document_id)
            now_at = {**_INDEXED, "after": ids[-1]} if ids else _INDEXED
            session.run(_INTAKE["note_text_index"], {"value": json.dumps(now_at)})
        return bool(ids)

    def without_vectors(self, embedder_id: str, limit: int, after: int = 0) -> list[EmbeddingTask]:
        """Passages that ``embedder_id`` has not embedded, in the order of their ids, from the one behind ``after``."""
        asked = {"embedder_id": embedder_id, "limit": limit, "after": after}
        with self._database.read() as session:
            found = session.all(_QUERIES["without_vectors"], asked)
        return [
            EmbeddingTask(row["id"], embedding_text(row["title"], json.loads(row["heading"]), row["text"]))
            for row in found
        ]

    def write_vectors(self, embedder_id: str, passage_ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Store vectors, shape ``(passages, dimensions)``. Passages removed meanwhile are passed over, known ones kept."""
        with self._database.transaction() as session:
            blocks.store(session, embedder_id, passage_ids, vectors)

    def free_other_vectors(self, embedder_id: str) -> int:
        """Delete the vectors of every other embedder, once ``embedder_id`` has embedded all passages; how many went."""
        freed = 0
        while not self.without_vectors(embedder_id, 1):
            with self._database.transaction() as session:
                gone, more = blocks.free_others(session, embedder_id, _FREED_AT_ONCE)
            freed += gone
            if not more:
                break
        return freed


def _move(session: Session, before: Document, item: Item) -> None:
    name = file_name(before.uri)
    named_by_file = before.title in (name.name, name.stem, name.stem.replace("_", " "), "")
    title = item.title if named_by_file or not before.passages else before.title
    kind = kind_of(before.media_type, item.uri) if before.kind else ""
    session.run(_INTAKE["move_document"], {**_of(item), "title": title, "kind": kind, "id": before.id, "at": now()})
    called = names(before.title, before.uri, before.authors, before.kind)
    if names(title, item.uri, before.authors, kind) != called:
        index_again(session, before.id)


def _of(item: Item) -> dict[str, object]:
    return {
        "uri": item.uri,
        "title": item.title,
        "size": item.size,
        "modified_at": item.modified_at,
        "fingerprint": item.fingerprint,
    }


def _gone() -> NotFound:
    return NotFound(
        N_("This source is not in the library."), hint=N_("It may have been removed. Look at the list of sources.")
    )


def _removed() -> NotFound:
    return NotFound(N_("This document is not in the library."), hint=N_("It may have been removed or moved since."))


def _document(session: Session, document_id: int) -> Document:
    row = session.one(_QUERIES["document"], {"id": document_id})
    if row is None:
        raise _removed()
    return rows.document(row)


def _same(before: Document, one: Prepared) -> bool:
    return bool(one.content_hash) and before.content_hash == one.content_hash


def _written(one: Prepared, at: str) -> dict[str, object]:
    return {
        "id": one.document_id,
        "title": one.title,
        "language": one.language,
        "media_type": one.media_type,
        "kind": one.kind,
        "dated_at": one.dated_at,
        "authors": one.authors,
        "pages": one.pages,
        "passages": len(one.pieces),
        "content_hash": one.content_hash,
        "reason": one.reason,
        "link": one.link,
        "thread": one.thread,
        "at": at,
    }


def _as_written(before: Document, one: Prepared) -> Document:
    """The document as it stands now, without asking the database again."""
    if _same(before, one):
        return replace(before, state="indexed", reason=None, hint=None, fields={})
    return replace(
        before,
        state="indexed",
        hint=None,
        fields={},
        title=one.title,
        language=one.language,
        media_type=one.media_type,
        kind=one.kind,
        dated_at=one.dated_at,
        authors=one.authors,
        pages=one.pages,
        passages=len(one.pieces),
        content_hash=one.content_hash,
        reason=one.reason,
        link=one.link,
        thread=one.thread,
    )


def _store(session: Session, batch: Sequence[Prepared]) -> None:
    """Passages and their index rows, under new numbers; what was left aside, and what is pointed at."""
    key = session.value(_INTAKE["last_passage_id"])
    kept: list[tuple[object, ...]] = []
    indexed: list[tuple[object, ...]] = []
    for one in batch:
        for ordinal, piece in enumerate(one.pieces):
            key += 1
            place = piece.locator
            heading = heading_json(place.heading)
            kept.append((key, one.document_id, ordinal, place.start, place.page, heading, piece.text))
            indexed.append((key, *one.index[ordinal]))
    session.many(_INTAKE["add_passage"], kept)
    session.many(_INTAKE["index_passage"], indexed)
    session.many(
        _INTAKE["add_aside"], [(one.document_id, aside.start, aside.text) for one in batch for aside in one.asides]
    )
    session.many(
        _INTAKE["add_link"], [(one.document_id, target, linked_name(target)) for one in batch for target in one.links]
    )


def index_again(session: Session, document_id: int) -> None:
    """Fill the index of a document from the passages that are stored; and its kind, when an older Hameau read it."""
    document = _document(session, document_id)
    if not document.kind:
        session.run(_INTAKE["note_kind"], {"id": document_id, "kind": kind_of(document.media_type, document.uri)})
    kept = [rows.passage(row) for row in session.all(_QUERIES["passages"], {"id": document_id})]
    clear_index(session, document_id)
    terms = index_rows(
        names(document.title, document.uri, document.authors, document.kind),
        document.title,
        document.language,
        [(passage.locator.heading, passage.text) for passage in kept],
    )
    session.many(_INTAKE["index_passage"], [(passage.id, *row) for passage, row in zip(kept, terms, strict=True)])
