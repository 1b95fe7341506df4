"""The passages of the few best articles, and those of them that hold most of the question. Pure but for a clock."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from hameau.library.analysis import BREAK, index_texts
from hameau.library.archives.asking import Word
from hameau.library.archives.types import Article, Hit
from hameau.library.passages import Piece, passages

ARTICLES = 12
"""Read for one question."""
LEAST = 3
SECONDS = 0.03
"""For reading and cutting them, about; at least :data:`LEAST` are."""
EACH = 3
"""Passages of one article that may be among the best."""
AIM, LARGEST = 350, 600
"""Characters of a passage: shorter than the library's own, for each is embedded while a person waits."""
_K1, _B = 1.2, 0.75  # BM25, Robertson and Zaragoza 2009
_TITLE = 0.35
"""How much a word that stands only in the title of the article or above the passage counts."""


@dataclass(frozen=True, slots=True)
class Cut:
    """An article in passages, each with how often each of its stems stands in it."""

    article: Article
    pieces: tuple[Piece, ...]
    counts: tuple[Counter[str], ...]
    above: frozenset[str]


def cut(article: Article, language: str) -> Cut:
    """The passages of an article."""
    pieces = tuple(passages(article.text, aim=AIM, largest=LARGEST))
    counts = tuple(Counter(_stems(text)) for text in index_texts([piece.text for piece in pieces], language))
    return Cut(article, pieces, counts, frozenset(_stems(index_texts([article.title], language)[0])))


def best(
    shares: Mapping[str, float], words: Sequence[Word], read: Callable[[str], Cut | None], count: int
) -> tuple[Hit, ...]:
    """The ``count`` best passages of the articles at the paths of ``shares``, best first."""
    weights = {stem: word.weight / len(word.stems) for word in words for stem in word.stems}
    total = sum(weights.values()) or 1.0
    until = time.monotonic() + SECONDS
    found: list[tuple[float, Hit]] = []
    seen: set[str] = set()
    for path, share in shares.items():
        if len(seen) >= ARTICLES or (len(seen) >= LEAST and time.monotonic() > until):
            break
        if (one := read(path)) is None or one.article.path in seen:
            continue
        seen.add(one.article.path)
        found += sorted(_fitting(one, weights, total, share), key=lambda pair: -pair[0])[:EACH]
    found.sort(key=lambda pair: -pair[0])
    return tuple(hit for _, hit in found[:count])


def _fitting(one: Cut, weights: Mapping[str, float], total: float, share: float) -> Iterable[tuple[float, Hit]]:
    mean = sum(sum(count.values()) for count in one.counts) / (len(one.counts) or 1) or 1.0
    for piece, count in zip(one.pieces, one.counts, strict=True):
        length = _K1 * (1 - _B + _B * sum(count.values()) / mean)
        words = sum(
            weight * (tf * (_K1 + 1) / (tf + length) if (tf := count[stem]) else 0.0)
            for stem, weight in weights.items()
        )
        held = sum(weight for stem, weight in weights.items() if count[stem])
        named = sum(weight for stem, weight in weights.items() if not count[stem] and stem in one.above)
        fit = (held + _TITLE * named) / total
        if not held:
            continue
        order = 0.5 * fit + 0.3 * math.tanh(words / total) + 0.2 * min(share, 1.0)
        yield (
            order,
            Hit(
                one.article.path,
                one.article.title,
                piece.text,
                piece.locator.start,
                piece.locator.heading,
                min(order, 1.0),
            ),
        )


def _stems(indexed: str) -> list[str]:
    return indexed.partition(f" {BREAK} ")[0].split()
