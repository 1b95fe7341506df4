"""The library as the other rooms see it: sources, documents, passages, search. Thread-safe; every call is short."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hameau.kit import N_, BadInput, Conflict, HameauError, NotFound, new_id, now
from hameau.library import rows
from hameau.library.erasing import Erasing, ForgetAnswers, no_answers
from hameau.library.fusion import WEIGHTS, Weights
from hameau.library.intake import Intake
from hameau.library.jobs import OF_A_SOURCE, SYNC, Job, Jobs, ask, done
from hameau.library.meaning import QueryEmbedder
from hameau.library.ports import Item, PartlyUnavailable
from hameau.library.preparing import Prepared
from hameau.library.search import Query, Searcher
from hameau.library.types import (
    Document,
    DocumentState,
    EmbeddingTask,
    Extracted,
    Filter,
    KnownDocument,
    LibraryStatus,
    Passage,
    SearchResults,
    Source,
)
from hameau.perimeter import UNWRITTEN, Kind, Witness
from hameau.storage import Database, Queries

HOME = "home"
"""The space of one machine with one person."""
_QUERIES = Queries(Path(__file__).with_name("queries.sql"))


class Library:
    """Documents one can search. ``embedder`` is asked for when it is needed and may say ``None``: then words alone are searched.

    ``embedder_by_id`` finds the embedder of older vectors, which serve until the current one has embedded everything.
    ``notices`` are what the parts around it want a person to know (text ids), told with the status of every space.
    """

    def __init__(
        self,
        database: Database,
        embedder: Callable[[], QueryEmbedder | None] = lambda: None,
        embedder_by_id: Callable[[str], QueryEmbedder | None] = lambda _: None,
        weights: Weights = WEIGHTS,
        notices: Callable[[], Sequence[str]] = tuple,
        witness: Witness = UNWRITTEN,
        forget_answers: ForgetAnswers = no_answers,
    ) -> None:
        self._database = database
        self.jobs = Jobs(database, self._changed)
        """What the background work has yet to do."""
        self._intake = Intake(database)
        self.erasing = Erasing(database, self.jobs, witness, forget_answers)
        """Deletion down to the last byte."""
        self._searcher = Searcher(database, embedder, embedder_by_id, weights)
        self._listeners: list[Callable[[], None]] = []
        self._listeners_lock = threading.Lock()
        self._notices = notices
        self._witness = witness
        self._status: dict[str, tuple[int, LibraryStatus]] = {}

    # Search

    def search(
        self,
        query: str,
        *,
        limit: int = 20,
        space: str = HOME,
        source_id: str | None = None,
        document_id: int | None = None,
        only: Filter | None = None,
        everywhere: bool = False,
    ) -> SearchResults:
        """The passages of ``space`` that fit ``query`` best, at most ``limit`` (200 at most), perhaps of one source or document,
        or of the documents that ``only`` allows.

        What the query says of documents (« dans mes courriels de mars ») binds too, and is told in ``understood``; with
        ``everywhere`` it is words like the others. Raises ``BadInput`` for an empty query. No syntax: every character may
        stand in a query, of any length.
        """
        bound = only or Filter()
        if source_id is not None or document_id is not None:
            sources = frozenset({source_id}) if source_id else bound.sources
            bound = replace(bound, sources=sources, document_id=document_id or bound.document_id)
        return self._searcher.search(Query(query, space, limit, bound, everywhere))

    def warm(self) -> None:
        """Load the vectors into memory now, so that the first search need not."""
        self._searcher.warm()

    def term_weights(self, terms: Sequence[str]) -> dict[str, float]:
        """How telling each term is: its inverse document frequency, ``ln(1 + (N - n + 0.5) / (n + 0.5))``.

        ``N`` counts passages, ``n`` those that hold the term; a term that stands nowhere has the largest weight
        (Robertson and Zaragoza, 2009, "The Probabilistic Relevance Framework: BM25 and Beyond", section 3).
        """
        with self._database.read() as session:
            total = int(session.value(_QUERIES["passage_total"]))
            counts = dict(session.tuples(_QUERIES["term_counts"], {"terms": json.dumps(list(terms))}))
        return {term: math.log(1 + (total - counts.get(term, 0) + 0.5) / (counts.get(term, 0) + 0.5)) for term in terms}

    # Sources

    def add_source(
        self, kind: str, uri: str, *, space: str = HOME, title: str = "", settings: Mapping[str, object] | None = None
    ) -> Source:
        """A new source, wanting its first sync; the one already there when it is known. ``uri`` is canonical already.

        A removal of the same address that was cut short is finished first. Raises ``BadInput`` without an address,
        ``NotFound`` for a space that is not there, ``Conflict`` while somebody removes one of this address right now.
        """
        if not uri.strip():
            raise BadInput(N_("A source needs an address."), hint=N_("Give the path of a folder or of a file."))
        asked = {"space": space, "kind": kind, "uri": uri}
        with self._database.read() as session:
            before = session.one(_QUERIES["source_by_uri"], asked)
        if before is not None and before["state"] == "removing":
            self.resume_removals()
        with self._database.transaction(durable=True) as session:
            if session.one(_QUERIES["space_there"], {"space": space}) is None:
                raise NotFound(
                    N_("There is no space “{space}”."),
                    hint=N_("Leave the space out to use the one of this house."),
                    space=space,
                )
            known = session.one(_QUERIES["source_by_uri"], asked)
            if known is None:
                source_id = new_id("src")
                extras = {"title": title, "settings": json.dumps(dict(settings or {})), "created_at": now()}
                session.run(_QUERIES["add_source"], {**asked, **extras, "id": source_id})
                ask(session, SYNC, source_id)
            elif known["state"] == "removing":
                raise Conflict(N_("This source is still being removed."), hint=N_("Wait a moment, then add it again."))
            else:
                source_id = known["id"]
                ask(session, SYNC, source_id)
        if known is None:
            self._witness.record(Kind.SOURCE_ADDED, source=uri, type=kind, space=space)
        self._changed()
        return self.source(source_id)

    def source_ids(self) -> list[str]:
        """The ids of the sources of every space."""
        with self._database.read() as session:
            return [row["id"] for row in session.all(_QUERIES["source_ids"])]

    def sources(self, space: str = HOME) -> list[Source]:
        """The sources of ``space``, oldest first, with their counts."""
        with self._database.read() as session:
            return [rows.source(row) for row in session.all(_QUERIES["sources"], {"space": space})]

    def source(self, source_id: str) -> Source:
        """One source. Raises ``NotFound``."""
        with self._database.read() as session:
            row = session.one(_QUERIES["source"], {"id": source_id})
        if row is None:
            raise NotFound(
                N_("This source is not in the library."),
                hint=N_("It may have been removed. Look at the list of sources."),
            )
        return rows.source(row)

    def remove_source(self, source_id: str) -> None:
        """Remove a source with its documents, passages, index rows and vectors. Raises ``NotFound``."""
        gone = self.source(source_id)
        self.erasing.remove_source(source_id)
        self._witness.record(Kind.SOURCE_REMOVED, documents=gone.documents, space=gone.space)
        self._changed()

    def resume_removals(self) -> int:
        """Finish the removals that a kill interrupted; call it once at start."""
        finished = self.erasing.resume_removals()
        if finished:
            self._changed()
        return finished

    # Forgetting

    def forget_document(self, document_id: int, *, keep_out: bool = True) -> tuple[str, ...]:
        """Forget a document with every trace: text, index, vectors, what answers took from it, what the journal says of it.

        Its file, if it is still there, is not read again while ``keep_out`` holds (:meth:`let_back`). The last bytes of its
        words leave the library's own file by a job, see :meth:`Erasing.step`. Returns the places of other documents with the
        same content, which stay. Raises ``NotFound``.
        """
        copies = self.erasing.forget_document(document_id, keep_out=keep_out)
        self._changed()
        return copies

    def kept_out(self, source_id: str) -> int:
        """How many files a person keeps out of a source."""
        return len(self.erasing.exclusions(source_id))

    def let_back(self, source_id: str, uri: str = "") -> int:
        """Let a file that was kept out back into its source, or without ``uri`` all of them; how many there were."""
        count = self.erasing.let_back(source_id, uri)
        self._changed()
        return count

    def refresh_text_index(self) -> bool:
        """One step of bringing an older text index up to this version; whether there is more to do."""
        more = self._intake.refresh_text_index()
        if more:
            self._changed()
        return more

    def request_sync(self, source_id: str) -> None:
        """Ask for a source to be read again, by whichever process indexes. Raises ``NotFound``."""
        with self._database.transaction() as session:
            if session.one(_QUERIES["source_there"], {"id": source_id}) is None:
                raise NotFound(
                    N_("This source is not in the library."),
                    hint=N_("It may have been removed. Look at the list of sources."),
                )
            ask(session, SYNC, source_id)
        self._changed()

    def sources_to_sync(self) -> list[Source]:
        """Sources of every space for which a sync was asked and not yet done."""
        with self._database.read() as session:
            ids = [row["id"] for row in session.all(_QUERIES["sources_wanted"], {"at": now()})]
        return [self.source(source_id) for source_id in ids]

    def begin_sync(self, source_id: str) -> list[Job]:
        """Note that a sync begins; the jobs that it does, to give to :meth:`end_sync`. A request that comes meanwhile stays."""
        with self._database.transaction() as session:
            session.run(_QUERIES["begin_sync"], {"id": source_id})
        self._changed()
        return self.jobs.of(source_id, OF_A_SOURCE)

    def end_sync(
        self,
        source_id: str,
        served: Sequence[Job],
        error: HameauError | None = None,
        read: int = 0,
        failed: int = 0,
        removed: int = 0,
    ) -> None:
        """Note that the sync is over, with what went wrong for the source as a whole, and how many documents it read, could
        not read, and took out."""
        ended = {
            "id": source_id,
            "at": now(),
            "state": "ready" if error is None or isinstance(error, PartlyUnavailable) else "failed",
            "error": error.message if error else None,
            "hint": (error.hint or None) if error else None,
            "fields": rows.fields(error.fields) if error else "{}",
        }
        with self._database.transaction() as session:
            session.run(_QUERIES["end_sync"], ended)
            done(session, served)
        self._indexed(source_id, read, failed, removed)

    def end_look(self, source_id: str, served: Sequence[Job], read: int = 0, failed: int = 0, removed: int = 0) -> None:
        """Note that changed places were looked at: the rest of the source is as it was."""
        self.jobs.done(served)
        self._indexed(source_id, read, failed, removed)

    def note_mounts(self, source_id: str, mounts: Sequence[str]) -> None:
        """Remember which disks and shares are mounted inside a source, so that nothing is forgotten when one is away."""
        with self._database.transaction() as session:
            session.run(_QUERIES["note_mounts"], {"id": source_id, "mounts": json.dumps(sorted(mounts))})

    # Documents and passages

    def documents(
        self,
        source_id: str | None = None,
        *,
        space: str | None = HOME,
        state: DocumentState | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[Document]:
        """Documents by title, of a source or of a whole space; ``space=None`` with a ``source_id`` takes its own."""
        asked = {"source_id": source_id, "space": None if source_id else space, "state": state}
        with self._database.read() as session:
            found = session.all(_QUERIES["documents"], {**asked, "limit": max(0, limit), "offset": max(0, offset)})
        return [rows.document(row) for row in found]

    def document(self, document_id: int) -> Document:
        """One document. Raises ``NotFound``."""
        with self._database.read() as session:
            row = session.one(_QUERIES["document"], {"id": document_id})
        if row is None:
            raise NotFound(
                N_("This document is not in the library."), hint=N_("It may have been removed or moved since.")
            )
        return rows.document(row)

    def text(self, document_id: int) -> str:
        """The whole text as it was extracted: locators count in it."""
        with self._database.read() as session:
            return "".join(row[0] for row in session.tuples(_QUERIES["text"], {"id": document_id}))

    def passages(self, document_id: int) -> list[Passage]:
        """The passages of a document, in order."""
        with self._database.read() as session:
            return [rows.passage(row) for row in session.all(_QUERIES["passages"], {"id": document_id})]

    def passage(self, passage_id: int) -> Passage:
        """One passage. Raises ``NotFound``."""
        with self._database.read() as session:
            row = session.one(_QUERIES["passage"], {"id": passage_id})
        if row is None:
            raise NotFound(
                N_("This passage is not in the library any more."),
                hint=N_("The document has changed since. Search again."),
            )
        return rows.passage(row)

    # How far the library is

    def status(self, space: str = HOME) -> LibraryStatus:
        """Counts for ``space``, and what there is to say of the whole house; cheap to ask again and again."""
        counted = self._counted(space)
        return replace(counted, notices=tuple(dict.fromkeys((*self._notices(), *counted.notices))))

    def _counted(self, space: str) -> LibraryStatus:
        version = self._database.data_version()
        kept = self._status.get(space)
        if kept is not None and kept[0] == version:
            return kept[1]
        with self._database.read() as session:
            counts = {row["state"]: row for row in session.all(_QUERIES["status"], {"space": space})}
            embedded = session.value(_QUERIES["embedded_passages"], {"space": space})
            notices = tuple(row["reason"] for row in session.all(_QUERIES["doubts"], {"space": space}))
        documents = {state: row["documents"] for state, row in counts.items()}
        status = LibraryStatus(
            documents=sum(documents.values()),
            passages=sum(row["passages"] for row in counts.values()),
            embedded_passages=int(embedded or 0),
            pending=documents.get("pending", 0),
            failed=documents.get("failed", 0),
            notices=notices,
        )
        self._status[space] = (version, status)
        return status

    def failures(self, space: str = HOME, limit: int = 1000) -> list[Document]:
        """The documents that could not be read, with the reason."""
        return self.documents(space=space, state="failed", limit=limit)

    def generation(self) -> int:
        """A number that changes whenever anybody, in any process, has written. For pages that poll."""
        return self._database.data_version()

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener``, quickly and from any thread, after each change made by this process; what comes back ends it."""
        with self._listeners_lock:
            self._listeners.append(listener)

        def stop() -> None:
            with self._listeners_lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return stop

    # Intake: for the indexer

    def known(self, source_id: str) -> dict[str, KnownDocument]:
        """What is known of a source's documents, by URI."""
        return self._intake.known(source_id)

    def known_below(self, source_id: str, uris: Sequence[str]) -> dict[str, KnownDocument]:
        """What is known of the documents at some URIs and below them, by URI."""
        asked = {"source_id": source_id, "uris": json.dumps(list(uris))}
        with self._database.read() as session:
            return {row["uri"]: rows.known(row) for row in session.all(_QUERIES["known_below"], asked)}

    def pending(self, source_id: str | None = None, limit: int = 100) -> list[Document]:
        """Documents that wait for their text, oldest first."""
        return self._intake.pending(source_id, limit)

    def begin_document(self, source_id: str, item: Item) -> Document:
        """Note that ``item`` is to be read; what was stored before stays searchable meanwhile. Raises ``NotFound`` for an
        unknown source, and for what is kept out of it."""
        for document in self.begin_documents(source_id, [item]):
            return document
        raise NotFound(
            N_("A file that you had forgotten is kept out of this source."), hint=N_("Let it back first, to read it.")
        )

    def begin_documents(self, source_id: str, items: Sequence[Item]) -> list[Document]:
        """Note that ``items``, each of its own URI, are to be read, in one transaction. Those that are kept out are missing in
        what comes back. Raises ``NotFound``."""
        documents = self._intake.begin_documents(source_id, items)
        self._changed()
        return documents

    def keep_document(self, document_id: int) -> None:
        """The content is what it was: indexed, as before."""
        self.keep_documents([document_id])

    def keep_documents(self, document_ids: Sequence[int]) -> None:
        """The contents are what they were, in one transaction."""
        self._intake.keep_documents(document_ids)
        self._changed()

    def write_document(self, document_id: int, extracted: Extracted, content_hash: str = "") -> Document:
        """Store the text of a document in one transaction; nothing is written again for the same ``content_hash``."""
        document = self._intake.write_document(document_id, extracted, content_hash)
        self._changed()
        return document

    def write_documents(self, batch: Sequence[Prepared]) -> list[Document]:
        """Store the texts of documents that :func:`hameau.library.preparing.prepare` made ready, all in one transaction.

        A document that was removed meanwhile is passed over and missing in what comes back.
        """
        documents = self._intake.write_documents(batch)
        self._changed()
        return documents

    def fail_document(self, document_id: int, error: HameauError) -> None:
        """Keep why a document could not be read."""
        self._intake.fail_document(document_id, error)
        self._changed()

    def move_documents(self, moves: Sequence[tuple[int, Item]], replaced: Sequence[int] = ()) -> None:
        """The same contents stand at other places now, where ``replaced`` ones are no more; all of it at once."""
        with self._database.transaction():
            for document_id in replaced:
                self.erasing.remove_document(document_id)
            self._intake.move_documents(moves)
        self._changed()

    def rebase(self, before: str, after: str) -> None:
        """Files and sources below the folder ``before`` are below ``after`` now: a home that was restored elsewhere."""
        if before == after:
            return
        with self._database.transaction(durable=True) as session:
            for name in ("rebase_sources", "rebase_documents"):
                session.run(_QUERIES[name], {"before": before, "after": after})
        self._changed()

    def remove_document(self, document_id: int) -> None:
        """Remove a document with all that was stored of it."""
        self.erasing.remove_document(document_id)
        self._changed()

    def newest_passage(self) -> int:
        """The id of the passage that was written last, 0 when there is none; later ones are greater."""
        with self._database.read() as session:
            return int(session.value(_QUERIES["newest_passage"]) or 0)

    def passages_without_vectors(self, embedder_id: str, limit: int = 64, after: int = 0) -> list[EmbeddingTask]:
        """Passages that ``embedder_id`` has not embedded yet, with the text to embed."""
        return self._intake.without_vectors(embedder_id, limit, after)

    def write_vectors(self, embedder_id: str, passage_ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Store the vectors of passages, rows of unit length."""
        self._intake.write_vectors(embedder_id, passage_ids, vectors)
        self._changed()

    def has_other_vectors(self, embedder_id: str) -> bool:
        """Whether there are vectors of another embedder."""
        with self._database.read() as session:
            return session.one(_QUERIES["other_vectors_there"], {"embedder_id": embedder_id}) is not None

    def free_other_vectors(self, embedder_id: str) -> int:
        """Once ``embedder_id`` has embedded everything, delete the vectors of the others; how many went."""
        return self._intake.free_other_vectors(embedder_id)

    def _indexed(self, source_id: str, read: int, failed: int, removed: int) -> None:
        if read or removed:
            uri = self.source(source_id).uri
            self._witness.record(Kind.INDEXED, source=uri, documents=read, failed=failed, removed=removed)
        self._changed()

    def _changed(self) -> None:
        with self._listeners_lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener()
