"""A list of feeds from another reader: what is in it and whom it would reach, the yes; and the list to take away again."""

from __future__ import annotations

import hashlib

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from hameau.hub import FeedList
from hameau.kit import N_, BadInput, HameauError, explain
from hameau.server.border import must_be_near
from hameau.server.call import Call
from hameau.server.errors import status_of
from hameau.server.pages import sources
from hameau.server.pages.render import Visit, go, page
from hameau.server.uploads import receive_files

MOST_BYTES = 700_000
"""Of a list of feeds: five thousand of them. More does not fit the form that says yes."""


async def look(request: Request, call: Call) -> Response:
    """What is in a list that was chosen."""
    async with receive_files(request) as files:
        data = await files[0].read(MOST_BYTES + 1)
    return await run_in_threadpool(_look, call, data)


def connect(call: Call, visit: Visit) -> Response:
    """The yes to all hosts of a list that was shown."""
    must_be_near(call)
    full_text = visit.form.get("full_text") == "yes"
    wanted = call.house.feeds.propose(visit.form.get("opml", "").encode(), full_text=full_text)
    if visit.form.get("seal") != seal(wanted):
        raise BadInput(
            N_("This is another list than the one you saw."), hint=N_("Choose the file again on the page of sources.")
        )
    made = call.house.feeds.connect(wanted)
    return go("/sources", said="feeds", n=str(len(made)))


def export(call: Call, _: Visit) -> Response:
    """The feeds that are followed, for another reader."""
    headers = {"Content-Disposition": 'attachment; filename="hameau.opml"', "Cache-Control": "no-store"}
    return Response(call.house.feeds.export("home"), media_type="text/x-opml", headers=headers)


def seal(wanted: FeedList) -> str:
    """A short mark of the hosts that a yes to ``wanted`` allows."""
    return hashlib.sha256("\n".join(wanted.hosts).encode()).hexdigest()[:32]


def _look(call: Call, data: bytes) -> Response:
    form = Visit("/sources", {}, {"add": "feed"}, {})
    try:
        must_be_near(call)
        if len(data) > MOST_BYTES:
            raise BadInput(N_("This list is too long."), hint=N_("Bring it in several pieces."))
        wanted = call.house.feeds.propose(data)
    except HameauError as error:
        return sources.show(call, form, error)
    refused = [(outline.title or outline.address, explain(error, call.language)) for outline, error in wanted.refused]
    return page(
        call,
        form,
        "feed-list.html",
        200 if wanted.proposals else status_of(BadInput()),
        wanted=wanted,
        refused=refused,
        seal=seal(wanted),
    )
