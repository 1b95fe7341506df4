"""Where documents come from: list, add, read again, remove; and files that a person hands over."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from hameau.library import Source
from hameau.server.api.connecting import connect
from hameau.server.call import Call
from hameau.server.endpoint import Endpoint
from hameau.server.replies import json_reply
from hameau.server.shapes import ById, InSpace, NewSource, NoParameters, Sources, Uploaded
from hameau.server.source_shapes import NewConnectedSource
from hameau.server.telling import told_source
from hameau.server.uploads import keep, receive_files


def sources(call: Call, wanted: InSpace) -> Sources:
    return Sources(tuple(told_source(one, call.language) for one in call.house.library.sources(wanted.space)))


def source(call: Call, wanted: ById) -> Source:
    return told_source(call.house.library.source(wanted.id), call.language)


def add(call: Call, _: NoParameters, body: NewSource) -> Source:
    """What leads out of this machine is refused here: see « connect »."""
    if body.kind != "folder":
        wanted = NewConnectedSource(body.uri, body.kind, "", body.title, body.space, body.settings)
        return connect(call, NoParameters(), wanted)
    added: Source = call.house.add_source(
        body.kind, body.uri, space=body.space, title=body.title, settings=body.settings
    )
    return added


def remove(call: Call, wanted: ById) -> None:
    call.house.connecting.remove(wanted.id)


def sync(call: Call, wanted: ById) -> Source:
    call.house.library.request_sync(wanted.id)
    return source(call, wanted)


async def upload(request: Request, call: Call, wanted: InSpace) -> Response:
    async with receive_files(request) as files:
        kept = await run_in_threadpool(keep, call.house, wanted.space, files, call.language)
    return json_reply(kept, 201)


ENDPOINTS = (
    Endpoint("GET", "/api/v1/sources", "Where documents come from", sources, InSpace, answer=Sources, tag="sources"),
    Endpoint(
        "POST",
        "/api/v1/sources",
        "Add a source; its documents are read in the background",
        add,
        body=NewSource,
        answer=Source,
        status=201,
        tag="sources",
    ),
    Endpoint("GET", "/api/v1/sources/{id}", "One source", source, ById, answer=Source, tag="sources"),
    Endpoint(
        "DELETE",
        "/api/v1/sources/{id}",
        "Forget a source, all that it brought, its secret and the Connection that nobody else needs; the files themselves stay",
        remove,
        ById,
        status=204,
        tag="sources",
    ),
    Endpoint(
        "POST",
        "/api/v1/sources/{id}/sync",
        "Look again for new, changed and vanished files",
        sync,
        ById,
        answer=Source,
        status=202,
        tag="sources",
    ),
    Endpoint(
        "POST",
        "/api/v1/uploads",
        "Hand over files (multipart/form-data, fields named `files`); they are kept in the home folder",
        upload,
        InSpace,
        answer=Uploaded,
        status=201,
        raw=True,
        media="application/json",
        tag="sources",
    ),
)
