"""The words half of a search: the passages whose words fit a question best, by BM25, among those that may be seen.

Scoring a hit takes about a microsecond, so a word that stands in every tenth passage of a million would take a hundred
milliseconds, and say next to nothing. Up to :attr:`Budget.scored` hits everything is scored. Beyond, the telling words alone
bring passages in, and the common ones only add to the score of those: what they can add is small (the idea of MaxScore: Turtle
and Flood, 1995, "Query evaluation: strategies and optimizations", Information Processing & Management 31(6)). What that changes
is measured in ``docs/decisions/0013-scale.md``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hameau.library.fusion import Weights
from hameau.library.scope import Scope
from hameau.storage import Queries, Session

_QUERIES = Queries(Path(__file__).with_name("textindex.sql"))
_ENOUGH = 4
"""So many times the wanted passages must be brought in by telling words."""
_REMEMBERED = 50_000


@dataclass(frozen=True, slots=True)
class Budget:
    """How much work a search may be."""

    scored: int = 12_000
    """Hits that may be scored without thinking about it."""
    scored_at_most: int = 30_000
    """Hits that may still be scored while too few passages were found."""
    walked: int = 80_000
    """Entries of the common words that may be walked through; what is more common than that is left out."""


BUDGET = Budget()


@dataclass(frozen=True, slots=True)
class Plan:
    """``telling`` words and pairs bring passages in, ``common`` ones add to their score."""

    telling: Sequence[str]
    common: Sequence[str]


class TextIndex:
    """Looks up words in the text index. ``weights`` are those of its columns. Any thread may call any of it."""

    def __init__(self, weights: Weights, budget: Budget = BUDGET) -> None:
        self._weights = weights
        self._budget = budget
        self._counts: dict[str, int] = {}
        self._counted_at = 0

    def candidates(self, session: Session, words: Sequence[str], scope: Scope, depth: int) -> dict[int, float]:
        """The ``depth`` best passages of ``scope`` for ``words`` (:func:`hameau.library.analysis.lookups`) with their BM25 score.

        Best first, higher is better (SQLite's is negative: turned round here). No word, no passage.
        """
        if not words:
            return {}
        newest = int(session.value(_QUERIES["newest"]) or 0)
        singles = [word for word in words if " " not in word]
        if newest * len(singles) <= self._budget.scored:
            return self._best(session, any_of(words), scope, depth)
        counts = self._counted(session, singles, newest)
        hits = sum(counts.values())
        if not scope.everything and len(scope.firsts):
            hits = hits * int(scope.ends[-1] - scope.firsts[0]) // newest
        if hits <= self._budget.scored:
            return self._best(session, any_of(words), scope, depth)
        found = self._by_plan(session, plan(words, counts, depth, self._budget), counts, scope, depth, newest)
        if len(found) < depth // 4 and not scope.everything:  # a narrow scope: its passages may hold common words only
            return self._best(session, any_of(words), scope, depth)
        return found

    def counts(self, session: Session, terms: Sequence[str]) -> Mapping[str, int]:
        """In how many passages of the whole library each of ``terms`` stands, give or take what was written lately."""
        return self._counted(session, terms, int(session.value(_QUERIES["newest"]) or 0))

    def _by_plan(
        self, session: Session, planned: Plan, counts: Mapping[str, int], scope: Scope, depth: int, newest: int
    ) -> dict[int, float]:
        if not planned.telling:
            return self._among_titles(session, planned.common, counts, scope, depth, newest)
        found = self._best(session, any_of(planned.telling), scope, depth)
        if planned.common:
            both = f"({any_of(planned.telling)}) AND ({any_of(planned.common)})"
            found |= self._best(session, both, scope, depth)
        best = sorted(found, key=lambda passage: (-found[passage], passage))[:depth]
        return {passage: found[passage] for passage in best}

    def _among_titles(
        self, session: Session, words: Sequence[str], counts: Mapping[str, int], scope: Scope, depth: int, newest: int
    ) -> dict[int, float]:
        """For words that stand nearly everywhere: what has them in a title or heading, else the newest passages."""
        found = self._best(session, f"{{title heading}} : ({any_of(words)})", scope, depth)
        if len(found) < depth:
            most = max(counts[word] for word in words)
            first = newest - newest * self._budget.scored // max(1, most)
            found = self._best(session, any_of(words), scope, depth, first) | found
        return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))[:depth])

    def _best(self, session: Session, match: str, scope: Scope, depth: int, first: int = 0) -> dict[int, float]:
        asked = {
            "match": match,
            "title": self._weights.title,
            "heading": self._weights.heading,
            "body": self._weights.body,
            "depth": depth,
        }
        if scope.everything:
            statement = _QUERIES["best_since"] if first else _QUERIES["best"]
            found = session.tuples(statement, {**asked, "first": first} if first else asked)
            return {passage: -rank for passage, rank in found}
        if not len(scope.firsts):
            return {}
        bounds = {"first": max(first, int(scope.firsts[0])), "end": int(scope.ends[-1])}
        found = session.tuples(_QUERIES["best_between"], {**asked, **bounds, "depth": -1})
        seen = scope.holds(np.fromiter((row[0] for row in found), np.int64, len(found)))
        return {found[at][0]: -found[at][1] for at in np.flatnonzero(seen)[:depth].tolist()}

    def _counted(self, session: Session, terms: Sequence[str], newest: int) -> dict[str, int]:
        """Counts are kept until the library has grown by a sixty-fourth: they only say which words are common."""
        if abs(newest - self._counted_at) > self._counted_at // 64 or len(self._counts) > _REMEMBERED:
            self._counts, self._counted_at = {}, newest
        known = self._counts
        new = [term for term in terms if term not in known]
        if new:
            there = dict(session.tuples(_QUERIES["counts"], {"terms": json.dumps(new)}))
            known |= {term: there.get(term, 0) for term in new}
        return {term: known[term] for term in terms}


def plan(words: Sequence[str], counts: Mapping[str, int], depth: int, budget: Budget = BUDGET) -> Plan:
    """Which of ``words`` bring passages in and which only add to a score; ``counts`` is of the single ones."""
    rarest = sorted(counts, key=lambda word: counts[word])
    telling: list[str] = []
    hits = 0
    while len(telling) < len(rarest):
        more = counts[rarest[len(telling)]]
        if hits + more > (budget.scored if hits >= _ENOUGH * depth else budget.scored_at_most):
            break
        telling.append(rarest[len(telling)])
        hits += more
    common: list[str] = []
    walked = 0
    for word in rarest[len(telling) :]:
        walked += counts[word]
        if walked > budget.walked and (hits or common):
            break
        common.append(word)
    if common and not hits:
        return Plan((), [*telling, *common])
    return Plan([*telling, *_pairs(words, counts, {*telling, *common}, budget.walked)], common)


def _pairs(words: Sequence[str], counts: Mapping[str, int], used: set[str], most: int) -> list[str]:
    """Pairs of words in use, as long as walking through their commoner halves takes little."""
    kept: list[str] = []
    walked = 0
    pairs = [(pair, pair.split(" ")) for pair in words if " " in pair]
    for pair, halves in sorted(pairs, key=lambda one: max(counts.get(half, 0) for half in one[1])):
        walked += max(counts.get(half, 0) for half in halves)
        if walked > most:
            break
        if used.issuperset(halves):
            kept.append(pair)
    return kept


def any_of(words: Sequence[str]) -> str:
    """The query that any of ``words`` fits: each a string of the index's language, so that nothing in it is an operator."""
    return " OR ".join('"' + word.replace('"', '""') + '"' for word in words)
