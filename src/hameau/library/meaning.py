"""The meaning half of a search: which embedder serves, its vectors, and the vector of a question."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hameau.kit import HameauError
from hameau.library.vectors import VectorIndex
from hameau.storage import Database

_log = logging.getLogger(__name__)
QUESTION_CHARACTERS = 2_000
"""A longer question is embedded from its two ends; a small embedder reads no more anyway."""


class QueryEmbedder(Protocol):
    """The part of an embedder that a search needs; :class:`hameau.models.Embedder` is one."""

    @property
    def id(self) -> str: ...

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


class Meaning:
    """Vectors of questions and of passages. ``embedder`` is asked at each search: ``None`` while there is none.

    ``embedder_by_id`` finds the one that made older vectors, so that they serve until a new embedder has caught up.
    """

    def __init__(
        self,
        database: Database,
        embedder: Callable[[], QueryEmbedder | None],
        embedder_by_id: Callable[[str], QueryEmbedder | None],
    ) -> None:
        self._database = database
        self._embedder = embedder
        self._embedder_by_id = embedder_by_id
        self._indexes: dict[str, VectorIndex] = {}
        self._lock = threading.Lock()

    def of(self, text: str, vectors: Mapping[str, int]) -> tuple[NDArray[np.float32] | None, VectorIndex | None]:
        """The question's vector and the index it belongs to; nothing when the meaning can't be used right now.

        ``vectors`` says how many each embedder has made. An empty text waits until all of them are loaded.
        """
        embedder = self._serving(vectors)
        if embedder is None:
            return None, None
        with self._lock:
            for other in [key for key in self._indexes if key not in vectors]:
                del self._indexes[other]
            index = self._indexes.setdefault(embedder.id, VectorIndex(self._database, embedder.id))
        if not text:
            index.load()
            return None, index
        index.refresh()
        if not len(index):
            return None, index
        try:
            return np.asarray(embedder.embed_queries([shortened(text)]), np.float32)[0], index
        except HameauError as error:  # an edge: the words still answer
            _log.warning("the question could not be embedded, words alone answer: %s", error)
            return None, None

    def load(self, vectors: Mapping[str, int]) -> None:
        """Have the vectors in memory before anybody asks."""
        embedder = self._serving(vectors)
        if embedder is not None:
            self._index(embedder.id, vectors).load()

    def _index(self, embedder_id: str, vectors: Mapping[str, int]) -> VectorIndex:
        with self._lock:
            for other in [key for key in self._indexes if key not in vectors]:
                del self._indexes[other]
            return self._indexes.setdefault(embedder_id, VectorIndex(self._database, embedder_id))

    def _serving(self, vectors: Mapping[str, int]) -> QueryEmbedder | None:
        """The embedder in use, or the one before while it still has more vectors."""
        if not vectors:
            return None
        current = self._embedder()
        if current is None or (len(vectors) == 1 and current.id in vectors):
            return current
        fullest = max(vectors, key=lambda name: (vectors[name], name == current.id))
        if fullest == current.id:
            return current
        return self._embedder_by_id(fullest) or current


def shortened(text: str) -> str:
    """The two ends of a very long question."""
    half = QUESTION_CHARACTERS // 2
    return text if len(text) <= QUESTION_CHARACTERS else f"{text[:half]} … {text[-half:]}"
