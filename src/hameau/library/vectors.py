"""The meaning half of a search: the passages whose vectors are nearest to a question's, among those that may be seen.

All vectors are scanned as int8, then the best are compared exactly, as they stand in the file. No index has to be built or
trained: what is new is scanned at once, what is gone is gone. The scan is memory traffic (384 bytes a passage) and takes some
25 ms a million on one core; why not bits, and what else was measured, is in ``docs/decisions/0013-scale.md``.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import simsimd
from numpy.typing import NDArray

from hameau.kit import HameauError
from hameau.library.blocks import BLOCK, QUERIES, changed, complete, quantise, unpacked
from hameau.library.scope import Scope
from hameau.storage import Database

_log = logging.getLogger(__name__)
_AT_ONCE = 64
"""So many changed blocks are taken in while a person waits (16,384 passages, a few milliseconds); more in the background."""
_CHUNK = 128
"""Blocks allocated together. The system gives memory as it is filled."""
_SPARE = 64
"""Candidates of the scan beyond what was asked, for the exact comparison to choose from."""
_SHARERS = min(4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
_SHARED_FROM = 8
"""Chunks from which the scan is shared between threads: a quarter of a million passages."""
_sharing = ThreadPoolExecutor(_SHARERS, "vectors")


class _Chunk:
    """Some blocks side by side; a row that holds nothing has the scale 0."""

    def __init__(self, dimensions: int) -> None:
        self.codes = np.zeros((_CHUNK * BLOCK, dimensions), np.int8)
        self.scales = np.zeros(_CHUNK * BLOCK, np.float32)
        self.blocks = np.zeros(_CHUNK, np.int64)
        self.filled = 0


class VectorIndex:
    """The vectors of ``embedder_id``. Any thread may call any of it.

    While many vectors are being loaded (at the start of a large library) it is empty, and words alone answer; see
    :meth:`load`.
    """

    def __init__(self, database: Database, embedder_id: str) -> None:
        self.embedder_id = embedder_id
        self._database = database
        self._lock = threading.Lock()
        self._loader: threading.Thread | None = None
        self._seen = -1
        self._embedder = 0
        self._stamp = 0
        self._vectors = 0
        self._chunks: list[_Chunk] = []
        self._places: dict[int, tuple[_Chunk, int]] = {}
        self._free: list[tuple[_Chunk, int]] = []

    def __len__(self) -> int:
        return 0 if self._loader is not None else self._vectors

    def refresh(self) -> None:
        """Take in what was written since the last time, here or by another process. Costs next to nothing when nothing was."""
        with self._lock:
            if self._loader is not None:
                return
            seen = self._database.data_version()
            if seen == self._seen:
                return
            if self._behind() <= _AT_ONCE:
                while self._take():
                    pass
                self._seen = seen
                return
            self._loader = threading.Thread(target=self._load, name="vectors", daemon=True)
            self._loader.start()

    def load(self) -> None:
        """Take in everything, and wait for it."""
        self.refresh()
        loader = self._loader
        if loader is not None:
            loader.join()

    def nearest(
        self, query: NDArray[np.float32], count: int, scope: Scope, also: Sequence[int] = ()
    ) -> dict[int, float]:
        """Exact cosines by passage id: of the ``count`` nearest that ``scope`` allows, best first, and of those in ``also``."""
        chunks = list(self._chunks) if len(self) else []
        if not chunks or chunks[0].codes.shape[1] != query.shape[0]:
            return {}
        near = _nearest(chunks, query, count + _SPARE, scope)
        cosines = self.cosines(query, [*near, *(set(also) - set(near))])
        best = sorted(cosines.keys() & near, key=lambda passage: (-cosines[passage], passage))[:count]
        return {key: cosines[key] for key in [*best, *(key for key in also if key in cosines)]}

    def cosines(self, query: NDArray[np.float32], passages: Sequence[int]) -> dict[int, float]:
        """Exact cosines of those of ``passages`` that have a vector, as they stand in the file."""
        with self._database.read() as session:
            wanted = {"embedder": self._embedder, "ids": json.dumps(list(passages))}
            rows = session.tuples(QUERIES["vectors_of"], wanted)
        if not rows:
            return {}
        ids, vectors = unpacked(rows)
        return dict(zip(ids.tolist(), (vectors @ query).tolist(), strict=True))

    def _behind(self) -> int:
        """How many blocks are to be taken in. An embedder that is gone, or came back under another number, begins anew."""
        with self._database.read() as session:
            row = session.one(QUERIES["embedder"], {"id": self.embedder_id})
            if row is None or row["number"] != self._embedder or row["stamp"] < self._stamp:
                self._forget()
            if row is None:
                return 0
            self._embedder, self._vectors = row["number"], row["vectors"]
            behind = session.value(QUERIES["count_changed"], {"embedder": self._embedder, "after": self._stamp})
            if session.value(QUERIES["in_blocks"], {"embedder": self._embedder}) != self._vectors:
                return _AT_ONCE + 1  # written by an older version: some are without a block
        return int(behind)

    def _forget(self) -> None:
        self._embedder = self._stamp = self._vectors = 0
        self._chunks, self._places, self._free = [], {}, []

    def _load(self) -> None:
        try:
            while self._complete():
                pass
            while self._take():
                pass
        except HameauError as error:  # an edge: the words still answer, and the next search tries again
            _log.warning("the vectors could not be loaded: %s", error)
        finally:
            self._loader = None

    def _complete(self) -> bool:
        with self._database.read() as session:
            if session.value(QUERIES["in_blocks"], {"embedder": self._embedder}) == self._vectors:
                return False
        with self._database.transaction() as session:
            return complete(session, self._embedder, _AT_ONCE)

    def _take(self) -> bool:
        """Take in the next blocks; whether there were any."""
        with self._database.read() as session:
            found = list(changed(session, self._embedder, self._stamp, _AT_ONCE)) if self._embedder else []
        for block, stamp, scales, codes in found:
            self._put(block, scales, codes)
            self._stamp = stamp
        return bool(found)

    def _put(self, block: int, scales: bytes, codes: bytes) -> None:
        """Rows are changed where they lie: who scans them right now compares exactly afterwards anyway."""
        if not codes:
            place = self._places.pop(block, None)
            if place is not None:
                chunk, at = place
                chunk.scales[at * BLOCK : (at + 1) * BLOCK] = 0
                chunk.codes[at * BLOCK : (at + 1) * BLOCK] = 0
                self._free.append(place)
            return
        rows = np.frombuffer(codes, np.int8).reshape(BLOCK, -1)
        chunk, at = self._places.get(block) or self._place(rows.shape[1])
        self._places[block] = chunk, at
        chunk.blocks[at] = block
        chunk.codes[at * BLOCK : (at + 1) * BLOCK] = rows
        chunk.scales[at * BLOCK : (at + 1) * BLOCK] = np.frombuffer(scales, "<f4")
        chunk.filled = max(chunk.filled, at + 1)

    def _place(self, dimensions: int) -> tuple[_Chunk, int]:
        if self._free:
            return self._free.pop()
        if not self._chunks or self._chunks[-1].filled == _CHUNK:
            self._chunks.append(_Chunk(dimensions))
        return self._chunks[-1], self._chunks[-1].filled


def _nearest(chunks: Sequence[_Chunk], query: NDArray[np.float32], count: int, scope: Scope) -> list[int]:
    """About the ``count`` nearest passages that ``scope`` allows, in no order."""
    codes = quantise(query[None, :])[1]
    seen = None if scope.everything else scope.by_block(BLOCK)
    sharers = _SHARERS if len(chunks) >= _SHARED_FROM else 1
    shares = [chunks[at::sharers] for at in range(sharers)]
    scanned = (_sharing.map if sharers > 1 else map)(lambda share: _scan(share, codes, count, seen), shares)
    ids, scores = (np.concatenate(parts) for parts in zip(*scanned, strict=True))
    found: list[int] = _best(ids, scores, count)[0].tolist()
    return found


def _scan(
    chunks: Sequence[_Chunk], codes: NDArray[np.int8], count: int, seen: NDArray[np.bool_] | None
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The ``count`` nearest of ``chunks`` or some more, and how near (by a constant factor)."""
    ids: NDArray[np.int64] = np.empty(0, np.int64)
    scores: NDArray[np.float32] = np.empty(0, np.float32)
    enough = np.float32(-np.inf)
    for chunk in chunks:
        found, nearness = _scan_chunk(chunk, codes, enough, seen)
        if len(found):
            ids, scores = np.concatenate((ids, found)), np.concatenate((scores, nearness))
        if len(ids) > 2 * count:
            ids, scores = _best(ids, scores, count)
            enough = scores.min()
    return ids, scores


