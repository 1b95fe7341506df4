"""A question in one language over documents in another: shared words say nothing then, only meaning does.

The embedder puts a question near its passage whatever their languages, so the judge looks at that nearness alone, and the
checker at figures and names alone. Rough: the two constants were set on ten English questions over the French sample documents,
six with an answer (cosines 0.77 to 0.87) and four without (0.75 to 0.80).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from hameau.assistant.judging import CALIBRATED
from hameau.library import SearchResult, detect_language

SURE_WORDS = 4
"""A shorter question does not tell its language."""
_MIDDLE, _WIDTH = 0.805, 0.012


def crosses_languages(question: str, results: Sequence[SearchResult]) -> bool:
    """Whether ``question`` is in another language than the best passage."""
    if not results or len(question.split()) < SURE_WORDS:
        return False
    asked, found = detect_language(question), detect_language(results[0].text)
    return bool(asked and found and asked != found)


def foreign_probability(results: Sequence[SearchResult], embedder: str) -> float | None:
    """The probability that the passages answer, by the best cosine alone; ``None`` when the cosines were not calibrated."""
    cosines = [result.similarity for result in results if result.similarity is not None]
    if not cosines or not embedder.startswith(CALIBRATED):
        return None
    return 1.0 / (1.0 + math.exp(-(max(cosines) - _MIDDLE) / _WIDTH))
