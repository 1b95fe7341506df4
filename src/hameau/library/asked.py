"""The other half of a search: sources that are asked, because they bring an index of their own (encyclopedias).

They are asked while the library is searched. The few passages they find are embedded there and then, within a bound of time,
and scored as the library's own are (``rerank.py``), so that both stand in one list. Nothing of them is stored; vectors of what
was met lately are remembered.
"""

from __future__ import annotations

import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from hameau.kit import HameauError, monotonic_ms
from hameau.library import rows
from hameau.library.analysis import EXACT, query_terms
from hameau.library.duplicates import letters
from hameau.library.fusion import Fit, Weights
from hameau.library.language import detect
from hameau.library.meaning import QueryEmbedder, shortened
from hameau.library.passages import embedding_text
from hameau.library.ports import AskedPassage, AskedSources
from hameau.library.rerank import Sought, asked_terms, score
from hameau.library.types import Filter, SearchResult, Source
from hameau.storage import Queries, Session

logger = logging.getLogger(__name__)

COUNT = 12
"""Passages that each source is asked for."""
EMBEDDED = 6
"""Of all that were found, those whose meaning is looked at."""
MILLISECONDS = 50.0
"""For that, about; the first two are always."""
MOST = 10
"""Results of one search that may come from asked sources."""
KIND = "page"
"""What an article is to a person, among the kinds of documents."""
WORTH = 0.9
"""What a passage of an asked source counts, against the same one in the library: one's own things come first."""
WORTH_OF_ONE_WORD = 0.72
"""The same for a question that has but one word to look for: among millions of passages some hold any word."""
_REMEMBERED = 2_000
_BEYOND = 1.05
"""How much nearer than the nearest of the library a passage may count."""
_UNSEEN = 0.6
"""Of the fit of its words, the nearness that a passage is taken to have when there was no time to look."""
_QUERIES = Queries(Path(__file__).with_name("search.sql"))
_beside, _questions = ThreadPoolExecutor(4, "asked"), ThreadPoolExecutor(2, "asked question")


@runtime_checkable
class PassageEmbedder(QueryEmbedder, Protocol):
    """An embedder that reads passages too."""

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


@dataclass(frozen=True, slots=True)
class Scale:
    """How the library's candidates lay: the cosines of the nearest and of the farthest, by which embedder."""

    embedder: str = ""
    near: float = 0.0
    far: float = 0.0


@dataclass(frozen=True, slots=True)
class Told:
    """What asked sources told of one question: passages, how telling their source finds each stem, and some cosines."""

    passages: tuple[tuple[AskedPassage, Mapping[str, float]], ...] = ()
    cosines: Mapping[int, float] = field(default_factory=dict)
    embedder: str = ""


