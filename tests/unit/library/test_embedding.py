"""Batches of like length, and an embedder that dies of one passage."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hameau.kit import NotEnough, Unavailable
from hameau.library.embedding import BATCH, Embedding, batches
from hameau.library.progress import Board
from hameau.library.types import EmbeddingTask


@given(st.lists(st.text(max_size=50), max_size=100))
def test_batches_hold_everything_once_by_length(texts: list[str]) -> None:
    tasks = [EmbeddingTask(number, text) for number, text in enumerate(texts)]
    made = batches(tasks)
    flat = [task for batch in made for task in batch]
    assert sorted(task.passage_id for task in flat) == list(range(len(texts)))
    assert [len(task.text) for task in flat] == sorted(len(text) for text in texts)
    assert all(len(batch) <= BATCH for batch in made)


class Shelf:
    """Passages that wait, and the vectors they got."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts, self.vectors, self.freed = dict(enumerate(texts, 1)), {}, []

    def passages_without_vectors(self, embedder_id: str, limit: int = 64, after: int = 0) -> list[EmbeddingTask]:
        missing = [one for one in self.texts if one > after and one not in self.vectors]
        return [EmbeddingTask(one, self.texts[one]) for one in missing[:limit]]

    def write_vectors(self, embedder_id: str, ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
        self.vectors.update(zip(ids, vectors, strict=True))

    @property
    def jobs(self) -> Shelf:
        return self

    def ask(self, kind: str, subject: str) -> None:
        self.freed.append(subject)

    def has_other_vectors(self, embedder_id: str) -> bool:
        return True

    def newest_passage(self) -> int:
        return max(self.texts, default=0)


class Fragile:
    """Its process dies whenever a text holds ``poison``."""

    id = "fragile"

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if any("poison" in text for text in texts):
            raise Unavailable("The process that reads passages in the background stopped.")
        return np.ones((len(texts), 2), np.float32)


def test_a_poisoned_passage_is_passed_over() -> None:
    shelf = Shelf([f"texte {number}" for number in range(300)] + ["poison"])
    work = Embedding(shelf, Fragile, Board(), threading.Event())  # type: ignore[arg-type]
    while work.work():
        pass
    assert len(shelf.vectors) == 300
    assert shelf.freed == ["fragile"]


def test_a_full_disk_is_said_while_it_lasts() -> None:
    board = Board()
    seen: list[str] = []

    class Waiting(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            seen.append(f"{board.read().phase}: {board.read().notice}")
            return False

    class Full(Shelf):
        def write_vectors(self, *anything: object) -> None:
            raise NotEnough("The disk is full.")

    assert Embedding(Full(["texte"]), Fragile, board, Waiting()).work()  # type: ignore[arg-type]
    assert seen == ["paused: The disk is full."]
    assert board.read().phase == "embedding"


def test_without_embedder_there_is_nothing_to_do() -> None:
    assert not Embedding(Shelf(["a"]), lambda: None, Board(), threading.Event()).work()  # type: ignore[arg-type]


def test_what_comes_later_is_embedded_and_only_that_is_looked_for() -> None:
    shelf = Shelf(["un", "deux"])
    asked: list[int] = []
    look = shelf.passages_without_vectors

    def seen(embedder_id: str, limit: int = 64, after: int = 0) -> list[EmbeddingTask]:
        asked.append(after)
        return look(embedder_id, limit, after)

    shelf.passages_without_vectors = seen  # type: ignore[method-assign]
    work = Embedding(shelf, Fragile, Board(), threading.Event())  # type: ignore[arg-type]
    while work.work():
        pass
    asked.clear()
    assert not work.work() and asked == [2]
    shelf.texts[3] = "trois"
    while work.work():
        pass
    assert sorted(shelf.vectors) == [1, 2, 3]
    assert shelf.freed == ["fragile", "fragile"]
