"""What every embedder of ours does around its model: loads it at the first text, puts the prefixes, keeps the cores
busy with one text each, and gives vectors of unit length. Knows nothing of networks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hameau.models.ports import Vectors

TEXT_LIMIT = 2_000
"""Characters that are read of a text, about the 512 tokens of a small embedder; passages of ours have a thousand."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an embedder before it is loaded."""

    id: str
    dimensions: int
    query_prefix: str = ""
    passage_prefix: str = ""


class Model(Protocol):
    """A loaded model. May be called from several threads at once."""

    def __call__(self, text: str) -> NDArray[np.float32]:
        """The vector of one text, of any length."""
        ...


def prepare(text: str, limit: int = TEXT_LIMIT) -> str:
    """``text`` as any engine can read it: no NUL, which ends a C string, and no lone surrogates, which are not UTF-8."""
    return text[:limit].replace("\0", " ").encode("utf-8", "replace").decode("utf-8")


class ReadingEmbedder:
    """An :class:`~hameau.models.Embedder` around a :class:`Model` that ``load`` brings.

    Each text is read by itself, on one core, and several at the same time: its vector is then the same in any company,
    nothing is computed for padding, and no core waits for another (docs/decisions/0012-embedder.md).
    """

    def __init__(self, facts: Facts, threads: int, load: Callable[[], Model]) -> None:
        self._facts, self._threads, self._load = facts, threads, load
        self._lock = threading.Lock()
        self._model: Model | None = None
        self._readers: ThreadPoolExecutor | None = None

    @property
    def id(self) -> str:
        """See :class:`~hameau.models.Embedder`."""
        return self._facts.id

    @property
    def dimensions(self) -> int:
        """Numbers in a vector."""
        return self._facts.dimensions

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions. Each is cut at 2,000 characters."""
        return self._embed(self._facts.query_prefix, texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages. Each is cut at 2,000 characters."""
        return self._embed(self._facts.passage_prefix, texts)

    def close(self) -> None:
        """Frees the weights."""
        with self._lock:
            readers, self._readers = self._readers, None
            self._model = None
        if readers is not None:
            readers.shutdown()

    def _embed(self, prefix: str, texts: Sequence[str]) -> Vectors:
        vectors: Vectors = np.zeros((len(texts), self.dimensions), np.float32)
        if not texts:
            return vectors
        model, readers = self._loaded(len(texts) > 1 and self._threads > 1)

        def read(place: int) -> None:
            vector = model(prefix + prepare(texts[place]))
            vectors[place] = vector / max(float(np.linalg.norm(vector)), 1e-12)

        longest_first = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
        for _ in readers.map(read, longest_first) if readers is not None else map(read, longest_first):
            pass
        return vectors

    def _loaded(self, many: bool) -> tuple[Model, ThreadPoolExecutor | None]:
        with self._lock:
            if self._model is None:
                self._model = self._load()
            if many and self._readers is None:
                self._readers = ThreadPoolExecutor(self._threads, thread_name_prefix="hameau-embed")
            return self._model, self._readers if many else None
