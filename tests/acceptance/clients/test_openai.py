"""OpenAI's official clients against a real server: every method that is served, sync, async, and from Node.js."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openai import AsyncOpenAI, OpenAI

from acceptance.clients.conftest import Served
from acceptance.clients.openai_calls import CHECKS, HELLO, SAY
from acceptance.clients.openai_node_calls import SERVED, run
from acceptance.clients.recorder import Check

pytestmark = pytest.mark.needs_model


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[OpenAI]:
    """No second tries: what fails shall be seen."""
    with OpenAI(base_url=f"{served.url}/v1", api_key="anything", max_retries=0) as made:
        yield made


@pytest.mark.parametrize("check", CHECKS.all(), ids=str)
def test_python(check: Check, client: OpenAI, served: Served) -> None:
    check.run(client, served)


def test_node(served: Served, node_clients: Path) -> None:
    """Every method that is served, from JavaScript."""
    done = run("checks", node_clients, served)
    results = [json.loads(line) for line in done.splitlines()]
    assert {one["method"] for one in results} == SERVED
    assert [one for one in results if one["error"]] == []


def test_python_without_waiting(served: Served) -> None:
    """The asynchronous client: two answers at once, a stream that is left, and the server goes on."""

    async def work() -> None:
        async with AsyncOpenAI(base_url=f"{served.url}/v1", api_key="anything", max_retries=0) as client:

            async def one(seed: int) -> Any:
                return await client.chat.completions.create(model=served.small, messages=HELLO, max_tokens=6, seed=seed)

            for answer in await asyncio.gather(one(1), one(2)):
                assert answer.choices[0].message.content
            stream = await client.chat.completions.create(model=served.small, messages=HELLO, stream=True)
            async for piece in stream:
                assert piece.choices
                break
            await stream.close()
            async with client.responses.stream(
                model=served.small, input=SAY, max_output_tokens=50, temperature=0
            ) as events:
                assert (await events.get_final_response()).output_text

    asyncio.run(work())
