"""Writing to the library: each document in one transaction, so that its row, passages and index agree or nothing happened.

The indexer calls these; it decides what to read and when, this decides what is kept. Every step can be done twice, or be cut
short by a kill, without harm.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from hameau.kit import N_, HameauError, NotFound, now
from hameau.library import rows
from hameau.library.analysis import DEFAULT_LANGUAGE, VERSION, index_terms, terms
from hameau.library.language import detect
from hameau.library.passages import Piece, embedding_text, passages
from hameau.library.ports import Item
from hameau.library.types import Document, EmbeddingTask, Extracted, KnownDocument
from hameau.library.vectors import pack
from hameau.storage import Database, Queries, Session

_QUERIES = Queries(Path(__file__).with_name("queries.sql"))
_FIRST_HEADING = re.compile(r"\A\s{0,20}#{1,2}[ \t]+([^\n]{1,200}?)[ \t]*#*[ \t]*(?:\n|\Z)")
_FIRST_LINE = re.compile(r"\A\s{0,20}([^\n]{2,120}?)[ \t]*\n[ \t]*\n")
_REMOVED_AT_ONCE = 50
_REFRESHED_AT_ONCE = 20


class Intake:
    """The writing half of the library over ``database``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, source_id: str) -> dict[str, KnownDocument]:
        """What is known of a source's documents, by URI."""
        with self._database.read() as session:
            return {row["uri"]: rows.known(row) for row in session.all(_QUERIES["known"], {"source_id": source_id})}

    def pending(self, source_id: str | None = None, limit: int = 100) -> list[Document]:
        """Documents that wait for their text, oldest first."""
        with self._database.read() as session:
            found = session.all(_QUERIES["pending"], {"source_id": source_id, "limit": limit})
        return [rows.document(row) for row in found]

    def begin_document(self, source_id: str, item: Item) -> Document:
        """Note that ``item`` is to be read. Its passages of before, if any, stay searchable until the new ones are written."""
        with self._database.transaction() as session:
            if session.value(_QUERIES["sync_wanted"], {"id": source_id}) is None:
                raise _gone()
            row = session.one(_QUERIES["begin_document"], {**_of(item), "source_id": source_id, "at": now()})
            return _document(session, row["id"] if row else 0)

    def keep_document(self, document_id: int) -> None:
        """The content is what it was: the passages stay."""
        with self._database.transaction() as session:
            session.run(_QUERIES["keep_document"], {"id": document_id, "at": now()})

    def write_document(
        self, document_id: int, extracted: Extracted, content_hash: str, pieces: Sequence[Piece] | None = None
    ) -> Document:
        """Store the text of a document: passages, index rows and state in one transaction.

        Nothing is written again when ``content_hash`` is that of the passages already there. A warning of the extractor
        becomes the document's ``reason``. ``pieces`` are given where the text is cut already. Raises ``NotFound`` when the
        document has been removed meanwhile.
        """
        if pieces is None:
            pieces = passages(extracted.text, extracted.pages)
        language = extracted.language or detect(extracted.text)
        bodies = _bodies([piece.text for piece in pieces], language)  # the long part, before anybody waits for the lock
        with self._database.transaction() as session:
            before = _document(session, document_id)
            if content_hash and before.content_hash == content_hash:
                session.run(_QUERIES["keep_document"], {"id": document_id, "at": now()})
                return _document(session, document_id)
            title = _title(extracted, before)
            _clear(session, document_id)
            ids = _store(session, document_id, pieces)
            _index(
                session,
                replace(before, title=title, language=language),
                ids,
                [p.locator.heading for p in pieces],
                bodies,
            )
            written = {
                "id": document_id,
                "title": title,
                "language": language,
                "media_type": extracted.media_type,
                "pages": len(extracted.pages) or None,
                "passages": len(pieces),
                "content_hash": content_hash,
                "reason": extracted.warnings[0] if extracted.warnings else None,
                "hint": None,
                "fields": "{}",
                "at": now(),
            }
            session.run(_QUERIES["write_document"], written)
            return _document(session, document_id)

    def fail_document(self, document_id: int, error: HameauError) -> None:
        """Keep why a document could not be read; what was stored of an older content goes."""
        why = {"reason": error.message, "hint": error.hint or None, "fields": rows.fields(error.fields)}
        with self._database.transaction() as session:
            _clear(session, document_id)
            session.run(_QUERIES["fail_document"], {**why, "id": document_id, "at": now()})

    def move_document(self, document_id: int, item: Item) -> None:
        """The same content stands at another place now; its passages and vectors stay, its new name is found."""
        with self._database.transaction() as session:
            before = _document(session, document_id)
            name = _file_name(before.uri)
            named_by_file = before.title in (name.name, name.stem, "")
            title = item.title if named_by_file or not before.passages else before.title
            session.run(_QUERIES["move_document"], {**_of(item), "title": title, "id": document_id, "at": now()})
            _index_again(session, document_id)

    def remove_document(self, document_id: int) -> None:
        """Remove a document with its passages, index rows and vectors. Twice is fine."""
        with self._database.transaction() as session:
            _remove(session, document_id)

    def remove_source(self, source_id: str) -> None:
        """Remove a source and all its documents. It disappears from every list at once; a kill in the middle is resumed."""
        with self._database.transaction() as session:
            if not session.run(_QUERIES["mark_source_removing"], {"id": source_id}):
                raise _gone()
        self._finish_removal(source_id)

    def resume_removals(self) -> int:
        """Finish what a kill interrupted; how many sources were still there."""
        with self._database.read() as session:
            ids = [row["id"] for row in session.all(_QUERIES["sources_removing"])]
        for source_id in ids:
            self._finish_removal(source_id)
        return len(ids)

    def refresh_text_index(self) -> bool:
        """Index some documents anew when another version of the analysis indexed them; whether there is more to do.

        From the stored passages, no file is read. How far it is stands in ``settings``, so a kill only delays it; documents
        written meanwhile are of this version already.
        """
        with self._database.read() as session:
            at = json.loads(session.value(_QUERIES["text_index"]) or "{}")
        if at == {"version": VERSION}:
            return False
        after = at.get("after", 0) if at.get("version") == VERSION else 0
        with self._database.transaction() as session:
            asked = {"after": after, "limit": _REFRESHED_AT_ONCE}
            ids = [row["id"] for row in session.all(_QUERIES["documents_after"], asked)]
            for document_id in ids:
                _index_again(session, document_id)
            now_at = {"version": VERSION, "after": ids[-1]} if ids else {"version": VERSION}
            session.run(_QUERIES["note_text_index"], {"value": json.dumps(now_at)})
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
        stored = [
            {"passage_id": passage_id, "embedder_id": embedder_id, "vector": pack(vector)}
            for passage_id, vector in zip(passage_ids, vectors, strict=True)
        ]
        with self._database.transaction() as session:
            session.many(_QUERIES["add_vector"], stored)

    def free_other_vectors(self, embedder_id: str) -> int:
        """Delete the vectors of every other embedder, once ``embedder_id`` has embedded all passages; how many went."""
        freed = 0
        while not self.without_vectors(embedder_id, 1):
            with self._database.transaction() as session:
                gone = session.run(_QUERIES["delete_other_vectors"], {"embedder_id": embedder_id, "limit": 2_000})
            freed += gone
            if not gone:
                break
        return freed

    def _finish_removal(self, source_id: str) -> None:
        while True:
            with self._database.transaction() as session:
                asked = {"source_id": source_id, "limit": _REMOVED_AT_ONCE}
                ids = [row["id"] for row in session.all(_QUERIES["some_documents_of_source"], asked)]
                for document_id in ids:
                    _remove(session, document_id)
                if not ids:
                    session.run(_QUERIES["delete_source"], {"id": source_id})
                    return


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