def _best(
    ids: NDArray[np.int64], scores: NDArray[np.float32], count: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    if len(ids) <= count:
        return ids, scores
    best = np.argpartition(scores, len(scores) - count)[-count:]
    return ids[best], scores[best]


def _scan_chunk(
    chunk: _Chunk, codes: NDArray[np.int8], enough: np.float32, seen: NDArray[np.bool_] | None
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Passages of ``chunk`` that are nearer than ``enough``, and how near."""
    filled = chunk.filled
    rows, scales, blocks = chunk.codes[: filled * BLOCK], chunk.scales[: filled * BLOCK], chunk.blocks[:filled]
    masks = None
    if seen is not None:
        masks = seen[np.minimum(blocks, len(seen) - 1)]
        some = masks.any(axis=1)
        if not some.any():
            return np.empty(0, np.int64), np.empty(0, np.float32)
        if some.mean() < 0.5:
            rows = rows.reshape(filled, BLOCK, -1)[some].reshape(-1, rows.shape[1])
            scales, masks, blocks = scales.reshape(filled, BLOCK)[some].ravel(), masks[some], blocks[some]
    nearness: NDArray[np.float32] = np.asarray(simsimd.cdist(codes, rows, "dot", out_dtype="float32"))[0]
    nearness *= scales
    wanted = nearness > enough
    if enough < 0:
        wanted &= scales > 0  # what is not there is at 0
    if masks is not None:
        wanted &= masks.ravel()
    at = np.flatnonzero(wanted)
    return blocks[at // BLOCK] * BLOCK + at % BLOCK, nearness[at]
