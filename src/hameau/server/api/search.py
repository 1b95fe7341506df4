"""Search, without any model that writes."""

from __future__ import annotations

from hameau.library import SearchResults, bound
from hameau.server.call import Call
from hameau.server.endpoint import Endpoint
from hameau.server.shapes import SearchQuery


def search(call: Call, wanted: SearchQuery) -> SearchResults:
    only = bound(
        kinds=wanted.kind.split(","),
        languages=wanted.language.split(","),
        since=wanted.since,
        until=wanted.until,
        people=wanted.who,
    )
    found: SearchResults = call.house.search(
        wanted.q,
        limit=wanted.limit,
        space=wanted.space,
        source_id=wanted.source,
        document_id=wanted.document,
        only=only,
        everywhere=wanted.everywhere,
    )
    return found


ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/v1/search",
        "The passages that come closest, best first",
        search,
        SearchQuery,
        answer=SearchResults,
        tag="search",
    ),
)
