"""Hybrid search: words and meaning, fused, looked at closely, within what the question and the caller bind.

Without vectors, or without an embedder, words alone answer. The way of a question: ``understanding.py`` reads what it says of
documents, ``scope.py`` makes that a set of passages, ``textindex.py`` and ``vectors.py`` find candidates, ``fusion.py`` and
``rerank.py`` order them, ``duplicates.py`` shows each passage once. Encyclopedias are asked meanwhile (``asked.py``).
"""

from __future__ import annotations

import json
import math
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hameau.kit import N_, BadInput, monotonic_ms
from hameau.library import rows
from hameau.library.analysis import DEFAULT_LANGUAGE, lookups
from hameau.library.asked import Asking, Scale
from hameau.library.duplicates import collapsed
from hameau.library.fusion import WEIGHTS, Fit, Weights, fits
from hameau.library.language import detect
from hameau.library.meaning import Meaning, QueryEmbedder
from hameau.library.ports import AskedSources
from hameau.library.rerank import Sought, asked_terms, score
from hameau.library.scope import Scope, Scopes
from hameau.library.spelling import corrected
from hameau.library.textindex import TextIndex
from hameau.library.types import UNBOUND, Filter, SearchResult, SearchResults, Understood
from hameau.library.understanding import Reading, understand
from hameau.library.vectors import VectorIndex
from hameau.storage import Database, Queries, Row, Session

