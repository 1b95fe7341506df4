"""Hybrid search: words and meaning, fused, within one space. Without vectors, or without an embedder, words alone answer."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hameau.kit import N_, BadInput, HameauError, monotonic_ms
from hameau.library import rows
from hameau.library.analysis import DEFAULT_LANGUAGE, lookups
from hameau.library.fusion import WEIGHTS, Weights, fuse
from hameau.library.types import SearchResult, SearchResults
from hameau.library.vectors import Scope, VectorIndex
from hameau.storage import Database, Queries, Session

_log = logging.getLogger(__name__)
_QUERIES = Queries(Path(__file__).with_name("queries.sql"))
_NOT_TEXT = re.compile(r"[\s\x00-\x1f\x7f\ud800-\udfff]+")
QUESTION_CHARACTERS = 2_000
"""A longer question is embedded from its two ends; a small embedder reads no more anyway."""
MOST_RESULTS = 200


class QueryEmbedder(Protocol):
    """The part of an embedder that a search needs; :class:`hameau.models.Embedder` is one."""

    @property
    def id(self) -> str: ...

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched and where."""

    text: str
    space: str
    limit: int
    source_id: str | None = None
    document_id: int | None = None


class Searcher:
    """Answers queries over ``database``. ``embedder`` is asked at each search: ``None`` while there is none.

    ``embedder_by_id`` finds the one that made older vectors, so that they serve until a new embedder has caught up.
    """

    def __init__(
        self,
        database: Database,
        embedder: Callable[[], QueryEmbedder | None],
        embedder_by_id: Callable[[str], QueryEmbedder | None],
        weights: Weights = WEIGHTS,
    ) -> None:
        self._database = database
        self._embedder = embedder
        self._embedder_by_id = embedder_by_id
        self._weights = weights
        self._indexes: dict[str, VectorIndex] = {}
        self._lock = threading.Lock()
        self._facts: tuple[int, _Facts] | None = None

    def search(self, query: Query) -> SearchResults:
        """The best passages, best first. Raises ``BadInput`` for an empty query or a limit that is none."""
        began = monotonic_ms()
        text = clean(query.text)
        if not text:
            raise BadInput(N_("The search is empty."), hint=N_("Type a word or a question."))
        if query.limit < 1:
            raise BadInput(N_("A search needs a limit of at least 1."), hint=N_("Leave the limit out, or ask for 20."))
        limit = min(query.limit, MOST_RESULTS)
        facts = self._current_facts()
        vector, index = self._question_vector(text, facts)
        with self._database.read() as session:
            by_words = self._by_words(session, text, query, facts)
            by_meaning: dict[int, float] = {}
            if index is not None and vector is not None:
                scope = facts.scope(query)
                best_words = list(by_words)[: self._weights.vector_depth]
                by_meaning = index.nearest(vector, self._weights.vector_depth, scope, also=best_words)
            found = self._load(session, fuse(by_words, by_meaning, self._weights), by_meaning, query.space, limit)
        embedder = index.embedder_id if by_meaning and index is not None else ""
        return SearchResults(query.text, monotonic_ms() - began, tuple(found), embedder)

    def warm(self) -> None:
        """Load the vectors now rather than at the first search."""
        self._question_vector("", self._current_facts())

    def _by_words(self, session: Session, text: str, query: Query, facts: _Facts) -> dict[int, float]:
        """BM25 by passage id, best first. SQLite's is negative, better is lower: turned round here."""
        languages = facts.languages(session, query.space)
        words = lookups(text, languages)
        if not words:
            return {}
        weights = self._weights
        parameters = {
            "match": " OR ".join('"' + word.replace('"', '""') + '"' for word in words),
            "title": weights.title,
            "heading": weights.heading,
            "body": weights.body,
            "space": query.space,
            "depth": weights.text_depth,
        }
        if query.source_id is None and query.document_id is None and facts.only_space(query.space):
            return {row[0]: -row[1] for row in session.tuples(_QUERIES["search_text"], parameters)}
        parameters |= {"source_id": query.source_id, "document_id": query.document_id}
        return {row[0]: -row[1] for row in session.tuples(_QUERIES["search_text_within"], parameters)}

    def _question_vector(self, text: str, facts: _Facts) -> tuple[NDArray[np.float32] | None, VectorIndex | None]:
        """The question's vector and the index it belongs to; nothing when the meaning can't be used right now."""
        embedder = self._serving(facts)
        if embedder is None:
            return None, None
        with self._lock:
            for other in [key for key in self._indexes if key not in facts.vectors]:
                del self._indexes[other]
            index = self._indexes.setdefault(embedder.id, VectorIndex(self._database, embedder.id))
        index.refresh()
        if not text or not len(index):
            return None, index
        try:
            return np.asarray(embedder.embed_queries([shortened(text)]), np.float32)[0], index
        except HameauError as error:  # an edge: the words still answer
            _log.warning("the question could not be embedded, words alone answer: %s", error)
            return None, None

    def _serving(self, facts: _Facts) -> QueryEmbedder | None:
        """The embedder in use, or the one before while it still has more vectors."""
        if not facts.vectors:
            return None
        current = self._embedder()
        if current is None or (len(facts.vectors) == 1 and current.id in facts.vectors):
            return current
        fullest = max(facts.vectors, key=lambda name: (facts.vectors[name], name == current.id))
        if fullest == current.id:
            return current
        return self._embedder_by_id(fullest) or current

    def _load(
        self, session: Session, ranked: list[tuple[int, float]], cosines: dict[int, float], space: str, limit: int
    ) -> list[SearchResult]:
        wanted = dict(ranked[: limit + limit // 4 + 5])  # a few to spare for what is being removed
        found = session.all(_QUERIES["found"], {"ids": json.dumps(list(wanted)), "space": space})
        by_id = {row["id"]: row for row in found}
        kept = [key for key in wanted if key in by_id][:limit]
        return [rows.result(by_id[key], wanted[key], cosines.get(key)) for key in kept]

    def _current_facts(self) -> _Facts:
        version = self._database.data_version()
        with self._lock:
            if self._facts is not None and self._facts[0] == version:
                return self._facts[1]
        with self._database.read() as session:
            facts = _Facts(session)
        with self._lock:
            self._facts = (version, facts)
        return facts


class _Facts:
    """Small facts about the library that hold until somebody writes."""

    def __init__(self, session: Session) -> None:
        self.sources = session.all(_QUERIES["source_numbers"])
        self.vectors = {row["embedder_id"]: row["vectors"] for row in session.all(_QUERIES["embedders"])}
        self._spaces = {row["space"] for row in session.all(_QUERIES["spaces_in_use"])}
        self._languages: dict[str, tuple[str, ...]] = {}

    def only_space(self, space: str) -> bool:
        """Does nobody else keep anything here? Then the ranking need not look at the space before it cuts."""
        return self._spaces <= {space}

    def scope(self, query: Query) -> Scope:
        seen = (row for row in self.sources if row["space"] == query.space and query.source_id in (None, row["id"]))
        return Scope(frozenset(row["number"] for row in seen), query.document_id)

    def languages(self, session: Session, space: str) -> tuple[str, ...]:
        """The languages a question is analysed in: French, then those of the documents."""
        if space not in self._languages:
            codes = [row[0] for row in session.tuples(_QUERIES["languages"], {"space": space}) if row[0]]
            self._languages[space] = tuple(dict.fromkeys([DEFAULT_LANGUAGE, *sorted(codes)]))
        return self._languages[space]


def clean(text: str) -> str:
    """``text`` on one line, without control characters or halves of characters."""
    return _NOT_TEXT.sub(" ", text).strip()


def shortened(text: str) -> str:
    """The two ends of a very long question."""
    half = QUESTION_CHARACTERS // 2
    return text if len(text) <= QUESTION_CHARACTERS else f"{text[:half]} … {text[-half:]}"
