"""The official client of the Model Context Protocol and the real program: over HTTP, and over standard streams beside the
server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import anyio
import httpx
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from acceptance.clients.conftest import Served
from acceptance.clients.mcp_calls import CHECKS
from conftest import HAMEAU

pytestmark = pytest.mark.needs_model
ERAS = ("legacy", "2026-07-28")


def environment(served: Served) -> dict[str, str]:
    return {**os.environ, "HAMEAU_HOME": str(served.home), "HAMEAU_MODELS_DIR": str(served.models)}


async def every_call(target: Any, era: str, served: Served) -> None:
    async with Client(target, mode=era) as client:
        for check in CHECKS.all():
            await check.run(client, served)


@pytest.mark.parametrize("era", ERAS)
def test_over_http(served: Served, era: str) -> None:
    anyio.run(every_call, f"{served.url}/mcp", era, served)


def test_an_assistant_starts_it_beside_the_server(served: Served) -> None:
    command = StdioServerParameters(command=HAMEAU[0], args=[*HAMEAU[1:], "mcp"], env=environment(served))
    anyio.run(every_call, stdio_client(command, errlog=sys.stderr), "auto", served)
    # Programs that keep their chats themselves leave none here.
    assert httpx.get(f"{served.url}/api/v1/conversations").json() == {"conversations": []}


def test_it_ends_quietly_with_the_program_that_started_it(served: Served) -> None:
    messages = b'{"jsonrpc":"2.0","id":1,"method":"ping"}\nnonsense\n'
    done = subprocess.run(
        [*HAMEAU, "mcp"], input=messages, capture_output=True, env=environment(served), timeout=60, check=False
    )
    assert done.returncode == 0
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert {(one["id"], "result" in one) for one in answers} == {(1, True), (None, False)}
