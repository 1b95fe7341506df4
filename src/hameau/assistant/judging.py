"""Do the passages found answer the question at all? A small logistic model over scale-free signs; no language model.

The signs are shares, differences of shares and standard scores, never raw scores, so that they mean the same in a
library of ten passages and of a million. They were chosen, and the coefficients fitted, by ``bench/answerability.py``
on public questions whose answer was taken out of the library (with its whole document, or only its paragraph); none of
them is in the set that measures the answers. ``docs/answers.md`` has the figures and what was tried besides.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass

from hameau.assistant.evidence import Quote
from hameau.assistant.expected import names_a_kind
from hameau.library import SearchResult, terms


@dataclass(frozen=True, slots=True)
class Signs:
    """What is looked at. Shares are of the question's terms, weighted by inverse document frequency."""

    sentence: float
    """Score of the best sentence: its share of the question's terms, with what title and context add."""
    title: float
    """The share that the first passage's title holds: a title alone makes every sentence of its document look near."""
    names: float
    """The share of the question's proper names and numbers that the first three passages hold; 1 when it has none."""
    kind: float
    """1 when the question asks for a time, a number, a name or a place, else 0."""
    ahead: float
    """How much larger the first passage's share is than the mean share of the nine after it."""
    similarity: float
    """Cosine of the question and the nearest passage."""
    standing_out: float
    """How far that cosine stands above those of the others, in their standard deviations."""


COEFFICIENTS: tuple[float, ...] = (3.327, -2.697, 3.106, -0.828, 2.752, 36.442, 0.155)
INTERCEPT = -35.97
DOUBTFUL = 0.4
"""Below this probability the assistant says that it found no answer, and no model is asked."""
CERTAIN = 0.6
"""From here on a model that says « not found » is not believed: the sentences of the documents are given instead."""

COMPARED = 10
"""Passages that are compared with one another."""
CALIBRATED = "multilingual-e5-small"
"""How the ids of the embedders begin whose cosines the coefficients were fitted on."""
_TYPICAL_COSINE = 0.85
"""Of a question and its passage with that embedder; taken while nothing has a vector, and for every other embedder."""
_NAME_OR_NUMBER = re.compile(r"(?<=[\s«\"(’'])[A-ZÀ-ÖØ-Þ][\w-]+|\d[\d.,]*")


def read_signs(
    question: str,
    results: Sequence[SearchResult],
    quotes: Sequence[Quote],
    weights: Mapping[str, float],
    embedder: str = "",
) -> Signs:
    """The signs for ``question``; ``quotes`` are the ranked sentences of the first ``results``. Both may be empty.

    ``embedder`` made the similarities: cosines of another one than those that were calibrated mean something else.
    """
    asked = frozenset(terms(question))
    total = sum(weights.get(term, 0.0) for term in asked) or 1.0

    def share(text: str) -> float:
        return sum(weights.get(term, 0.0) for term in asked.intersection(terms(text))) / total

    compared = results[:COMPARED]
    shares = [share(f"{result.title}\n{result.text}") for result in compared]
    others = shares[1:]
    names = {name for match in _NAME_OR_NUMBER.finditer(question) for name in terms(match[0])}
    held = frozenset(term for result in results[:3] for term in terms(f"{result.title}\n{result.text}"))
    cosines = sorted((one.similarity for one in results if one.similarity is not None), reverse=True)
    return Signs(
        sentence=quotes[0].score if quotes else 0.0,
        title=share(results[0].title) if results else 0.0,
        names=len(names & held) / len(names) if names else 1.0,
        kind=float(names_a_kind(question)),
        ahead=shares[0] - (sum(others) / len(others) if others else 0.0) if shares else 0.0,
        similarity=_nearest(results, cosines) if embedder.startswith(CALIBRATED) else _TYPICAL_COSINE,
        standing_out=_standing_out(cosines),
    )


def probability(signs: Signs) -> float:
    """The probability that the passages hold the answer."""
    z = INTERCEPT + sum(c * s for c, s in zip(COEFFICIENTS, astuple(signs), strict=True))
    return 1.0 / (1.0 + math.exp(-max(-50.0, min(50.0, z))))


def _nearest(results: Sequence[SearchResult], cosines: Sequence[float]) -> float:
    """The best cosine; while one of the first passages still waits for its vector, at least a typical one."""
    waiting = not cosines or any(result.similarity is None for result in results[:3])
    return max(cosines[0] if cosines else 0.0, _TYPICAL_COSINE if waiting else 0.0)


def _standing_out(cosines: Sequence[float]) -> float:
    """``cosines`` in falling order; 2, a middling value, when there are too few to tell."""
    rest = cosines[1:]
    if len(rest) < 4:
        return 2.0
    mean = sum(rest) / len(rest)
    deviation = math.sqrt(sum((value - mean) ** 2 for value in rest) / len(rest)) or 1.0
    return min(5.0, (cosines[0] - mean) / deviation)
