"""A plain client of an ASGI application, without a network: what a browser without scripts would see."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
from starlette.types import ASGIApp


class Client:
    """Asks ``app`` and waits for the whole answer. Cookies are kept, redirections are not followed."""

    def __init__(self, app: ASGIApp, base_url: str = "http://127.0.0.1:8484", language: str = "en") -> None:
        transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
        headers = {"accept-language": language}
        self._client = httpx.AsyncClient(transport=transport, base_url=base_url, headers=headers)

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        return asyncio.run(self._client.request(method, path, **more))

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.request("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.request("POST", path, **more)

    def patch(self, path: str, **more: Any) -> httpx.Response:
        return self.request("PATCH", path, **more)

    def delete(self, path: str, **more: Any) -> httpx.Response:
        return self.request("DELETE", path, **more)
