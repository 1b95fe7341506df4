"""The application: routes in, security headers out. The only place that knows the order of the layers."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hameau.kit import HameauError
from hameau.server import api, mcp, ollama, openai
from hameau.server.admission import Admission
from hameau.server.arrivals import Arrivals
from hameau.server.asker import Asker
from hameau.server.assets import PREFIX, serve_asset
from hameau.server.call import call_of
from hameau.server.doors import Address, Doors
from hameau.server.errors import NoKey, TooManyTries, WrongKey, known
from hameau.server.events import NDJSON
from hameau.server.faces import face_at, failed
from hameau.server.openapi import document
from hameau.server.pages import PAGES, error_page, sign_in_page
from hameau.server.ports import House
from hameau.server.replies import json_reply

EVERY = (*api.ENDPOINTS, *openai.ENDPOINTS, *ollama.ENDPOINTS, *mcp.ENDPOINTS)
"""Every endpoint of every protocol, in the order in which they are tried."""


def create_app(hub: House, address: Address | None = None) -> Starlette:
    """The ASGI application over ``hub``. ``address`` is where it listens; by default what the settings say."""
    where = address or Address(hub.settings.host, hub.settings.port)
    admission = Admission(hub)
    app = Starlette(
        routes=[
            *(endpoint.route() for endpoint in EVERY),
            *openai.ROUTES,
            Route("/api/v1/openapi.json", _openapi, methods=["GET"]),
            Route(PREFIX + "{name}", serve_asset, methods=["GET"]),
            *PAGES,
        ],
        middleware=[
            Middleware(Doors, address=where, house=hub, admission=admission, explain=_stays_outside),
            Middleware(Asker),
            Middleware(
                GZipMiddleware,
                minimum_size=1024,
                compresslevel=5,
                exclude_content_types=(*DEFAULT_EXCLUDED_CONTENT_TYPES, NDJSON),  # a line must not wait for the next
            ),
        ],
        exception_handlers={HTTPException: _failed, Exception: _failed},
    )
    app.state.house = hub
    app.state.admission = admission
    app.state.arrivals = Arrivals()
    app.state.responses = openai.Responses()
    return app


async def _openapi(_: Request) -> Response:
    return json_reply(document(EVERY))


async def _failed(request: Request, error: Exception) -> Response:
    """Whatever got out of a route: JSON for programs, a page for people."""
    call = call_of(request)
    ours = known(error)
    if face := face_at(request.url.path):
        return failed(face, ours, call.language)
    return await run_in_threadpool(error_page, call, ours)


async def _stays_outside(request: Request, refusal: HameauError) -> Response:
    """The answer to whoever is not let in: a program learns it in its protocol, a person gets the page to type a key."""
    wants_key = isinstance(refusal, NoKey | WrongKey | TooManyTries)
    if wants_key and face_at(request.url.path) is None:
        back = request.url.path if request.method == "GET" else "/"
        response = await run_in_threadpool(sign_in_page, call_of(request), refusal, back)
    else:
        response = await _failed(request, refusal)
    if isinstance(refusal, NoKey | WrongKey):
        response.headers["WWW-Authenticate"] = 'Bearer realm="Hameau"'  # not Basic: a browser would keep what is typed
    if isinstance(refusal, TooManyTries):
        response.headers["Retry-After"] = str(refusal.fields["seconds"])
    return response
