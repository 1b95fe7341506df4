"""Two rankings become one: how well the words fit (BM25) and how near the meaning is (cosine). Pure arithmetic, no I/O.

A convex combination of scores keeps how much better one passage is than the next, which reciprocal ranks throw away (Bruch, Gai,
Ingber, 2023, "An Analysis of Fusion Functions for Hybrid Retrieval", ACM TOIS 42(1)). The figures behind the constants are in
``docs/decisions/0004-fusion.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Weights:
    """What counts how much."""

    text: float = 0.5
    """Share of the words in the fused score; the rest is the meaning's."""
    title: float = 1.5
    heading: float = 1.0
    body: float = 1.0
    """Weights of the columns in BM25."""
    text_depth: int = 200
    vector_depth: int = 200
    """How many candidates each ranking gives."""


WEIGHTS = Weights()


def fuse(
    text: Mapping[int, float], meaning: Mapping[int, float], weights: Weights = WEIGHTS
) -> list[tuple[int, float]]:
    """Passage ids with their fused score, best first.

    ``text`` holds BM25 scores (higher is better; a passage without one has no word in common), ``meaning`` cosines (a passage
    without one has no vector yet, and is taken to be as near as its words say). Each is stretched to 0…1 over the candidates.
    """
    if not meaning or not text:
        only = text or meaning
        return sorted(only.items(), key=lambda pair: (-pair[1], pair[0]))
    best_text = max(text.values()) or 1.0
    near, far = max(meaning.values()), min(meaning.values())
    spread = (near - far) or 1.0
    fused: dict[int, float] = {}
    for candidate in text.keys() | meaning.keys():
        words = text.get(candidate, 0.0) / best_text
        cosine = meaning.get(candidate)
        sense = words if cosine is None else (cosine - far) / spread
        fused[candidate] = weights.text * words + (1.0 - weights.text) * sense
    return sorted(fused.items(), key=lambda pair: (-pair[1], pair[0]))
