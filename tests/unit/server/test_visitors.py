"""Another machine of the home network asks and reads; everything else is done where Hameau runs."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from fakes.house import HouseInMemory
from hameau.server import create_app
from hameau.server.visitors import may_come_from_afar


def from_afar(house: HouseInMemory, method: str, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(create_app(house), client=("192.168.1.30", 40_000))  # type: ignore[arg-type]

    async def request() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8484") as client:
            return await client.request(method, path, json={} if path.startswith("/api/") else None)

    return asyncio.run(request())


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/sources"),
        ("POST", "/api/v1/uploads"),
        ("POST", "/api/v1/models"),
        ("DELETE", "/api/v1/models/tiny"),
        ("PATCH", "/api/v1/settings"),
        ("DELETE", "/api/v1/conversations/c"),
        ("PUT", "/api/v1/perimeter/level"),
        ("POST", "/library/add"),
        ("POST", "/library/files"),
        ("POST", "/models/add"),
        ("POST", "/settings"),
        ("POST", "/conversations/c/delete"),
        ("POST", "/perimeter/allow"),
    ],
)
def test_nothing_is_changed_from_afar(house: HouseInMemory, method: str, path: str) -> None:
    answer = from_afar(house, method, path)
    assert answer.status_code == 403
    assert "HAMEAU" in answer.text.upper()


@pytest.mark.parametrize("path", ["/", "/library", "/journal", "/api/v1/perimeter", "/api/v1/sources"])
def test_it_is_read_from_afar(house: HouseInMemory, path: str) -> None:
    assert from_afar(house, "GET", path).status_code == 200


def test_it_is_asked_from_afar() -> None:
    assert may_come_from_afar("POST", "/ask")
    assert may_come_from_afar("POST", "/api/v1/ask")
    assert not may_come_from_afar("POST", "/api/v1/ask/anything")
