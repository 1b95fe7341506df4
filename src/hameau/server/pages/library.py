"""The library: where documents come from, how far they are read, what could not be read and why; and search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from hameau.kit import N_, BadInput, HameauError, explain, say
from hameau.library import Document, SearchResults, Source, bound, said
from hameau.server.call import Call
from hameau.server.errors import status_of
from hameau.server.pages.render import Visit, go, page
from hameau.server.pages.sources import all_shown, one_shown
from hameau.server.source_shown import choosable, ordered
from hameau.server.telling import told_document
from hameau.server.uploads import keep, receive_files

SHOWN_FAILURES = 50
SHOWN_DOCUMENTS = 100
SHOWN_SOURCES = 12
"""The page of sources shows them all."""
SHOWN_RESULTS = 20
NARROWING = ("kind", "who", "since", "until", "language", "source")
"""What the form of the search may bind it to."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed in the form that adds a folder."""

    path: str = ""
    problem: tuple[str, str] | None = None
    status: int = 200


def show(call: Call, visit: Visit, asked: Asked | None = None) -> Response:
    """Sources, progress, failures. ``?part`` brings only what changes while documents are read."""
    library = call.house.library
    asked = asked or Asked()
    failures: Sequence[Document] = library.failures("home")
    sources = library.sources("home")
    found = ordered(all_shown(call, sources))
    return page(
        call,
        visit,
        "library-state.html" if visit.part else "library.html",
        asked.status,
        sources=choosable(sources),
        connected=found[:SHOWN_SOURCES],
        more_sources=max(0, len(found) - SHOWN_SOURCES),
        near=call.near,
        status=library.status("home"),
        failures=[told_document(one, call.language) for one in failures[:SHOWN_FAILURES]],
        more_failures=max(0, len(failures) - SHOWN_FAILURES),
        asked=asked,
        said=visit.query.get("said", ""),
        query="",
        wanted=dict.fromkeys(NARROWING, ""),
    )


def add(call: Call, visit: Visit) -> Response:
    """A folder or a file by its path."""
    path = visit.form.get("path", "").strip()
    try:
        call.house.add_source("folder", path, space="home", title=PurePath(path).name)
    except HameauError as error:
        problem = Asked(path, explain(error, call.language), status_of(error))
        return show(call, Visit("/library", {}, {}, {}), problem)
    return go("/library", said="added")


async def add_files(request: Request, call: Call) -> Response:
    """Files chosen in the form, without scripts."""
    async with receive_files(request) as files:
        await run_in_threadpool(keep, call.house, "home", files, call.language)
    return go("/library", said="files")


def source(call: Call, visit: Visit) -> Response:
    """The documents of one source."""
    library = call.house.library
    one = one_shown(call, library.source(visit.ids["id"]))
    found: Source = one.source
    at = visit.query.get("at", "1")
    number = max(1, int(at)) if at.isascii() and at.isdigit() and len(at) < 7 else 1
    documents = library.documents(
        source_id=found.id, space="home", limit=SHOWN_DOCUMENTS + 1, offset=(number - 1) * SHOWN_DOCUMENTS
    )
    return page(
        call,
        visit,
        "source.html",
        source=found,
        one=one,
        near=call.near,
        said=visit.query.get("said", ""),
        documents=[told_document(one, call.language) for one in documents[:SHOWN_DOCUMENTS]],
        number_of_page=number,
        kept_out=library.kept_out(found.id),
        more=len(documents) > SHOWN_DOCUMENTS,
    )


def let_back(call: Call, visit: Visit) -> Response:
    call.house.library.let_back(visit.ids["id"])
    return go("/library", said="sync")


def search(call: Call, visit: Visit) -> Response:
    """Passages for ``?q=``; ``?part`` brings only the list, as one types."""
    wanted = {name: visit.query.get(name, "")[:200] for name in NARROWING}
    query = visit.query.get("q", "")[:2000]
    found, problem = None, None
    try:
        only = bound(
            kinds=[wanted["kind"]],
            languages=[wanted["language"]],
            since=wanted["since"],
            until=wanted["until"],
            people=wanted["who"],
        )
        if query.strip():
            everywhere = bool(visit.query.get("everywhere"))
            source_id = wanted["source"] or None
            found = call.house.search(
                query, limit=SHOWN_RESULTS, space="home", source_id=source_id, only=only, everywhere=everywhere
            )
    except BadInput as error:  # what was typed stays in the form
        problem = explain(error, call.language)
    return page(
        call,
        visit,
        "results.html" if visit.part else "search.html",
        query=query,
        found=found,
        where=_where(call, found, wanted["source"]) if found else "",
        wanted=wanted,
        problem=problem,
        sources=[] if visit.part else choosable(call.house.library.sources("home"), wanted["source"]),
        everywhere_link="/search?" + urlencode({"q": query, "everywhere": "1"}),
    )


def _where(call: Call, found: SearchResults, source_id: str) -> str:
    """Where was searched, the source that was chosen included."""
    told = said(found.understood.only, call.language)
    if not source_id:
        return told
    chosen = call.house.library.source(source_id)
    return f"{told or say(N_('your documents'), call.language)}, {chosen.title or chosen.uri}"
