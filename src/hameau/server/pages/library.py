"""The library: where documents come from, how far they are read, what could not be read and why; and search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from hameau.kit import HameauError, explain
from hameau.library import Document, Source
from hameau.server.call import Call
from hameau.server.errors import status_of
from hameau.server.pages.render import Visit, go, page
from hameau.server.telling import told_document, told_source
from hameau.server.uploads import keep, receive_files

SHOWN_FAILURES = 50
SHOWN_DOCUMENTS = 100
SHOWN_RESULTS = 20


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
    return page(
        call,
        visit,
        "library-state.html" if visit.part else "library.html",
        asked.status,
        sources=[told_source(one, call.language) for one in library.sources("home")],
        status=library.status("home"),
        failures=[told_document(one, call.language) for one in failures[:SHOWN_FAILURES]],
        more_failures=max(0, len(failures) - SHOWN_FAILURES),
        asked=asked,
        said=visit.query.get("said", ""),
        query="",
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
    found: Source = library.source(visit.ids["id"])
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
        documents=[told_document(one, call.language) for one in documents[:SHOWN_DOCUMENTS]],
        number_of_page=number,
        more=len(documents) > SHOWN_DOCUMENTS,
    )


def sync(call: Call, visit: Visit) -> Response:
    call.house.library.request_sync(visit.ids["id"])
    return go("/library", said="sync")


def confirm_removal(call: Call, visit: Visit) -> Response:
    found = call.house.library.source(visit.ids["id"])
    return page(call, visit, "confirm-source.html", source=found)


def remove(call: Call, visit: Visit) -> Response:
    call.house.library.remove_source(visit.ids["id"])
    return go("/library", said="removed")


def search(call: Call, visit: Visit) -> Response:
    """Passages for ``?q=``; ``?part`` brings only the list, as one types."""
    query = visit.query.get("q", "")[:2000]
    found = call.house.search(query, limit=SHOWN_RESULTS, space="home") if query.strip() else None
    return page(call, visit, "results.html" if visit.part else "search.html", query=query, found=found)
