"""What is connected: what each source may fetch and from whom, how it is, pause, remove; a thousand feeds stay readable."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from hameau.kit import Corrupt, HameauError, explain
from hameau.library import Source
from hameau.perimeter import Policy
from hameau.server.call import Call
from hameau.server.errors import status_of
from hameau.server.pages.render import Visit, go, page
from hameau.server.source_shown import ShownSource, grouped, ordered, shown
from hameau.server.source_words import GROUPS, WAYS, Way, way_of
from hameau.server.telling import told_source

SHOWN_A_GROUP = 12
SHOWN_FEEDS = 5
"""Of a group that may be long, the page of all groups shows those that need somebody, and how many there are."""
SHOWN_A_PAGE = 100


def show(call: Call, visit: Visit, problem: HameauError | None = None, typed: str = "") -> Response:
    """Every source by group; ``?group=`` shows one, paged, ``?q=`` those whose title or address has it; ``?part`` brings only
    what changes."""
    wanted = next((group for group in GROUPS if group.name == visit.query.get("group")), None)
    found = all_shown(call, call.house.library.sources("home"))
    ways = tuple(way for way in WAYS if not way.kind or way.kind in call.house.connecting.kinds())
    common: dict[str, Any] = {"said": visit.query.get("said", ""), "count": visit.query.get("n", ""), "near": call.near}
    if wanted is not None:
        return _show_group(call, visit, wanted.name, [one for one in found if one.group == wanted.name], common)
    way: Way = way_of(visit.query.get("add", ""))
    return page(
        call,
        visit,
        "sources-state.html" if visit.part else "sources.html",
        status_of(problem) if problem else 200,
        groups=grouped(found, SHOWN_A_GROUP),
        total=len(found),
        web=_web(call),
        ways=ways,
        way=way,
        typed=typed,
        profiles=call.house.connecting.profiles() if way.name == "browser" and not visit.part else (),
        problem=explain(problem, call.language) if problem else None,
        **common,
    )


def _web(call: Call) -> dict[str, object] | None:
    """Who is asked for the web."""
    web = call.house.web
    return {"host": web.host(), "url": web.url(), "allowed": web.allowed()} if web.url() else None


def sync(call: Call, visit: Visit) -> Response:
    call.house.library.request_sync(visit.ids["id"])
    return go(_back(visit), said="sync")


def pause(call: Call, visit: Visit) -> Response:
    call.house.connecting.pause(visit.ids["id"])
    return go(_back(visit), said="paused")


def resume(call: Call, visit: Visit) -> Response:
    call.house.connecting.resume(visit.ids["id"])
    return go(_back(visit), said="resumed")


def confirm_removal(call: Call, visit: Visit) -> Response:
    one = one_shown(call, call.house.library.source(visit.ids["id"]))
    back = "library" if visit.query.get("back") == "library" else "sources"
    return page(call, visit, "confirm-source.html", one=one, source=one.source, back=back)


def remove(call: Call, visit: Visit) -> Response:
    """With everything that it brought, and the Connection that nobody else needs."""
    gone = call.house.connecting.remove(visit.ids["id"])
    home = "/library" if visit.query.get("back") == "library" else "/sources"
    return go(home, said="away" if gone.settings.get("connection") else "removed")


def one_shown(call: Call, source: Source) -> ShownSource:
    """One source as pages show it."""
    return all_shown(call, [source])[0]


def all_shown(call: Call, sources: Sequence[Source]) -> list[ShownSource]:
    """Sources as pages show them."""
    policy, moment = _policy(call), time.time()
    return [shown(told_source(one, call.language), policy, moment) for one in sources]


def _policy(call: Call) -> Policy | None:
    try:
        return call.house.perimeter.policy()
    except Corrupt:  # nothing may leave; the page of the perimeter says why
        return None


def _show_group(call: Call, visit: Visit, name: str, found: list[ShownSource], common: dict[str, Any]) -> Response:
    words = visit.query.get("q", "").strip()[:200]
    if words:
        found = [one for one in found if words.lower() in f"{one.source.title} {one.source.uri}".lower()]
    at = visit.query.get("at", "1")
    number = max(1, int(at)) if at.isascii() and at.isdigit() and len(at) < 7 else 1
    first = (number - 1) * SHOWN_A_PAGE
    return page(
        call,
        visit,
        "sources-group-state.html" if visit.part else "sources-group.html",
        group=next(group for group in GROUPS if group.name == name),
        shown=ordered(found)[first : first + SHOWN_A_PAGE],
        total=len(found),
        number_of_page=number,
        more=len(found) > first + SHOWN_A_PAGE,
        words=words,
        **common,
    )


def _back(visit: Visit) -> str:
    """Where the button stood: the page of the source, the library, or the page of all."""
    places = {"source": f"/library/sources/{visit.ids['id']}", "library": "/library"}
    return places.get(visit.form.get("back", ""), "/sources")