_QUERIES = Queries(Path(__file__).with_name("search.sql"))
_NOT_TEXT = re.compile(r"[\s\x00-\x1f\x7f\ud800-\udfff]+")
_beside = ThreadPoolExecutor(4, "meaning")
MOST_RESULTS = 200
_SPARE = 1.5
"""Passages looked at for each that is wanted: some are copies of others."""
_ENOUGH = 20
"""Candidates that say how near near is."""
_AS_RELEVANT = 0.7
"""Share of the best score from which a passage competes by its date when the newest is wanted."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched and where. ``everywhere``: what the text says of documents is not read, all of it is words."""

    text: str
    space: str
    limit: int
    only: Filter = UNBOUND
    everywhere: bool = False


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A question that was read: its words, the scope, and how many results."""

    words: str
    scope: Scope
    latest: bool
    query: Query


@dataclass(frozen=True, slots=True)
class _Found:
    """What the library itself found: results, the embedder that served, what was corrected, and how near it all lay."""

    results: list[SearchResult]
    embedder: str = ""
    spelling: Mapping[str, str] = field(default_factory=dict)
    scale: Scale = Scale()  # noqa: RUF009 - frozen


class Searcher:
    """Answers queries over ``database``; see :class:`hameau.library.meaning.Meaning` for the embedders.

    ``asked`` are sources with an index of their own. ``today`` is asked for what « mars » and « hier » mean.
    """

    def __init__(
        self,
        database: Database,
        embedder: Callable[[], QueryEmbedder | None],
        embedder_by_id: Callable[[str], QueryEmbedder | None],
        weights: Weights = WEIGHTS,
        today: Callable[[], date] = date.today,
        asked: AskedSources | None = None,
    ) -> None:
        self._database = database
        self._asking = Asking(asked, embedder, weights) if asked is not None else None
        self._meaning = Meaning(database, embedder, embedder_by_id)
        self._text = TextIndex(weights)
        self._scopes = Scopes(database)
        self._weights = weights
        self._today = today
        self._lock = threading.Lock()
        self._facts: tuple[int, _Facts] | None = None

    def search(self, query: Query) -> SearchResults:
        """The best passages, best first. Raises ``BadInput`` for an empty query or a limit that is none."""
        began = monotonic_ms()
        text = clean(query.text)
        if not text:
            raise BadInput(N_("The search is empty."), hint=N_("Type a word or a question."))
        if query.limit < 1:
            raise BadInput(N_("A search needs a limit of at least 1."), hint=N_("Leave the limit out, or ask for 20."))
        query = replace(query, limit=min(query.limit, MOST_RESULTS))
        reading = Reading(text) if query.everywhere else understand(text, self._today())
        with self._database.read() as session:
            reading, only = self._bound(session, reading, query, text)
            wanted = _Wanted(reading.words, self._scopes.of(query.space, only), reading.latest, query)
            found = self._both_found(session, wanted, only)
            widened = not found.results and only != query.only
            if widened:
                wanted = _Wanted(text, self._scopes.of(query.space, query.only), False, query)
                found = self._both_found(session, wanted, query.only)
        understood = Understood(wanted.words, only, reading.latest, widened, found.spelling)
        return SearchResults(query.text, monotonic_ms() - began, tuple(found.results), found.embedder, understood)

    def warm(self) -> None:
        """Load the vectors now rather than at the first search, and open what is asked."""
        if self._asking is not None:
            with self._database.read() as session:
                self._asking.warm(session)
        self._meaning.load(self._current_facts().vectors)

    def _both_found(self, session: Session, wanted: _Wanted, only: Filter) -> _Found:
        """What the library holds and what asked sources say, side by side."""
        query = wanted.query
        told = None
        if self._asking is not None and not wanted.latest:
            told = self._asking.begin(session, query.space, wanted.words, only)
        found = self._found(session, wanted)
        if self._asking is None or told is None:
            return found
        results = self._asking.joined(found.results, told, found.scale, wanted.words, query.limit)
        return replace(found, results=results)

    def _bound(self, session: Session, reading: Reading, query: Query, text: str) -> tuple[Reading, Filter]:
        """What holds of ``reading``: a person or a file that the library does not know is a word like any other."""
        if reading.file:
            named = session.tuples(_QUERIES["documents_named"], {"space": query.space, "name": _pattern(reading.file)})
            if len(named) == 1:
                reading = replace(reading, only=replace(reading.only, document_id=named[0][0]))
            else:
                reading = replace(reading, words=f"{reading.words} {reading.file}")
        only = _both(query.only, reading.only)
        if reading.people and not self._holds_any(query.space, only):
            reading = replace(reading, words=f"{reading.words} {reading.people}".strip())
            only = replace(only, people=query.only.people)
        return (reading, only) if only != query.only or reading.latest else (Reading(text), only)

    def _holds_any(self, space: str, only: Filter) -> bool:
        scope = self._scopes.of(space, only)
        return scope.everything or scope.passages > 0

    def _found(self, session: Session, wanted: _Wanted) -> _Found:
        """What the library itself holds."""
        facts, query, scope = self._current_facts(), wanted.query, wanted.scope
        if not scope.everything and not scope.passages:
            return _Found([])
        languages = facts.languages(session, query.space)
        words, spelling = wanted.words, dict[str, str]()
        if words:
            words, spelling = corrected(session, words, languages, lambda terms: self._counts(session, terms))
        asked = _beside.submit(self._near, words, facts, scope)
        by_words = self._text.candidates(session, lookups(words, languages), scope, self._weights.text_depth)
        vector, index, by_meaning = asked.result()
        if index is not None and vector is not None and by_meaning:
            best_words = list(by_words)[: self._weights.vector_depth]
            by_meaning |= index.cosines(vector, [key for key in best_words if key not in by_meaning])
        if not by_words and not by_meaning:
            ids = (
                self._newest(session, wanted) if query.only != UNBOUND or not scope.everything or wanted.latest else []
            )
            return _Found(collapsed(self._load(session, ids, {}, query.space), query.limit), "", spelling)
        ranked = self._ranked(session, words, by_words, by_meaning, wanted, facts)
        if wanted.latest:
            ranked = _newest_first(ranked)
        embedder = index.embedder_id if by_meaning and index is not None else ""
        cosines = by_meaning.values()
        scale = Scale(embedder, max(cosines), min(cosines)) if len(by_meaning) >= _ENOUGH else Scale()
        return _Found(collapsed(ranked, query.limit), embedder, spelling, scale)

    def _near(
        self, words: str, facts: _Facts, scope: Scope
    ) -> tuple[NDArray[np.float32] | None, VectorIndex | None, dict[int, float]]:
        """The meaning half, side by side with the words: the question's vector, its index, and the nearest passages."""
        vector, index = self._meaning.of(words, facts.vectors) if words else (None, None)
        near = (
            index.nearest(vector, self._weights.vector_depth, scope) if index is not None and vector is not None else {}
        )
        return vector, index, near

    def _counts(self, session: Session, terms: Sequence[str]) -> dict[str, int]:
        """In how many passages each of ``terms`` stands; those that stand nowhere are missing."""
        return {term: count for term, count in self._text.counts(session, terms).items() if count}

    def _ranked(
        self,
        session: Session,
        words: str,
        by_words: Mapping[int, float],
        by_meaning: Mapping[int, float],
        wanted: _Wanted,
        facts: _Facts,
    ) -> list[SearchResult]:
        """The candidates with their passages, best first: the first ones looked at closely, the others as they were fused."""
        weights, space = self._weights, wanted.query.space
        share = weights.text if by_words else 0.0
        fitting = fits(by_words, by_meaning)
        foreign = self._foreign(session, words, by_meaning, facts.languages(session, space))
        for key in foreign:
            fit = fitting[key]
            fitting[key] = Fit(max(fit.words, weights.foreign * fit.sense), fit.sense)
        fused = {key: share * fit.words + (1.0 - share) * fit.sense for key, fit in fitting.items()}
        order = sorted(fused, key=lambda key: (-fused[key], key))
        order = order[: max(weights.reranked, int(wanted.query.limit * _SPARE) + 10)]
        found = self._rows(session, order, space)
        first = [key for key in order[: weights.reranked] if key in found]
        if first:
            sought = self._sought(session, words, facts, space)
            scores = {key: self._close(sought, fitting[key], found[key], key in foreign) for key in first}
            last = min(scores.values())
            highest = max((fused[key] for key in order[weights.reranked :]), default=0.0) or 1.0
            scores |= {key: last * fused[key] / highest for key in order if key not in scores}
        else:
            scores = fused
        order = sorted((key for key in order if key in found), key=lambda key: (-scores[key], key))
        return [rows.result(found[key], scores[key], by_meaning.get(key)) for key in order]

    def _foreign(
        self, session: Session, words: str, by_meaning: Mapping[int, float], languages: Sequence[str]
    ) -> frozenset[int]:
        """The candidates in another language than the question's; none when it can't be told, or when there is but one."""
        own = detect(words) if len(languages) > 1 and by_meaning else ""
        if not own:
            return frozenset()
        asked = {"ids": json.dumps(list(by_meaning)), "language": own}
        return frozenset(row[0] for row in session.tuples(_QUERIES["in_other_languages"], asked))

    def _close(self, sought: Sought, fit: Fit, row: Row, foreign: bool) -> float:
        headings = json.loads(row["heading"])
        text = "\n".join([row["title"], *(one for one in headings if one != row["title"]), row["text"]])
        return score(sought, fit, text, row["language"], self._weights, foreign=foreign)

    def _sought(self, session: Session, words: str, facts: _Facts, space: str) -> Sought:
        stems, written, names = asked_terms(words, facts.languages(session, space))
        terms = [*stems, *written]
        telling = facts.weights(session, terms, self._counts(session, terms))
        return Sought(*({word: telling[word] for word in some} for some in (stems, written, names)))

    def _newest(self, session: Session, wanted: _Wanted) -> list[int]:
        """The beginnings of the newest documents of the scope."""
        found = [row[0] for row in session.tuples(_QUERIES["newest"], {"space": wanted.query.space})]
        seen = wanted.scope.holds(np.asarray(found, np.int64))
        return [found[at] for at in np.flatnonzero(seen)[: wanted.query.limit].tolist()]

    def _load(
        self, session: Session, ids: Sequence[int], scores: Mapping[int, float], space: str
    ) -> list[SearchResult]:
        found = self._rows(session, ids, space)
        return [
            rows.result(found[key], scores.get(key, 1.0 / (at + 1)), None) for at, key in enumerate(ids) if key in found
        ]

    def _rows(self, session: Session, ids: Sequence[int], space: str) -> dict[int, Row]:
        found = session.all(_QUERIES["found"], {"ids": json.dumps(list(ids)), "space": space})
        return {row["id"]: row for row in found}

    def _current_facts(self) -> _Facts:
        version = self._database.data_version()
        with self._lock:
            if self._facts is not None and self._facts[0] == version:
                return self._facts[1]
        with self._database.read() as session:
            facts = _Facts(session)
        with self._lock:
            self._facts = (version, facts)
        return facts


