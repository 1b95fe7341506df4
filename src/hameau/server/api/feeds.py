"""Feeds: what they brought in the order of time, and lists of them in and out (OPML)."""

from __future__ import annotations

from starlette.responses import Response

from hameau.kit import N_, Refused, say
from hameau.library import News
from hameau.server.border import must_be_near
from hameau.server.call import Call
from hameau.server.endpoint import Endpoint
from hameau.server.shapes import InSpace, NoParameters
from hameau.server.source_shapes import (
    EnclosedTold,
    FeedListNow,
    FeedsFollowed,
    FeedTold,
    NewFeedList,
    NewFeeds,
    NewsTold,
    PlanetNow,
    PlanetQuery,
)

_MOST = 4_000_000
"""Bytes of a list of feeds."""


def planet(call: Call, wanted: PlanetQuery) -> PlanetNow:
    found = call.house.planet.news(
        wanted.space, source_id=wanted.source, before=wanted.before, since=wanted.since, limit=wanted.limit
    )
    return PlanetNow(tuple(_told(one) for one in found.news), found.more or None)


def feeds(call: Call, wanted: InSpace) -> FeedsFollowed:
    return FeedsFollowed(tuple(call.house.planet.feeds(wanted.space)))


def export(call: Call, wanted: InSpace) -> Response:
    return Response(call.house.feeds.export(wanted.space), media_type="text/x-opml")


def propose(call: Call, _: NoParameters, body: NewFeedList) -> FeedListNow:
    found = call.house.feeds.propose(body.opml.encode(), space=body.space, full_text=body.full_text)
    return FeedListNow(
        found.hosts,
        tuple(FeedTold(one.uri, one.title) for one in found.proposals),
        tuple(FeedTold(one.uri, one.title) for one in found.known),
        tuple(
            FeedTold(outline.address, outline.title, say(error.message, call.language, error.fields))
            for outline, error in found.refused
        ),
    )


def connect(call: Call, _: NoParameters, body: NewFeeds) -> FeedsFollowed:
    must_be_near(call)
    found = call.house.feeds.propose(body.opml.encode(), space=body.space, full_text=body.full_text)
    missing = sorted(set(found.hosts) - set(body.allow))
    if missing:
        raise Refused(
            N_("Nobody has allowed to reach {place}."),
            hint=N_("Say yes to every host of the list: « allow » must name them all."),
            place=missing[0],
        )
    made = {one.id for one in call.house.feeds.connect(found)}
    return FeedsFollowed(tuple(one for one in call.house.planet.feeds(body.space) if one.source_id in made))


def _told(one: News) -> NewsTold:
    document = one.document
    return NewsTold(
        document.id,
        document.source_id,
        one.feed,
        document.title,
        document.dated_at,
        document.authors,
        document.link,
        one.excerpt,
        tuple(EnclosedTold(each.address, each.media_type, each.size, each.seconds) for each in one.files),
    )


ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/v1/planet",
        "What the feeds of a space brought, the newest first; nothing is ranked",
        planet,
        PlanetQuery,
        answer=PlanetNow,
        tag="feeds",
    ),
    Endpoint(
        "GET", "/api/v1/feeds", "The feeds of a space, by name", feeds, InSpace, answer=FeedsFollowed, tag="feeds"
    ),
    Endpoint(
        "GET",
        "/api/v1/feeds/opml",
        "The feeds of a space as OPML, for another reader",
        export,
        InSpace,
        answer=str,
        media="text/x-opml",
        tag="feeds",
    ),
    Endpoint(
        "POST",
        "/api/v1/feeds/propose",
        "What an OPML would bring and whom it would reach; asks nobody outside, changes nothing",
        propose,
        body=NewFeedList,
        answer=FeedListNow,
        limit=_MOST,
        tag="feeds",
    ),
    Endpoint(
        "POST",
        "/api/v1/feeds",
        "Allow the hosts of an OPML, and follow its feeds from now on",
        connect,
        body=NewFeeds,
        answer=FeedsFollowed,
        status=201,
        limit=_MOST,
        tag="feeds",
    ),
)
