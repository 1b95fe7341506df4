"""The web: who is asked, a question to it, what is proposed to leave. And the library as one engine of a SearXNG.

What leaves is for whoever may do everything here: a key that only reads sends nothing out.
"""

from __future__ import annotations

import threading
from urllib.parse import urljoin

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from hameau.kit import say
from hameau.library import SearchResult
from hameau.perimeter import asked_by
from hameau.server.border import must_be_near
from hameau.server.call import Call
from hameau.server.endpoint import Endpoint
from hameau.server.events import gathered
from hameau.server.replies import json_reply
from hameau.server.shapes import NoParameters
from hameau.server.web_shapes import (
    EngineHit,
    EngineHits,
    HitsQuery,
    NewWeb,
    Proposed,
    ToLeave,
    WebNow,
    WebPageTold,
    WebQuestion,
    WebResults,
)
from hameau.websearch import WebPage

_QUOTED = 300
"""Characters of a passage that another search engine shows."""


def show(call: Call, _: NoParameters) -> WebNow:
    web = call.house.web
    return WebNow(web.url(), web.host(), web.allowed())


def choose(call: Call, _: NoParameters, body: NewWeb) -> WebNow:
    must_be_near(call)
    call.house.web.connect(call.house.web.propose(body.url, asked_by(), local=body.local))
    return show(call, NoParameters())


def forget(call: Call, _: NoParameters) -> None:
    must_be_near(call)
    call.house.web.disconnect()


def propose(call: Call, _: NoParameters, body: ToLeave) -> Proposed:
    wanted = call.house.assistant.web_question(body.question, body.conversation, body.space)
    return Proposed(wanted, show(call, NoParameters()))


async def ask(request: Request, call: Call, _: NoParameters, body: WebQuestion) -> Response:
    """Hanging up stops what is on its way."""
    return json_reply(await gathered(request, lambda stop: _asked(call, body, stop)))


def _asked(call: Call, body: WebQuestion, stop: threading.Event) -> WebResults:
    found = call.house.web.search(body.query, language=body.language, cancel=stop)
    pages = call.house.web.read(found.hits, most=body.pages, cancel=stop) if body.pages else ()
    told = tuple(_told(page, call.language) for page in pages)
    return WebResults(found.query, found.host, found.hits, found.refused, told, found.took_ms)


def _told(page: WebPage, language: str) -> WebPageTold:
    reason = say(page.reason, language, page.fields) if page.reason else ""
    return WebPageTold(page.url, page.title, page.text, page.dated_at, page.language, reason)


async def hits(request: Request, call: Call, wanted: HitsQuery) -> Response:
    """Addresses are whole, since another program shows them: at the host and port by which it found us."""
    base = str(request.base_url)

    def found() -> EngineHits:
        results = (
            call.house.search(wanted.q, limit=wanted.limit, space=wanted.space).results if wanted.q.strip() else ()
        )
        return EngineHits(wanted.q, tuple(_hit(one, base) for one in results))

    return json_reply(await run_in_threadpool(found))


def _hit(result: SearchResult, base: str) -> EngineHit:
    here = f"/documents/{result.document_id}?passage={result.passage_id}#quote"
    url = urljoin(base, result.link if result.origin == "encyclopedia" else here)
    words = " ".join(result.text.split())
    content = words if len(words) <= _QUOTED else words[: _QUOTED - 1].rsplit(" ", 1)[0] + "…"
    return EngineHit(url, result.title or result.uri, content, result.dated_at)


ENDPOINTS = (
    Endpoint("GET", "/api/v1/web", "Which SearXNG is asked for the web, if any", show, answer=WebNow, tag="web"),
    Endpoint(
        "PUT",
        "/api/v1/web",
        "Choose a SearXNG: allow its Connection, try it without any question leaving, keep it",
        choose,
        body=NewWeb,
        answer=WebNow,
        tag="web",
    ),
    Endpoint(
        "DELETE", "/api/v1/web", "Ask nobody any more, and take the Connection back", forget, status=204, tag="web"
    ),
    Endpoint(
        "POST",
        "/api/v1/web",
        "Ask the web, and read the best pages: the query leaves word for word",
        ask,
        body=WebQuestion,
        answer=WebResults,
        live=True,
        tag="web",
    ),
    Endpoint(
        "POST",
        "/api/v1/web/propose",
        "Propose what could leave for a question, to be seen first; nothing leaves",
        propose,
        body=ToLeave,
        answer=Proposed,
        tag="web",
    ),
    Endpoint(
        "GET",
        "/api/v1/search/hits",
        "Passages as a SearXNG takes them from an engine: whole addresses, titles, short texts",
        hits,
        HitsQuery,
        answer=EngineHits,
        live=True,
        tag="search",
    ),
)