class _Facts:
    """Small facts about the library that hold until somebody writes."""

    def __init__(self, session: Session) -> None:
        self.vectors = {row["embedder_id"]: row["vectors"] for row in session.all(_QUERIES["embedders"])}
        self._languages: dict[str, tuple[str, ...]] = {}
        self._total = 0

    def languages(self, session: Session, space: str) -> tuple[str, ...]:
        """The languages a question is analysed in: French, then those of the documents."""
        if space not in self._languages:
            codes = [row[0] for row in session.tuples(_QUERIES["languages"], {"space": space}) if row[0]]
            self._languages[space] = tuple(dict.fromkeys([DEFAULT_LANGUAGE, *sorted(codes)]))
        return self._languages[space]

    def weights(self, session: Session, terms: Sequence[str], counts: Mapping[str, int]) -> dict[str, float]:
        """How telling each of ``terms`` is: its inverse document frequency."""
        self._total = self._total or int(session.value(_QUERIES["passage_total"]))
        total = self._total
        return {term: math.log(1 + (total - counts.get(term, 0) + 0.5) / (counts.get(term, 0) + 0.5)) for term in terms}


def clean(text: str) -> str:
    """``text`` on one line, without control characters or halves of characters."""
    return _NOT_TEXT.sub(" ", text).strip()


def _both(asked: Filter, read: Filter) -> Filter:
    """What the caller bound, and what the question binds beside it."""
    return Filter(
        sources=asked.sources or read.sources,
        document_id=asked.document_id or read.document_id,
        kinds=asked.kinds or read.kinds,
        languages=asked.languages or read.languages,
        since=asked.since or read.since,
        until=asked.until or read.until,
        people=asked.people or read.people,
    )


def _newest_first(ranked: list[SearchResult]) -> list[SearchResult]:
    """Those about as relevant as the best by their date, then the others. Scores are given anew, to fall along the list."""
    if not ranked:
        return ranked
    enough = _AS_RELEVANT * ranked[0].score
    near = [one for one in ranked if one.score >= enough]
    dated = sorted(near, key=lambda one: one.dated_at, reverse=True)
    scores = [one.score for one in near]
    moved = [replace(one, score=score) for one, score in zip(dated, scores, strict=True)]
    return [*moved, *ranked[len(near) :]]


def _pattern(name: str) -> str:
    """``name`` for LIKE: nothing in it stands for other letters."""
    return re.sub(r"([%_\\])", r"\\\1", name)
