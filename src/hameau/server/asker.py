"""Says through which face a person asks, for the journal: ``page`` or ``api``; or which program with a key does.

It holds for all the work of a request, in threads and in streams too: both run in a copy of the request's context.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from hameau.perimeter import asking
from hameau.server.faces import face_at
from hameau.server.visitors import VISITOR, Visitor

PAGE, API = "page", "api"


def face_of(path: str, site: str) -> str:
    """``page`` for a page and for what its scripts ask (``Sec-Fetch-Site: same-origin``), ``api`` for programs. Pure."""
    return API if face_at(path) and site != "same-origin" else PAGE


def name_of(visitor: Visitor | None, path: str, site: str) -> str:
    """``key NAME`` for whoever brought a key, else the face. Pure."""
    return f"key {visitor.key.name}" if visitor is not None and visitor.key is not None else face_of(path, site)


class Asker:
    """ASGI middleware around what passed the doors."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        site = Headers(scope=scope).get("sec-fetch-site", "")
        with asking(name_of(scope.get(VISITOR), scope["path"], site)):
            await self.app(scope, receive, send)