class Asking:
    """Asks ``sources`` and puts what they say among the library's results. ``embedder`` may say ``None``: words alone then."""

    def __init__(self, sources: AskedSources, embedder: Callable[[], QueryEmbedder | None], weights: Weights) -> None:
        self._sources, self._embedder, self._weights = sources, embedder, weights
        self._lock = threading.Lock()
        self._vectors: OrderedDict[tuple[str, str], NDArray[np.float32]] = OrderedDict()

    def begin(self, session: Session, space: str, words: str, only: Filter) -> Future[Told] | None:
        """Ask the sources of ``space`` that ``only`` allows, beside what the caller does; ``None`` when there are none."""
        if not words or not may_ask(only):
            return None
        wanted = [one for one in self._of(session, space) if not only.sources or one.id in only.sources]
        return _beside.submit(self._ask, wanted, words, only.languages) if wanted else None

    def warm(self, session: Session) -> None:
        """Makes the sources of every space ready."""
        if wanted := self._of(session, None):
            self._sources.warm(wanted)

    def joined(
        self, results: Sequence[SearchResult], told: Future[Told], scale: Scale, words: str, limit: int
    ) -> list[SearchResult]:
        """``results`` with what was told among them, best first."""
        try:
            found = self._scored(told.result(), scale, words)
        except HameauError as error:  # an edge: the library's own results stand
            logger.warning("asked sources are left out: %s", error)
            return list(results)
        there = [letters(one.text) for one in results]
        new = [one for one in found if not any(_same(letters(one.text), other) for other in there)]
        return sorted([*results, *new[:MOST]], key=lambda one: -one.score)[:limit]

    def _of(self, session: Session, space: str | None) -> list[Source]:
        asked = {"space": space, "kinds": json.dumps(sorted(self._sources.kinds))}
        return [rows.source(row) for row in session.all(_QUERIES["asked_sources"], asked)]

    def _ask(self, sources: Sequence[Source], words: str, languages: frozenset[str]) -> Told:
        vector = _questions.submit(self._question, words)
        answers = self._sources.ask(sources, words, languages, COUNT)
        passages = [(one, answer.weights) for answer in answers for one in answer.passages]
        passages.sort(key=lambda pair: -pair[0].fit)
        passages = passages[: max(EMBEDDED, MOST)]
        embedder, question = vector.result()
        if embedder is None or question is None or not passages:
            return Told(tuple(passages))
        return Told(tuple(passages), self._cosines(embedder, question, [one for one, _ in passages]), embedder.id)

    def _question(self, words: str) -> tuple[PassageEmbedder | None, NDArray[np.float32] | None]:
        """The embedder and the vector of the question; nothing while there is none."""
        embedder = self._embedder()
        if not isinstance(embedder, PassageEmbedder):
            return None, None
        try:
            return embedder, np.asarray(embedder.embed_queries([shortened(words)]), np.float32)[0]
        except HameauError as error:  # an edge: the words still answer
            logger.warning("the question could not be embedded, words alone answer: %s", error)
            return None, None

    def _cosines(
        self, embedder: PassageEmbedder, question: NDArray[np.float32], passages: Sequence[AskedPassage]
    ) -> dict[int, float]:
        """How near the first passages are to the question, two after two until the time is up."""
        until, took = monotonic_ms() + MILLISECONDS, 0.0
        texts = [embedding_text(one.title, one.locator.heading, one.text) for one in passages[:EMBEDDED]]
        try:
            for at in range(0, len(texts), 2):
                missing = [text for text in texts[at : at + 2] if (embedder.id, text) not in self._vectors]
                began = monotonic_ms()
                if missing and at and began + took > until:
                    break
                if missing:
                    self._keep(embedder.id, missing, np.asarray(embedder.embed_passages(missing), np.float32))
                    took = monotonic_ms() - began
        except HameauError as error:  # an edge: the words still answer
            logger.warning("what was asked could not be embedded, words alone answer: %s", error)
            return {}
        with self._lock:
            known = [self._vectors.get((embedder.id, text)) for text in texts]
        return {at: float(vector @ question) for at, vector in enumerate(known) if vector is not None}

    def _keep(self, embedder_id: str, texts: Sequence[str], vectors: NDArray[np.float32]) -> None:
        with self._lock:
            for text, vector in zip(texts, vectors, strict=True):
                self._vectors[embedder_id, text] = vector
            while len(self._vectors) > _REMEMBERED:
                self._vectors.popitem(last=False)

    def _scored(self, told: Told, scale: Scale, words: str) -> list[SearchResult]:
        """What was told as results, best first."""
        near, far = _ends(told, scale)
        own = detect(words)
        found = []
        for at, (passage, weights) in enumerate(told.passages):
            cosine = told.cosines.get(at)
            language = passage.language or detect(passage.text) or "fr"
            sense = passage.fit * (_UNSEEN if told.cosines else 1.0)
            if cosine is not None:
                sense = min((cosine - far) / (near - far), _BEYOND)
            text = "\n".join([passage.title, *passage.locator.heading, passage.text])
            sought = _sought(words, language, weights)
            foreign = bool(own) and own != language
            worth = score(sought, Fit(passage.fit, sense), text, language, self._weights, foreign=foreign)
            worth *= WORTH if len(sought.stems) > 1 else WORTH_OF_ONE_WORD
            found.append(_result(at, passage, worth, cosine))
        return sorted(found, key=lambda one: -one.score)


def may_ask(only: Filter) -> bool:
    """Whether a source that is asked can hold what ``only`` allows: an article has no date, no sender, and is no document."""
    bound_away = only.document_id is not None or only.people or only.since or only.until
    return not bound_away and (not only.kinds or KIND in only.kinds)


def _ends(told: Told, scale: Scale) -> tuple[float, float]:
    """The cosines between which nearness is stretched: the library's own where it has enough of them."""
    here = list(told.cosines.values())
    if scale.embedder and scale.embedder == told.embedder and scale.near > scale.far:
        return scale.near, scale.far
    if not here:
        return 1.0, 0.0
    return (max(here), min(here) - 0.02) if len(here) > 1 else (here[0], here[0] - 0.1)


def _sought(words: str, language: str, weights: Mapping[str, float]) -> Sought:
    """What is looked for in an article, as telling as its archive finds it."""
    rare = max(weights.values(), default=1.0)
    stems, written, names = asked_terms(words, [language])

    def weight(word: str) -> float:
        known = [weights.get(stem, rare) for stem in query_terms(word.removeprefix(EXACT), [language])]
        return max(known, default=rare)

    return Sought(
        {stem: weights.get(stem, rare) for stem in stems},
        {word: weight(word) for word in written},
        {word: weight(word) for word in names},
    )


def _result(at: int, passage: AskedPassage, worth: float, cosine: float | None) -> SearchResult:
    return SearchResult(
        passage_id=-1 - at,
        document_id=0,
        title=passage.title,
        uri=passage.uri,
        text=passage.text,
        locator=passage.locator,
        score=worth,
        similarity=cosine,
        kind=KIND,
        origin="encyclopedia",
        link=passage.link,
    )


def _same(one: str, other: str) -> bool:
    """Whether what is asked stands in the library's passage, or most of it is that one."""
    return one in other or (other in one and 2 * len(other) > len(one))
