"""An encyclopedia, read page by page. Of an archive, text, links and pictures reach the browser; the tags are ours."""

from __future__ import annotations

from starlette.responses import Response

from hameau.library import ArchiveFacts, Source
from hameau.server.articles import address, laid_out
from hameau.server.call import Call
from hameau.server.pages.render import Visit, go, page
from hameau.server.reading import Span

_TITLES = 50
_PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""What a picture may do when it is opened by itself: an SVG could hold scripts."""
_FOR_A_DAY = "private, max-age=86400"


def first(call: Call, visit: Visit) -> Response:
    """The first page of an archive; ``?q=`` lists titles, ``?chance`` opens some page."""
    source_id = visit.ids["id"]
    source, facts = _archive(call, source_id)
    asked = " ".join(visit.query.get("q", "").split())
    if "chance" in visit.query:
        return go(address(source_id, call.house.archives.chance(source_id)))
    if not asked and facts.main:
        return go(address(source_id, facts.main))
    found = call.house.archives.titles(source_id, asked, _TITLES) if asked else []
    links = [(address(source_id, one.path), one.title or one.path) for one in found]
    return page(call, visit, "reader-titles.html", source=source, facts=facts, asked=asked, links=links)


def show(call: Call, visit: Visit) -> Response:
    """A page of an archive: ``?start=&end=`` marks a quote, ``?at=`` turns to another part, ``?picture`` is a picture's data."""
    source_id, path = visit.ids["id"], visit.ids["path"]
    if "picture" in visit.query:
        return _picture(call, source_id, path)
    source, facts = _archive(call, source_id)
    article = call.house.archives.article(source_id, path)
    quote = _quote(visit.query.get("start", ""), visit.query.get("end", ""))
    if article.path != path and quote is None:
        return go(address(source_id, article.path))
    shown = laid_out(article, source_id, _number(visit.query.get("at", "")), quote)
    return page(
        call, visit, "reader.html", source=source, facts=facts, article=article, shown=shown, quote=quote, asked=""
    )


def _picture(call: Call, source_id: str, path: str) -> Response:
    thing = call.house.archives.thing(source_id, path)
    headers = {
        "Content-Security-Policy": _PICTURE_POLICY,
        "Cache-Control": _FOR_A_DAY,
        "X-Content-Type-Options": "nosniff",
    }
    return Response(thing.data, headers=headers, media_type=thing.media_type)


def _archive(call: Call, source_id: str) -> tuple[Source, ArchiveFacts]:
    """The source and what it says of itself. Raises ``NotFound``."""
    source = call.house.library.source(source_id)
    return source, call.house.archives.facts(source_id)


def _quote(start: str, end: str) -> Span | None:
    first, last = _number(start), _number(end)
    return Span(first, last) if first is not None and last is not None and first < last else None


def _number(digits: str) -> int | None:
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else None
