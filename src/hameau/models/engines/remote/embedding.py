"""Vectors that a service makes."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import numpy as np

from hameau.kit import N_, HameauError, Unavailable
from hameau.models.ports import Vectors
from hameau.models.types import RemoteModel

Role = Literal["query", "passage"]
Embeds = Callable[[Sequence[str], Role], list[list[float]]]
_AT_ONCE = 64
_DIMENSIONS = 1 << 14


class RemoteEmbedder:
    """An :class:`~hameau.models.Embedder` whose vectors come from ``embeds``. How many dimensions they have is asked once."""

    def __init__(self, service: str, model: RemoteModel, embeds: Embeds) -> None:
        self._service = service
        self._embeds = embeds
        self._dimensions = 0
        self._asking = threading.Lock()
        self.id = f"{service}/{model.name}" + (f"@{model.digest[:16]}" if model.digest else "")

    @property
    def dimensions(self) -> int:
        """Of a vector."""
        with self._asking:
            if not self._dimensions:
                self._embed_some(["."], "query")
            return self._dimensions

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """See :class:`~hameau.models.Embedder`."""
        return self._embed(texts, "query")

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """See :class:`~hameau.models.Embedder`."""
        return self._embed(texts, "passage")

    def close(self) -> None:
        """Nothing is held."""

    def _embed(self, texts: Sequence[str], role: Role) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimensions), np.float32)
        return np.concatenate([self._embed_some(some, role) for some in _batches(texts)])

    def _embed_some(self, texts: Sequence[str], role: Role) -> Vectors:
        said = self._embeds(texts, role)
        width = self._dimensions or (len(said[0]) if said else 0)
        if len(said) != len(texts) or not 0 < width <= _DIMENSIONS or any(len(one) != width for one in said):
            raise self._nonsense()
        vectors = np.array(said, np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not all(math.isfinite(length) and length > 0 for length in lengths[:, 0]):
            raise self._nonsense()
        self._dimensions = width
        scaled: Vectors = vectors / lengths
        return scaled

    def _nonsense(self) -> HameauError:
        return Unavailable(N_("What the service {service} says is no list of vectors."), service=self._service)


def _batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(texts), _AT_ONCE):
        yield texts[start : start + _AT_ONCE]
