"""What a page of the web says about a question: cut into passages, the likeliest measured, in one order. Pure.

The web is asked in words that a person saw; what it gives is ranked here, at home, by the question itself. Nothing of it is kept
but what an answer cites. A stranger's page is data like any passage: what the assistant says of passages holds for it too.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hameau.assistant.commands import AskWeb, Measure, Measured, OpenPages, Step, Weigh
from hameau.assistant.types import PageUsed, Question, WebFound, WebUsed
from hameau.kit import say
from hameau.library import Locator, SearchResult, cut, embedding_text, terms
from hameau.websearch import Hit, WebPage

PASSAGES = 400
"""Of one page; the article « France » of an encyclopedia has 300."""
MEASURED = 24
"""Passages whose meaning is looked at: 0.3 seconds of two cores."""
_OF_A_PAGE = 10
"""The most of one page, so that a long one does not push the others out."""
_TITLE = 0.3
"""What the question's words count in a title, beside those of the passage."""
_FIRST_ID = -1_000_000
"""Passages that are stored nowhere are numbered downwards from here: encyclopedias number theirs from -1."""
_WORDS, _COVERED = 0.25, 0.45
"""As the library's own order has them (``library/fusion.py``)."""


@dataclass(frozen=True, slots=True)
class FromOutside:
    """What came of asking the web."""

    used: WebUsed | None = None
    results: tuple[SearchResult, ...] = ()
    weights: Mapping[str, float] | None = None
    embedder: str = ""


def ask_outside(question: Question, asked: str, language: str) -> Generator[Step, Any, FromOutside]:
    """Asks the web what ``question`` lets leave, and brings what its pages say in the order of ``asked``, which stays here."""
    used: WebUsed = yield AskWeb(question.web_query, language)
    yield WebFound(used)
    if not used.hits:
        return FromOutside(used)
    hits = used.hits
    used = replace(
        used, hits=tuple(replace(hit, content="") for hit in hits)
    )  # what is kept: where, and not what it says
    pages: Sequence[WebPage] = (yield OpenPages(hits, question.web_pages)) if question.web_pages else ()
    if pages:
        used = replace(
            used, pages=tuple(PageUsed(p.end or p.url, p.title, not p.reason, p.reason, p.fields) for p in pages)
        )
        yield WebFound(replace(used, hits=hits))
    weights: Mapping[str, float] = yield Weigh(tuple(dict.fromkeys(terms(asked))))
    likely = likeliest(asked, passages_of(pages, hits), weights)
    if not likely:
        return FromOutside(used, weights=weights)
    texts = tuple(embedding_text(one.title, one.locator.heading, one.text) for one in likely)
    measured: Measured = yield Measure(asked, texts)
    return FromOutside(used, ordered(asked, likely, weights, measured.cosines), weights, measured.embedder)


def told_web(web: WebUsed, language: str) -> WebUsed:
    """``web`` with its trouble, and why pages could not be read, in ``language``."""
    pages = tuple(
        replace(page, reason=say(page.reason, language, page.fields), fields={}) if page.reason else page
        for page in web.pages
    )
    trouble, hint = (say(text, language, web.fields) if text else "" for text in (web.trouble, web.hint))
    return replace(web, trouble=trouble, hint=hint, fields={}, pages=pages)


def passages_of(pages: Sequence[WebPage], hits: Sequence[Hit]) -> list[SearchResult]:
    """The passages of the pages that were read; of the other hits what a search engine quotes of them."""
    read = {page.url: page for page in pages if page.text.strip()}
    found = [
        _result(page.title, page.end or page.url, piece.text, piece.locator, page.dated_at)
        for page in read.values()
        for piece in cut(page.text)[:PASSAGES]
        if piece.text.strip()
    ]
    found += [
        _result(hit.title, hit.url, hit.content, Locator(0, len(hit.content)))
        for hit in hits
        if hit.content and hit.url not in read and not hit.near
    ]
    different = {" ".join(one.text.split()): one for one in reversed(found)}
    return [replace(one, passage_id=_FIRST_ID - number) for number, one in enumerate(reversed(different.values()))]


def likeliest(question: str, results: Sequence[SearchResult], weights: Mapping[str, float]) -> list[SearchResult]:
    """The passages that hold most of the question's words; of those that hold as much, the first ones."""
    shares = {one.passage_id: _share(question, one, weights) for one in results}
    taken: dict[str, int] = {}
    chosen: list[SearchResult] = []
    for one in sorted(results, key=lambda each: -shares[each.passage_id]):
        if taken.get(one.uri, 0) < _OF_A_PAGE and len(chosen) < MEASURED:
            taken[one.uri] = taken.get(one.uri, 0) + 1
            chosen.append(one)
    return chosen


def ordered(
    question: str, results: Sequence[SearchResult], weights: Mapping[str, float], cosines: Sequence[float]
) -> tuple[SearchResult, ...]:
    """``results`` by words and meaning, best first; by words alone without ``cosines``."""
    near, far = max(cosines, default=0.0), min(cosines, default=0.0)
    spread = (near - far) or 1.0
    scored = []
    for index, one in enumerate(results):
        covered = _share(question, one, weights)
        cosine = float(cosines[index]) if cosines else None
        sense = covered if cosine is None else (cosine - far) / spread
        score = (_WORDS * covered + (1.0 - _WORDS) * sense + _COVERED * covered) / (1.0 + _COVERED)
        scored.append(replace(one, score=score, similarity=cosine))
    return tuple(sorted(scored, key=lambda one: -one.score))


def _share(question: str, result: SearchResult, weights: Mapping[str, float]) -> float:
    """The share of the question's words that the passage holds, weighted; 0 to 1."""
    asked = frozenset(terms(question))
    total = sum(weights.get(term, 0.0) for term in asked) or 1.0
    held = asked & frozenset(terms(" ".join((*result.locator.heading, result.text))))
    above = (asked & frozenset(terms(result.title))) - held
    return (
        sum(weights.get(term, 0.0) for term in held) / total + _TITLE * sum(weights.get(t, 0.0) for t in above) / total
    )


def _result(title: str, url: str, text: str, locator: Locator, dated_at: str = "") -> SearchResult:
    return SearchResult(0, 0, title, url, text, locator, 0.0, kind="page", dated_at=dated_at, origin="web", link=url)
