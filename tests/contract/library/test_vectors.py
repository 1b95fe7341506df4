"""The vectors in memory, the blocks in the file and the exact rows say the same, whatever happened before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hameau.library.blocks import BLOCK, free_others, quantise, store, unpacked
from hameau.library.scope import EVERYTHING, Scope
from hameau.library.vectors import VectorIndex
from hameau.storage import Database

WIDE = 24
EMBEDDER = "e5"


def unit(count: int, seed: int = 0) -> NDArray[np.float32]:
    """Directions that lie in one half of space, as those of sentences do."""
    rows = np.random.default_rng(seed).normal(0.4, 1.0, (count, WIDE)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


class House:
    """A file with bare passages, and what is done to them."""

    def __init__(self, path: Path, passages: int) -> None:
        self.database = Database(path)
        with self.database.transaction() as session:
            session.run(
                "insert into sources (id, space, kind, uri, created_at) values ('s', 'home', 'folder', '/', '')"
            )
            session.run(
                "insert into documents (id, source_id, space, uri, updated_at) values (1, 's', 'home', 'a', '')"
            )
            rows = [(key, key - 1) for key in range(1, passages + 1)]
            session.many("insert into passages (id, document_id, ordinal, start, text) values (?, 1, ?, 0, 'x')", rows)

    def store(self, ids: list[int], vectors: NDArray[np.float32], embedder: str = EMBEDDER) -> None:
        with self.database.transaction() as session:
            store(session, embedder, ids, vectors)

    def delete(self, ids: list[int]) -> None:
        with self.database.transaction() as session:
            session.many("delete from passages where id = ?", [(key,) for key in ids])

    def exact(self) -> dict[int, NDArray[np.float32]]:
        with self.database.read() as session:
            rows = session.tuples(
                "select passage_id, vector from vectors where embedder = (select number from embedders where id = ?)",
                (EMBEDDER,),
            )
        if not rows:
            return {}
        ids, vectors = unpacked(rows)
        return dict(zip(ids.tolist(), vectors, strict=True))

    def in_blocks(self) -> dict[int, bytes]:
        found: dict[int, bytes] = {}
        with self.database.read() as session:
            for block, vectors, scales, codes in session.tuples(
                "select block, vectors, scales, codes from vector_blocks"
            ):
                there = np.flatnonzero(np.frombuffer(scales, "<f4"))
                assert len(there) == vectors
                rows = np.frombuffer(codes, np.int8).reshape(BLOCK, -1) if codes else np.zeros((BLOCK, 0), np.int8)
                assert codes or not len(there)
                found |= {BLOCK * block + int(at): rows[at].tobytes() for at in there}
                assert not rows[
                    [at for at in range(len(rows)) if at not in there]
                ].any()  # nothing is left of what went
        return found

    def agree(self) -> None:
        exact = self.exact()
        assert self.in_blocks() == {key: quantise(vector[None])[1][0].tobytes() for key, vector in exact.items()}
        with self.database.read() as session:
            counted = session.value("select coalesce(sum(vectors), 0) from embedders where id = ?", (EMBEDDER,))
        assert counted == len(exact)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "hameau.db", 1_000)
    yield house
    house.database.close()


def same(
    found: dict[int, float], exact: dict[int, NDArray[np.float32]], query: NDArray[np.float32], count: int
) -> None:
    """The cosines are those of the nearest: two passages of one vector may change places."""
    best = [float(exact[key] @ query) for key in nearest(exact, query, count)]
    assert np.allclose(list(found.values()), best, atol=1e-5)
    assert np.allclose([float(exact[key] @ query) for key in found], best, atol=1e-5)


def nearest(exact: dict[int, NDArray[np.float32]], query: NDArray[np.float32], count: int) -> list[int]:
    return sorted(exact, key=lambda key: -float(exact[key] @ query))[:count]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(["store", "delete"]), st.integers(1, 990), st.integers(1, 300), st.integers(0, 9)),
        max_size=8,
    )
)
def test_rows_blocks_and_memory_agree(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int, int]]
) -> None:
    house = House(tmp_path_factory.mktemp("vectors") / "hameau.db", 1_000)
    index = VectorIndex(house.database, EMBEDDER)
    for what, first, count, seed in steps:
        ids = list(range(first, min(first + count, 1_001)))
        if what == "store":
            house.store(ids, unit(len(ids), seed))
        else:
            house.delete(ids)
        index.refresh()
    house.agree()
    exact = house.exact()
    assert len(index) == len(exact)
    query = unit(1, 99)[0]
    same(index.nearest(query, 5, EVERYTHING), exact, query, 5)
    house.database.close()


def test_the_nearest_are_those_of_an_exact_comparison(house: House) -> None:
    house.store(list(range(1, 1_001)), unit(1_000))
    index = VectorIndex(house.database, EMBEDDER)
    index.load()
    exact = house.exact()
    for query in unit(50, seed=7):
        same(index.nearest(query, 10, EVERYTHING), exact, query, 10)


@pytest.mark.parametrize("ranges", [[(10, 20)], [(1, 300), (700, 900)], [(2, 3), (600, 601)], [(5_000, 6_000)], []])
def test_only_the_scope_is_seen(house: House, ranges: list[tuple[int, int]]) -> None:
    house.store(list(range(1, 1_001)), unit(1_000))
    index = VectorIndex(house.database, EMBEDDER)
    index.load()
    scope = Scope(*(np.asarray([pair[at] for pair in ranges], np.int64) for at in (0, 1)))
    allowed = {key for first, end in ranges for key in range(first, end)}
    exact = {key: vector for key, vector in house.exact().items() if key in allowed}
    query = unit(1, 3)[0]
    same(index.nearest(query, 10, scope), exact, query, 10)


def test_passages_asked_for_have_their_cosine_too(house: House) -> None:
    house.store(list(range(1, 501)), unit(500))
    index = VectorIndex(house.database, EMBEDDER)
    index.load()
    query = unit(1, 5)[0]
    far = nearest(house.exact(), -query, 3)
    found = index.nearest(query, 2, EVERYTHING, also=[*far, 800])
    assert set(far) <= set(found)
    assert 800 not in found  # it has no vector yet


def test_what_another_process_wrote_is_seen(house: House) -> None:
    index = VectorIndex(house.database, EMBEDDER)
    index.load()
    other = Database(house.database.path)
    with other.transaction() as session:
        store(session, EMBEDDER, [1, 2, 700], unit(3))
    index.refresh()
    assert set(index.nearest(unit(1)[0], 10, EVERYTHING)) == {1, 2, 700}
    with other.transaction() as session:
        session.run("delete from passages where id = 2")
    other.close()
    index.refresh()
    assert set(index.nearest(unit(1)[0], 10, EVERYTHING)) == {1, 700}


def test_vectors_of_an_older_version_get_their_blocks(house: House) -> None:
    house.store(list(range(1, 1_001)), unit(1_000))
    with house.database.transaction() as session:
        session.run("delete from vector_blocks where block in (0, 2)")
    index = VectorIndex(house.database, EMBEDDER)
    index.load()
    assert len(index) == 1_000
    house.agree()
    query = unit(1, 8)[0]
    same(index.nearest(query, 10, EVERYTHING), house.exact(), query, 10)


def test_many_vectors_are_loaded_while_nobody_waits(tmp_path: Path) -> None:
    many = 70 * BLOCK
    house = House(tmp_path / "hameau.db", many)
    house.store(list(range(1, many + 1)), unit(many))
    index = VectorIndex(house.database, EMBEDDER)
    index.refresh()
    assert len(index) in (0, many)  # nothing or all, never a part
    index.load()
    assert len(index) == many
    house.database.close()


def test_the_vectors_of_other_embedders_go_in_steps(house: House) -> None:
    house.store(list(range(1, 601)), unit(600), "older")
    house.store(list(range(1, 601)), unit(600))
    older = VectorIndex(house.database, "older")
    older.load()
    freed, steps, more = 0, 0, True
    while more:
        with house.database.transaction() as session:
            gone, more = free_others(session, EMBEDDER, 256)
        freed, steps = freed + gone, steps + 1
    assert freed == 600
    assert steps > 3
    with house.database.read() as session:
        assert session.tuples("select id from embedders") == [(EMBEDDER,)]
    house.agree()
    older.refresh()
    assert len(older) == 0
    assert older.nearest(unit(1)[0], 5, EVERYTHING) == {}
