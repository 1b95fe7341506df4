"""The library as the other rooms see it: sources, documents, passages, search. Thread-safe; every call is short."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hameau.kit import N_, HameauError, NotFound
from hameau.library import rows
from hameau.library.erasing import ForgetAnswers, no_answers
from hameau.library.fusion import WEIGHTS, Weights
from hameau.library.intake import Intake
from hameau.library.meaning import QueryEmbedder
from hameau.library.ports import AskedSources, Item
from hameau.library.preparing import Prepared
from hameau.library.search import Query, Searcher
from hameau.library.shelves import HOME, Shelves
from hameau.library.sourcebook import SourceBook
from hameau.library.types import (
    Document,
    EmbeddingTask,
    Extracted,
    Filter,
    KnownDocument,
    SearchResults,
)
from hameau.perimeter import UNWRITTEN, Witness
from hameau.storage import Database, Queries

_QUERIES = Queries(Path(__file__).with_name("queries.sql"))


class Library(Shelves, SourceBook):
    """Documents one can search. ``embedder`` is asked for when it is needed and may say ``None``: then words alone are searched.

    ``embedder_by_id`` finds the embedder of older vectors, which serve until the current one has embedded everything.
    ``notices`` are what the parts around it want a person to know (text ids), told with the status of every space.
    ``asked`` are sources with an index of their own, asked at each search.
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
        asked: AskedSources | None = None,
    ) -> None:
        Shelves.__init__(self, database, notices)
        SourceBook.__init__(self, database, witness, forget_answers)
        self._intake = Intake(database, self.erasing.remove)
        self._searcher = Searcher(database, embedder, embedder_by_id, weights, asked=asked)

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

    def remove_documents(self, document_ids: Sequence[int]) -> None:
        """Remove some documents with all that was stored of them, in one transaction."""
        self.erasing.remove_documents(document_ids)
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
