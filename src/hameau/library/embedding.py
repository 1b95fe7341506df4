"""Vectors in the background: passages that have none yet, a batch at a time. Knows no engine; stops between batches."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hameau.kit import Missing, NotEnough, Unavailable
from hameau.library.jobs import FREE_VECTORS
from hameau.library.library import Library
from hameau.library.progress import Board
from hameau.library.types import EmbeddingTask

logger = logging.getLogger(__name__)

FETCH = 256
"""Passages looked at together: enough to find neighbours of like length, few enough to stay near the newest state."""
BATCH = 32
"""Passages embedded and written together. A kill loses one such batch at most, and it is embedded again."""
_RETRY_SECONDS = 5.0


class PassageEmbedder(Protocol):
    """What the background needs of an embedder; ``hameau.models.BackgroundEmbedder`` is one."""

    @property
    def id(self) -> str: ...

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


class Embedding:
    """Embeds what has no vector. ``embedder`` is asked each time, so that another model takes over without a restart."""

    def __init__(
        self,
        library: Library,
        embedder: Callable[[], PassageEmbedder | None],
        board: Board,
        stopping: threading.Event,
    ) -> None:
        self._library, self._embedder, self._board, self._stopping = library, embedder, board, stopping
        self._after = 0
        self._whole = ""
        """The embedder that has been found to have embedded everything up to ``_after``: only what is newer can lack."""
        self._refused: set[int] = set()

    def work(self) -> bool:
        """Embeds the next passages; whether there was anything to do."""
        try:
            embedder = self._embedder()
            if embedder is None:
                return False
            newest = self._library.newest_passage()
            tasks = self._next(embedder.id)
            if not tasks:
                self._complete(embedder.id, newest)
                self._board.embedding(False)
                return False
            self._board.embedding(True)
            for batch in batches(tasks):
                if self._stopping.is_set():
                    return False
                self._embed(embedder, batch)
        except Missing as error:
            logger.info("no vectors: %s", error)
            self._board.embedding(False)
            return False
        except (NotEnough, Unavailable) as error:
            logger.warning("vectors stand still: %s", error)
            self._after, self._whole = 0, ""
            self._board.phase("paused", error.message, error.hint)  # a page or a terminal says so
            self._stopping.wait(_RETRY_SECONDS)
            self._board.phase("idle")
        return True

    def _complete(self, embedder_id: str, newest: int) -> None:
        """Everything has its vector: those of other embedders may go, which is asked for once."""
        self._after = newest
        if self._whole != embedder_id:
            if self._library.has_other_vectors(embedder_id):
                self._library.jobs.ask(FREE_VECTORS, embedder_id)
            self._whole = embedder_id

    def _next(self, embedder_id: str) -> list[EmbeddingTask]:
        """Passages behind the last ones, then once more from the beginning: some may have been passed over.

        Once nothing was found to lack, only passages that are newer are looked for: their numbers never fall, and a library
        of a million passages is not gone through every second.
        """
        if self._whole and self._whole != embedder_id:
            self._after, self._whole = 0, ""
        last_round = self._after == 0 or bool(self._whole)
        while True:
            found = self._library.passages_without_vectors(embedder_id, FETCH, self._after)
            if found:
                self._after = found[-1].passage_id
            elif last_round:
                return []
            else:
                self._after, last_round = 0, True
            if tasks := [task for task in found if task.passage_id not in self._refused]:
                self._whole = ""  # whatever becomes of these: only a round that finds nothing says that nothing lacks
                return tasks

    def _embed(self, embedder: PassageEmbedder, batch: Sequence[EmbeddingTask]) -> None:
        try:
            vectors = embedder.embed_passages([task.text for task in batch])
        except Unavailable:
            if self._stopping.is_set():
                return
            if len(batch) == 1:  # the process died of this very passage: words find it all the same
                logger.exception("passage %d can't be embedded", batch[0].passage_id)
                self._refused.add(batch[0].passage_id)
                return
            for task in batch:
                self._embed(embedder, [task])
            return
        self._library.write_vectors(embedder.id, [task.passage_id for task in batch], vectors)
        self._board.embedded(len(batch))


def batches(tasks: Sequence[EmbeddingTask]) -> list[list[EmbeddingTask]]:
    """Tasks of like length together: a batch costs as much as its longest text."""
    ordered = sorted(tasks, key=lambda task: len(task.text))
    return [ordered[at : at + BATCH] for at in range(0, len(ordered), BATCH)]
