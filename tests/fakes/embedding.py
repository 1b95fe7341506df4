"""An embedder that knows a handful of meanings: words of one group lie in one direction."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hameau.kit import Unavailable
from hameau.library import fold

GROUPS = (
    ("chat", "felin", "matou"),
    ("voiture", "automobile", "vehicule"),
    ("maire", "mairie", "commune"),
    ("argent", "cotisation", "budget"),
)


class GroupEmbedder:
    """One dimension a group of words, and one for all the rest. ``asked`` counts the questions it embedded."""

    def __init__(self, identity: str = "groups") -> None:
        self.id = identity
        self.dimensions = len(GROUPS) + 1
        self.asked = 0
        self.broken = False

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self.broken:
            raise Unavailable
        self.asked += len(texts)
        return self._embed(texts)

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._embed(texts)

    def close(self) -> None:
        """Nothing to free."""

    def _embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.full((len(texts), self.dimensions), 0.1, np.float32)
        for row, text in enumerate(texts):
            folded = fold(text)
            for column, group in enumerate(GROUPS):
                vectors[row, column] += sum(folded.count(word) for word in group)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
