"""Two rankings become one: how well the words fit (BM25) and how near the meaning is (cosine). Pure arithmetic, no I/O.

A convex combination of scores keeps how much better one passage is than the next, which reciprocal ranks throw away (Bruch, Gai,
Ingber, 2023, "An Analysis of Fusion Functions for Hybrid Retrieval", ACM TOIS 42(1)). The figures behind the constants are in
``docs/decisions/0004-fusion.md`` and ``docs/decisions/0014-finding-better.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


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
    reranked: int = 30
    """How many of the fused candidates are looked at closely (:mod:`hameau.library.rerank`); 0 leaves the fused order."""
    near: float = 0.25
    """Share of the words in the score of those; less than ``text``, because what follows looks at words too."""
    covered: float = 0.45
    written: float = 0.15
    named: float = 0.16
    """What the closer look adds: the question's terms in the passage, in their very form, and its names."""
    foreign: float = 0.7
    """A passage in another language than the question's has no words in common: they are taken to say this share of its
    meaning."""


WEIGHTS = Weights()


class Fit(NamedTuple):
    """How well a passage fits, each from 0 to 1 over the candidates of one search."""

    words: float
    sense: float


def fits(text: Mapping[int, float], meaning: Mapping[int, float]) -> dict[int, Fit]:
    """The fit of each passage.

    ``text`` holds BM25 scores (higher is better; a passage without one has no word in common), ``meaning`` cosines (a passage
    without one has no vector yet, and is taken to be as near as its words say). Each is stretched to 0…1 over the candidates.
    """
    best_text = max(text.values(), default=0.0) or 1.0
    if not meaning:
        return {passage: Fit(score / best_text, score / best_text) for passage, score in text.items()}
    near, far = max(meaning.values()), min(meaning.values())
    spread = (near - far) or 1.0
    found: dict[int, Fit] = {}
    for candidate in text.keys() | meaning.keys():
        words = text.get(candidate, 0.0) / best_text
        cosine = meaning.get(candidate)
        found[candidate] = Fit(words, words if cosine is None else (cosine - far) / spread)
    return found


def fuse(
    text: Mapping[int, float], meaning: Mapping[int, float], weights: Weights = WEIGHTS
) -> list[tuple[int, float]]:
    """Passage ids with their fused score, best first."""
    share = weights.text if text else 0.0
    scores = ((key, share * fit.words + (1.0 - share) * fit.sense) for key, fit in fits(text, meaning).items())
    return sorted(scores, key=lambda pair: (-pair[1], pair[0]))
