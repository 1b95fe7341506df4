"""Says through which face a person asks, for the journal: ``page`` or ``api``.

It holds for all the work of a request, in threads and in streams too: both run in a copy of the request's context.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from hameau.perimeter import asking

PAGE, API = "page", "api"


def face_of(path: str, site: str) -> str:
    """``page`` for a page and for what its scripts ask (``Sec-Fetch-Site: same-origin``), ``api`` for programs. Pure."""
    return API if path.startswith("/api/") and site != "same-origin" else PAGE


class Asker:
    """ASGI middleware around what passed the doors."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        with asking(face_of(scope["path"], Headers(scope=scope).get("sec-fetch-site", ""))):
            await self.app(scope, receive, send)