def _document(session: Session, document_id: int) -> Document:
    row = session.one(_QUERIES["document"], {"id": document_id})
    if row is None:
        raise NotFound(N_("This document is not in the library."), hint=N_("It may have been removed or moved since."))
    return rows.document(row)


def _clear(session: Session, document_id: int) -> None:
    session.run(_QUERIES["delete_index_of_document"], {"id": document_id})
    session.run(_QUERIES["delete_passages"], {"id": document_id})


def _remove(session: Session, document_id: int) -> None:
    _clear(session, document_id)
    session.run(_QUERIES["delete_document"], {"id": document_id})


def _bodies(texts: Sequence[str], language: str) -> list[str]:
    return [" ".join(index_terms(text, language or DEFAULT_LANGUAGE)) for text in texts]


def _store(session: Session, document_id: int, pieces: Sequence[Piece]) -> list[int]:
    first = session.value(_QUERIES["last_passage_id"]) + 1
    ids = list(range(first, first + len(pieces)))
    session.many(
        _QUERIES["add_passage"],
        [
            (
                key,
                document_id,
                key - first,
                place.start,
                place.page,
                json.dumps(place.heading, ensure_ascii=False),
                text,
            )
            for key, place, text in ((key, piece.locator, piece.text) for key, piece in zip(ids, pieces, strict=True))
        ],
    )
    return ids


def _index(
    session: Session, document: Document, ids: Sequence[int], headings: Sequence[tuple[str, ...]], bodies: Sequence[str]
) -> None:
    language = document.language or DEFAULT_LANGUAGE
    title = " ".join(index_terms(_names(document.title, document.uri), language))
    above = {
        heading: " ".join(index_terms("\n".join(part for part in heading if part != document.title), language))
        for heading in set(headings)
    }
    session.many(
        _QUERIES["index_passage"],
        [(key, title, above[heading], body) for key, heading, body in zip(ids, headings, bodies, strict=True)],
    )


def _index_again(session: Session, document_id: int) -> None:
    """Fill the index of a document from the passages that are stored."""
    document = _document(session, document_id)
    kept = [rows.passage(row) for row in session.all(_QUERIES["passages"], {"id": document_id})]
    session.run(_QUERIES["delete_index_of_document"], {"id": document_id})
    bodies = _bodies([passage.text for passage in kept], document.language)
    _index(session, document, [passage.id for passage in kept], [passage.locator.heading for passage in kept], bodies)


def _file_name(uri: str) -> PurePosixPath:
    return PurePosixPath(unquote(uri, errors="replace"))


def _names(title: str, uri: str) -> str:
    """The title, and what the file's name adds to it: « facture_edf_2023.pdf » is found by « facture »."""
    said = set(terms(title))
    added = [word for word in re.split(r"[\W_]+", _file_name(uri).stem) if word and not said.issuperset(terms(word))]
    return " ".join([title, *added])


def _title(extracted: Extracted, document: Document) -> str:
    """What the file calls itself, else its first heading or a first line set apart, else what the source calls it."""
    if extracted.title.strip():
        return extracted.title.strip()
    found = _FIRST_HEADING.match(extracted.text)
    if found is None and extracted.media_type in ("", "text/plain"):
        found = _FIRST_LINE.match(extracted.text)
        if found is not None and found[1].rstrip()[-1:] in (".", ",", ";", ":"):
            found = None
    return found[1].strip() if found else document.title
