"""The vectors of one embedder in memory: an exact scan, kept up with the file by reading only what is new.

Rows are never moved while somebody scans: growing makes a new matrix, and a scan keeps the one it began with. Knows nothing of
text; who may see what is a mask over sources and documents.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hameau.storage import Database, Queries, Session

_BATCH = 4_000
_FIRST_ROWS = 1_024
_QUERIES = Queries(Path(__file__).with_name("queries.sql"))


def pack(vector: NDArray[np.float32]) -> bytes:
    """A vector as it is stored: half precision, little endian (768 bytes for 384 numbers; cosines keep three decimals)."""
    return vector.astype("<f2").tobytes()


@dataclass(frozen=True, slots=True)
class Scope:
    """Which rows a search may see: the sources of a space, perhaps one document of them."""

    sources: frozenset[int]
    document_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Rows:
    """The first ``len(passages)`` rows of the matrix and what they belong to; never changed once made."""

    matrix: NDArray[np.float32]
    passages: NDArray[np.int64]
    documents: NDArray[np.int64]
    sources: NDArray[np.int64]
    gone: NDArray[np.bool_]
    present: frozenset[int]
    """The different sources among them."""


class VectorIndex:
    """The vectors of ``embedder_id``. ``refresh`` and ``nearest`` may be called from any thread."""

    def __init__(self, database: Database, embedder_id: str) -> None:
        self.embedder_id = embedder_id
        self._database = database
        self._lock = threading.Lock()
        self._seen = -1
        self._last = 0
        self._rows: _Rows | None = None
        self._buffer = np.empty((0, 0), np.float32)

    def __len__(self) -> int:
        rows = self._rows
        return 0 if rows is None else len(rows.passages) - int(rows.gone.sum())

    def refresh(self) -> None:
        """Take in what was written since the last time, here or by another process. Costs next to nothing when nothing was."""
        with self._lock:
            seen = self._database.data_version()
            if seen == self._seen:
                return
            with self._database.read() as session:
                while self._take(session):
                    pass
                self._drop(session)
            self._seen = seen

    def nearest(
        self, query: NDArray[np.float32], count: int, scope: Scope, also: Sequence[int] = ()
    ) -> dict[int, float]:
        """Cosines by passage id: of the ``count`` nearest rows that ``scope`` allows, and of the passages in ``also``."""
        rows = self._rows
        if rows is None or not len(rows.passages) or rows.matrix.shape[1] != query.shape[0]:
            return {}
        cosines = rows.matrix @ query
        hidden = self._hidden(rows, scope)
        if hidden is not None:
            cosines[hidden] = -np.inf
        count = min(count, len(cosines))
        best = np.argpartition(cosines, len(cosines) - count)[-count:] if count < len(cosines) else np.arange(count)
        if also:
            asked = np.flatnonzero(np.isin(rows.passages, np.asarray(also, np.int64)))
            best = np.union1d(best, asked)
        found = zip(rows.passages[best].tolist(), cosines[best].tolist(), strict=True)
        return {passage: cosine for passage, cosine in found if cosine > -2.0}

    def _hidden(self, rows: _Rows, scope: Scope) -> NDArray[np.bool_] | None:
        hidden = rows.gone if rows.gone.any() else None
        if not rows.present <= scope.sources:
            outside = ~np.isin(rows.sources, np.fromiter(scope.sources, np.int64, len(scope.sources)))
            hidden = outside if hidden is None else hidden | outside
        if scope.document_id is not None:
            outside = rows.documents != scope.document_id
            hidden = outside if hidden is None else hidden | outside
        return hidden

    def _take(self, session: Session) -> bool:
        new = session.tuples(
            _QUERIES["new_vectors"], {"embedder_id": self.embedder_id, "after": self._last, "limit": _BATCH}
        )
        if not new:
            return False
        vectors = np.frombuffer(b"".join(row[4] for row in new), "<f2").reshape(len(new), -1)
        old = self._rows
        filled = 0 if old is None else len(old.passages)
        self._grow(filled, filled + len(new), vectors.shape[1])
        self._buffer[filled : filled + len(new)] = vectors
        added = np.asarray([row[1:4] for row in new], np.int64)
        parts = (added[:, 0], added[:, 1], added[:, 2])
        if old is not None:
            kept = (old.passages, old.documents, old.sources)
            parts = tuple(np.concatenate(pair) for pair in zip(kept, parts, strict=True))  # type: ignore[assignment]
        gone = np.zeros(filled + len(new), np.bool_)
        if old is not None:
            gone[:filled] = old.gone
        present = frozenset(np.unique(added[:, 2]).tolist()) | (old.present if old else frozenset())
        self._rows = _Rows(self._buffer[: filled + len(new)], *parts, gone, present)
        self._last = int(new[-1][0])
        return len(new) == _BATCH

    def _grow(self, filled: int, wanted: int, dimensions: int) -> None:
        if wanted <= len(self._buffer):
            return
        bigger = np.empty((max(wanted, _FIRST_ROWS, len(self._buffer) * 3 // 2), dimensions), np.float32)
        if filled:
            bigger[:filled] = self._buffer[:filled]
        self._buffer = bigger

    def _drop(self, session: Session) -> None:
        """Hide the rows whose passages are gone; forget them altogether when they are many."""
        rows = self._rows
        if rows is None:
            return
        there = session.value(_QUERIES["count_vectors"], {"embedder_id": self.embedder_id})
        if there == len(self):
            return
        ids = [row[0] for row in session.tuples(_QUERIES["vector_ids"], {"embedder_id": self.embedder_id})]
        gone = ~np.isin(rows.passages, np.asarray(ids, np.int64))
        if gone.sum() * 4 < len(gone):
            self._rows = replace(rows, gone=gone)
            return
        kept = ~gone
        self._buffer = rows.matrix[kept]
        self._rows = replace(
            rows,
            matrix=self._buffer,
            passages=rows.passages[kept],
            documents=rows.documents[kept],
            sources=rows.sources[kept],
            gone=np.zeros(int(kept.sum()), np.bool_),
        )
