"""Ollama's official clients against a real server: every method that is served, sync, async, and from Node.js."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from ollama import AsyncClient, Client, ResponseError

from acceptance.clients.conftest import Served
from acceptance.clients.ollama_calls import CHECKS, HELLO, SHORT
from acceptance.clients.ollama_node_calls import SERVED, run
from acceptance.clients.recorder import Check

pytestmark = pytest.mark.needs_model


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[Client]:
    """A Client on the one server of this folder."""
    with Client(host=served.url, timeout=120) as made:
        yield made


@pytest.mark.parametrize("check", CHECKS.all(), ids=str)
def test_python(check: Check, client: Client, served: Served) -> None:
    check.run(client, served)


def test_node(served: Served, node_clients: Path) -> None:
    """Every method that is served, from JavaScript."""
    assert frozenset(run("checks", node_clients, served)) == SERVED


def test_what_is_refused_says_why(client: Client, served: Served) -> None:
    with pytest.raises(ResponseError, match="push"):
        client.push(served.small)


def test_python_without_waiting(served: Served) -> None:
    """The asynchronous client: two answers at once, a stream that is left, and the server goes on."""

    async def work() -> None:
        async with AsyncClient(host=served.url, timeout=120) as client:
            both = await asyncio.gather(*(client.chat(served.small, HELLO, options=SHORT) for _ in range(2)))
            assert all(one.message.content for one in both)
            stream = await client.chat(served.small, HELLO, stream=True)
            async for piece in stream:
                assert not piece.done
                break
            await stream.aclose()  # type: ignore[attr-defined]
            assert (await client.generate(served.small, "Hello", options=SHORT)).response

    asyncio.run(work())


def test_a_stream_is_not_held_back(served: Served) -> None:
    """Lines come one by one, also for who takes compressed answers."""
    asks = {"model": served.small, "messages": HELLO, "options": {**SHORT, "num_predict": 20}}
    with httpx.stream("POST", f"{served.url}/api/chat", json=asks, headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["content-type"] == "application/x-ndjson"
        assert "content-encoding" not in answer.headers
        assert sum(1 for _ in answer.iter_raw()) > 1


def test_who_looks_whether_it_is_there(served: Served) -> None:
    assert httpx.head(served.url).status_code == 200
    assert httpx.head(f"{served.url}/api/version").status_code == 200
    assert httpx.get(f"{served.url}/api/nothing").json()["error"]
