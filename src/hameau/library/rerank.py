"""A closer look at the best candidates: which of the question's words a passage holds, in what form.

BM25 adds words up, so a rare word said often hides that the others are missing. Here each word of the question counts once, by
how telling it is: coverage, the oldest of the signals that rerankers use (Clarke, Cormack, Tudhope, 2000, "Relevance ranking for
one to three term queries", IPM 36(2)). Milliseconds for 30 passages, no model. Pure; figures in
``docs/decisions/0014-finding-better.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hameau.library.analysis import BREAK, EXACT, index_text, lookups
from hameau.library.fusion import Fit, Weights

_SHARED = 4
"""Letters that two stems of one family share at least: « fondation », « fondateur »."""
_CAPITAL = re.compile(r"(?<=[^.!?]\s)[«\"(]?(?:[ldLDnN]['’])?([A-ZÀ-ÖØ-Þ][\w’'-]+)")


@dataclass(frozen=True, slots=True)
class Sought:
    """What a question looks for. Weights are inverse document frequencies."""

    stems: Mapping[str, float]
    written: Mapping[str, float]
    names: Mapping[str, float]


def asked_terms(text: str, languages: Iterable[str]) -> tuple[list[str], list[str], list[str]]:
    """The stems of a question, its words as written, and those of them that are names."""
    languages = list(languages)
    found = [word for word in lookups(text, languages) if " " not in word]
    names = " ".join(match[1] for match in _CAPITAL.finditer(text))
    named = {word for word in lookups(names, languages) if word.startswith(EXACT)} if names else set()
    written = [word for word in found if word.startswith(EXACT)]
    return [word for word in found if not word.startswith(EXACT)], written, [one for one in written if one in named]


def score(sought: Sought, fit: Fit, text: str, language: str, weights: Weights, *, foreign: bool = False) -> float:
    """How well a passage answers, from 0 to 1. ``text`` is what is to be looked at, with its title and headings.

    What a passage in a ``foreign`` language lacks in words, its meaning says.
    """
    stems, _, written = index_text(text, language).partition(f" {BREAK} ")
    there, as_written = set(stems.split()), set(written.split())
    base = weights.near * fit.words + (1.0 - weights.near) * fit.sense
    added = (
        weights.covered * _covered(sought.stems, there)
        + weights.written * _share(sought.written, as_written)
        + weights.named * _share(sought.names, as_written)
    )
    most = weights.covered + weights.written + weights.named
    if foreign:
        added = max(added, most * weights.foreign * fit.sense)
    return (base + added) / (1.0 + most)


def _share(wanted: Mapping[str, float], there: set[str]) -> float:
    total = sum(wanted.values())
    return sum(weight for word, weight in wanted.items() if word in there) / total if total else 0.0


def _covered(wanted: Mapping[str, float], there: set[str]) -> float:
    """The share of the question that the passage holds; a word of the same family is half of one."""
    total = sum(wanted.values())
    if not total:
        return 0.0
    missing = {word: weight for word, weight in wanted.items() if word not in there}
    found = total - sum(missing.values())
    families = {word[:_SHARED] for word in there if len(word) >= _SHARED} if missing else set()
    found += sum(
        weight / 2
        for word, weight in missing.items()
        if len(word) >= _SHARED and not word[0].isdigit() and word[:_SHARED] in families
    )
    return found / total
