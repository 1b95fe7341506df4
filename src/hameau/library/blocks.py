"""Vectors as they are kept: one exact row a passage, and beside it blocks of small numbers that a search scans.

A block holds the 256 passages whose ids begin with the same bits, so nothing else is needed to know whose row is whose. It is
written in the transaction of its vectors, and a trigger empties a row of it when a vector goes, whoever deleted it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hameau.storage import Queries, Session

BLOCK = 256
"""Passages a block; the table's trigger counts with it too."""
QUERIES = Queries(Path(__file__).with_name("vectors.sql"))
_LARGEST = 127


def pack(vector: NDArray[np.float32]) -> bytes:
    """A vector as it is stored: half precision, little endian (768 bytes for 384 numbers; cosines keep three decimals)."""
    return vector.astype("<f2").tobytes()


def quantise(vectors: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Rows as int8, and what to multiply each by. On vectors of a sentence embedder a cosine moves by about 0.0003."""
    scales = np.abs(vectors).max(axis=1) / np.float32(_LARGEST)
    codes = np.rint(vectors / np.maximum(scales, np.finfo(np.float32).tiny)[:, None]).astype(np.int8)
    return scales, codes


def unpacked(rows: Sequence[tuple[int, bytes]]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Passage ids and vectors of ``rows`` as they are stored."""
    ids = np.fromiter((row[0] for row in rows), np.int64, len(rows))
    return ids, np.frombuffer(b"".join(row[1] for row in rows), "<f2").reshape(len(rows), -1).astype(np.float32)


def store(session: Session, embedder_id: str, passage_ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
    """Write vectors of unit length, one a passage. Passages removed meanwhile are passed over, vectors already there kept."""
    session.run(QUERIES["know_embedder"], {"id": embedder_id})
    number = session.value(QUERIES["embedder"], {"id": embedder_id})
    stored = zip(passage_ids, map(pack, vectors), strict=True)
    session.many(QUERIES["add_vector"], [(passage_id, number, vector) for passage_id, vector in stored])
    for block, ids in groupby(sorted(passage_ids), key=lambda passage_id: passage_id // BLOCK):
        _write_block(session, number, block, list(ids))


def complete(session: Session, embedder: int, most: int) -> bool:
    """Write up to ``most`` blocks that are not there though their vectors are; whether there were any."""
    missing = [row[0] for row in session.tuples(QUERIES["without_block"], {"embedder": embedder})]
    for block in missing[:most]:
        _write_block(session, embedder, block, [])
    return bool(missing)


def free_others(session: Session, embedder_id: str, limit: int) -> tuple[int, bool]:
    """Delete some blocks or vectors of every other embedder: how many vectors went, and whether something of them is left."""
    asked = {"id": embedder_id, "limit": limit}
    if session.run(QUERIES["other_blocks"], {**asked, "limit": max(1, limit // BLOCK)}):
        return 0, True
    before = session.value(QUERIES["count_others"], asked)
    session.run(QUERIES["other_vectors"], asked)
    left = session.value(QUERIES["count_others"], asked)
    if not left:
        session.run(QUERIES["forget_others"], {"id": embedder_id})
    return before - left, left > 0


def changed(session: Session, embedder: int, after: int, limit: int) -> Iterator[tuple[int, int, bytes, bytes]]:
    """Blocks written since ``after``, oldest change first: number, stamp, scales, codes."""
    yield from session.tuples(QUERIES["changed"], {"embedder": embedder, "after": after, "limit": limit})


def _write_block(session: Session, embedder: int, block: int, passage_ids: Sequence[int]) -> None:
    """Bring a block up to what is stored of ``passage_ids``; one that is not there yet, up to all of its passages."""
    found = session.one(QUERIES["block"], {"embedder": embedder, "block": block})
    if found is None:
        first = BLOCK * block
        between = {"embedder": embedder, "first": first, "last": first + BLOCK - 1}
        rows = session.tuples(QUERIES["vectors_between"], between)
    else:
        rows = session.tuples(QUERIES["vectors_of"], {"embedder": embedder, "ids": json.dumps(passage_ids)})
    if not rows:
        return
    ids, vectors = unpacked(rows)
    scales, codes = np.zeros(BLOCK, "<f4"), np.zeros((BLOCK, vectors.shape[1]), np.int8)
    if found is not None and found["codes"]:
        scales[:] = np.frombuffer(found["scales"], "<f4")
        codes[:] = np.frombuffer(found["codes"], np.int8).reshape(BLOCK, -1)
    scales[ids % BLOCK], codes[ids % BLOCK] = quantise(vectors)
    written = {
        "embedder": embedder,
        "block": block,
        "stamp": session.value(QUERIES["next_stamp"], {"embedder": embedder}),
        "vectors": int(np.count_nonzero(scales)),
        "scales": scales.tobytes(),
        "codes": codes.tobytes(),
    }
    session.run(QUERIES["put_block"], written)
