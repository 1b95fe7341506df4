"""The application: routes in, security headers out. The only place that knows the order of the layers."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hameau.server.api import ENDPOINTS
from hameau.server.arrivals import Arrivals
from hameau.server.asker import Asker
from hameau.server.assets import PREFIX, serve_asset
from hameau.server.call import call_of
from hameau.server.doors import Address, Doors
from hameau.server.errors import failure_of, known, status_of
from hameau.server.openapi import document
from hameau.server.pages import PAGES, error_page
from hameau.server.ports import House
from hameau.server.replies import json_reply


def create_app(hub: House, address: Address | None = None) -> Starlette:
    """The ASGI application over ``hub``. ``address`` is where it listens; by default what the settings say."""
    where = address or Address(hub.settings.host, hub.settings.port)
    app = Starlette(
        routes=[
            *(endpoint.route() for endpoint in ENDPOINTS),
            Route("/api/v1/openapi.json", _openapi, methods=["GET"]),
            Route(PREFIX + "{name}", serve_asset, methods=["GET"]),
            *PAGES,
        ],
        middleware=[
            Middleware(Doors, address=where),
            Middleware(Asker),
            Middleware(GZipMiddleware, minimum_size=1024, compresslevel=5),
        ],
        exception_handlers={HTTPException: _failed, Exception: _failed},
    )
    app.state.house = hub
    app.state.arrivals = Arrivals()
    return app


async def _openapi(_: Request) -> Response:
    return json_reply(document(ENDPOINTS))


async def _failed(request: Request, error: Exception) -> Response:
    """Whatever got out of a route: JSON for programs, a page for people."""
    call = call_of(request)
    ours = known(error)
    if request.url.path.startswith("/api/"):
        return json_reply(failure_of(ours, call.language), status_of(ours))
    return await run_in_threadpool(error_page, call, ours)
