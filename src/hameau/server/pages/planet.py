"""The news that feeds brought, strictly in the order of time: the newest day first, nothing ranked, nothing counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.responses import Response

from hameau.library import News
from hameau.server import words
from hameau.server.call import Call
from hameau.server.pages.render import Visit, page

SHOWN = 40


@dataclass(frozen=True, slots=True)
class Day:
    """The news of one day of the reader's calendar."""

    name: str
    news: tuple[News, ...]


def show(call: Call, visit: Visit) -> Response:
    """``?source=`` binds it to one feed, ``?before=`` turns to what is older."""
    source_id = visit.query.get("source", "")[:100]
    source = call.house.library.source(source_id) if source_id else None
    before = visit.query.get("before", "")[:100]
    found = call.house.planet.news("home", source_id=source_id, before=before, limit=SHOWN)
    return page(
        call,
        visit,
        "planet.html",
        days=by_day(found.news, call.language),
        more=found.more,
        before=before,
        source=source,
        feeds=call.house.planet.feeds("home"),
    )


def by_day(news: Iterable[News], language: str) -> list[Day]:
    """``news`` in its order, cut where the day changes."""
    days: list[tuple[str, list[News]]] = []
    for one in news:
        name = words.day(one.document.dated_at, language) if one.document.dated_at else ""
        if not days or days[-1][0] != name:
            days.append((name, []))
        days[-1][1].append(one)
    return [Day(name, tuple(together)) for name, together in days]
