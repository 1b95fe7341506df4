"""The official clients, from another machine: with a key they work, without one they say why in their own words."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import ollama
import openai
import pytest

from fakes.house import HouseInMemory, furnished
from hameau.accounts import Scope
from hameau.server import create_app
from hameau.server.tries import MOST

BASE = "http://maison.local:8484"
"""A name that Hameau does not know: a key opens it all the same."""
ASKED: Any = [{"role": "user", "content": "Bonjour"}]


@pytest.fixture
def house(tmp_path: Path) -> HouseInMemory:
    return furnished(tmp_path)


@pytest.fixture
def far(house: HouseInMemory) -> httpx.ASGITransport:
    return httpx.ASGITransport(create_app(house), client=("192.168.1.30", 40_000))  # type: ignore[arg-type]


def key(house: HouseInMemory, scope: Scope) -> str:
    return house.keys.make(scope, [scope]).secret


def ask_openai(far: httpx.ASGITransport, secret: str, model: str = "petit-modele") -> Any:
    async def ask() -> Any:
        async with httpx.AsyncClient(transport=far) as line:
            client = openai.AsyncOpenAI(base_url=f"{BASE}/v1", api_key=secret, http_client=line, max_retries=0)
            return await client.chat.completions.create(model=model, messages=ASKED)

    return asyncio.run(ask())


def ask_ollama(far: httpx.ASGITransport, secret: str) -> Any:
    async def ask() -> Any:
        client = ollama.AsyncClient(BASE, headers={"authorization": f"Bearer {secret}"}, transport=far)
        async with client._client:
            return await client.chat("petit-modele", ASKED)

    return asyncio.run(ask())


def test_with_a_key_that_opens_it_a_model_speaks(house: HouseInMemory, far: httpx.ASGITransport) -> None:
    secret = key(house, "chat")
    assert ask_openai(far, secret).choices[0].message.content
    assert ask_ollama(far, secret).message.content


@pytest.mark.parametrize("secret", ["sk-anything", "hameau-mistyped"])
def test_a_wrong_key_is_said(far: httpx.ASGITransport, secret: str) -> None:
    with pytest.raises(openai.AuthenticationError) as caught:
        ask_openai(far, secret)
    assert caught.value.code == "invalid_api_key"
    with pytest.raises(ollama.ResponseError) as told:
        ask_ollama(far, secret)
    assert told.value.status_code == 401
    assert "hameau keys add" in told.value.error


def test_a_key_that_does_not_open_it_is_said(house: HouseInMemory, far: httpx.ASGITransport) -> None:
    with pytest.raises(openai.PermissionDeniedError, match="scope read"):
        ask_openai(far, key(house, "chat"), "hameau/library")
    with pytest.raises(openai.PermissionDeniedError, match="scope chat"):
        ask_openai(far, key(house, "read"))


def test_too_many_tries_are_a_limit_of_rate(far: httpx.ASGITransport) -> None:
    for _ in range(MOST):
        with pytest.raises(openai.AuthenticationError):
            ask_openai(far, "sk-guess")
    with pytest.raises(openai.RateLimitError) as caught:
        ask_openai(far, "sk-guess")
    assert int(caught.value.response.headers["retry-after"]) > 0
