"""The official client of the Model Context Protocol, over HTTP, in the old and the new era of the protocol.

The house is in memory; tests/acceptance has the real one.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import anyio
import httpx
import pytest
import uvicorn
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from fakes.house import HouseInMemory, furnished
from hameau.server import Address, create_app

ERAS = ("legacy", "2026-07-28")
QUESTION = {"question": "cotisation annuelle"}


@dataclass
class Served:
    house: HouseInMemory
    address: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    house = furnished(tmp_path_factory.mktemp("house"))
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        port = line.getsockname()[1]
        app = create_app(house, Address("127.0.0.1", port))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [line]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield Served(house, f"http://127.0.0.1:{port}/mcp")
        server.should_exit = True
        thread.join()


@pytest.fixture(params=ERAS)
def ask(served: Served, request: pytest.FixtureRequest) -> Callable[[Callable[[Client], Awaitable[Any]]], Any]:
    """Lets a client of that era do something."""

    def run(act: Callable[[Client], Awaitable[Any]]) -> Any:
        async def main() -> Any:
            async with Client(served.address, mode=request.param) as client:
                return await act(client)

        return anyio.run(main)

    return run


Ask = Callable[[Callable[[Client], Awaitable[Any]]], Any]


def test_the_three_tools_change_nothing_and_say_so(ask: Ask) -> None:
    tools = {tool.name: tool for tool in ask(lambda client: client.list_tools()).tools}
    assert set(tools) == {"search_library", "read_document", "ask_library"}
    for tool in tools.values():
        assert tool.annotations.read_only_hint
        assert not tool.annotations.open_world_hint
        assert tool.output_schema["type"] == "object"
        assert all("description" in field for field in tool.input_schema["properties"].values())


def test_passages_are_found_as_text_and_as_data(ask: Ask) -> None:
    found = ask(lambda client: client.call_tool("search_library", {"query": "cotisation annuelle", "limit": 1}))
    assert not found.is_error
    (one,) = found.structured_content["results"]
    assert one["resource"] == "hameau://documents/1"
    assert "15 euros" in one["text"]
    head, passage = (block.text for block in found.content)
    assert "citations" in head  # French: nobody said which language they read
    assert all(line.startswith(">") for line in passage.splitlines()[1:])


def test_a_document_is_read_part_by_part(ask: Ask, served: Served) -> None:
    async def read(client: Client) -> str:
        text, start = "", 0
        while start is not None:
            part = await client.call_tool("read_document", {"document_id": 1, "start": start, "length": 100})
            text += part.structured_content["text"]
            assert part.content[1].text == part.structured_content["text"]
            start = part.structured_content["next_start"]
        return text

    assert ask(read) == served.house.library.text(1)


def test_a_question_is_answered_with_progress_and_citations(ask: Ask, served: Served) -> None:
    heard: list[tuple[float, str | None]] = []

    async def told(done: float, total: float | None, text: str | None) -> None:
        heard.append((done, text))

    answer = ask(
        lambda client: client.call_tool("ask_library", {**QUESTION, "earlier": ["Quoi ?"]}, progress_callback=told)
    )
    assert [done for done, _ in heard] == [1, 2]  # the last sentence comes with the answer
    data = answer.structured_content
    assert data["answered"]
    assert [each["supported"] for each in data["sentences"]] == [True, False]
    assert data["sentences"][1]["doubt"]
    assert data["citations"][0]["quote"] in served.house.library.text(1)
    assert "[1]" in answer.content[0].text
    assert served.house.assistant.earlier == ("Quoi ?",)
    assert not served.house.assistant.kept


def test_without_an_answer_it_says_so(ask: Ask) -> None:
    answer = ask(lambda client: client.call_tool("ask_library", {"question": "xyzzy"}))
    assert not answer.is_error
    assert not answer.structured_content["answered"]
    assert answer.structured_content["nearest"]


WRONG = (
    ("search_library", {}, "query"),
    ("search_library", {"query": ""}, "query"),
    ("search_library", {"query": "x" * 5000}, "query"),
    ("search_library", {"query": "x", "limit": 1000}, "limit"),
    ("search_library", {"query": "x", "kinds": ["dragon"]}, "dragon"),
    ("search_library", {"query": "x", "since": "never"}, "never"),
    ("search_library", {"query": "x", "document_id": 999}, ""),
    ("read_document", {"document_id": 999}, ""),
    ("read_document", {"document_id": "one"}, "document_id"),
    ("read_document", {"document_id": 1, "start": -1}, "start"),
    ("ask_library", {"question": "x", "more": 1}, "more"),
)


def test_a_wrong_call_is_told_to_the_model_that_made_it(ask: Ask) -> None:
    async def every(client: Client) -> list[Any]:
        return [await client.call_tool(tool, arguments) for tool, arguments, _ in WRONG]

    for found, (_, _, word) in zip(ask(every), WRONG, strict=True):
        assert found.is_error
        assert word in found.content[0].text


def test_documents_are_resources(ask: Ask, served: Served) -> None:
    listed = ask(lambda client: client.list_resources())
    assert listed.resources[0].uri == "hameau://documents/1"
    read = ask(lambda client: client.read_resource("hameau://documents/1?start=10"))
    assert read.contents[0].text == served.house.library.text(1)[10:]
    templates = ask(lambda client: client.list_resource_templates()).resource_templates
    assert {one.uri_template for one in templates} == {"hameau://documents/{id}{?start}", "hameau://passages/{id}"}


async def errors(*acts: Callable[[], Awaitable[Any]]) -> list[str]:
    """What each of ``acts`` is refused with."""
    said = []
    for act in acts:
        with pytest.raises(MCPError) as caught:
            await act()
        said.append(caught.value.error.message)
    return said


def test_other_addresses_lead_nowhere(ask: Ask) -> None:
    places = ("file:///etc/passwd", "hameau://documents/../1", "hameau://documents/999", "hameau://passages/999", "x:y")

    async def every(client: Client) -> list[str]:
        return await errors(*(lambda place=place: client.read_resource(place) for place in places))  # type: ignore[misc]

    assert all(ask(every))


def test_a_tool_that_is_not_there_is_an_error_of_the_protocol(ask: Ask) -> None:
    (said,) = ask(lambda client: errors(lambda: client.call_tool("delete_everything", {})))
    assert "delete_everything" in said


def test_who_stops_waiting_stops_the_answer(ask: Ask, served: Served) -> None:
    begun = threading.Event()

    def hold(cancel: Any) -> None:
        begun.set()
        cancel.wait(30)

    served.house.assistant.hold = hold
    served.house.assistant.cancelled.clear()

    async def give_up(client: Client) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(client.call_tool, "ask_library", QUESTION)
            await anyio.to_thread.run_sync(begun.wait)
            group.cancel_scope.cancel()
        # The client still holds its line: the request itself was cancelled.
        await anyio.to_thread.run_sync(served.house.assistant.cancelled.wait, 10)
        assert served.house.assistant.cancelled.is_set()

    try:
        ask(give_up)
    finally:
        served.house.assistant.hold = lambda cancel: None


def test_the_client_chooses_the_new_era_by_itself(served: Served) -> None:
    async def main() -> str:
        async with Client(served.address, mode="auto") as client:
            return str(client.protocol_version)

    assert anyio.run(main) == "2026-07-28"


# What no official client would send


def post(served: Served, message: object, **headers: str) -> httpx.Response:
    data = message if isinstance(message, bytes) else json.dumps(message).encode()
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.post(served.address, content=data, headers={"accept": "application/json, text/event-stream", **more})


def call(number: int, **params: object) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}


def test_each_session_has_a_name_that_nobody_guesses(served: Served) -> None:
    start = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18"}}
    names = {post(served, start).headers["mcp-session-id"] for _ in range(3)}
    assert len(names) == 3
    assert min(map(len, names)) >= 24


def test_nobody_stops_the_request_of_another(served: Served) -> None:
    begun, release = threading.Event(), threading.Event()

    def hold(cancel: Any) -> None:
        begun.set()
        while not (release.is_set() or cancel.is_set()):
            release.wait(0.01)

    served.house.assistant.hold = hold
    answers: list[httpx.Response] = []
    asking = threading.Thread(
        target=lambda: answers.append(
            post(served, call(7, name="ask_library", arguments=QUESTION), mcp_session_id="mine")
        )
    )
    asking.start()
    try:
        begun.wait(30)
        stop = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}}
        for session in ({}, {"mcp_session_id": "theirs"}):
            assert post(served, stop, **session).status_code == 202
    finally:
        release.set()
        asking.join()
        served.house.assistant.hold = lambda cancel: None
    assert '"answered":true' in answers[0].text


@pytest.mark.parametrize(
    ("message", "headers", "status", "code"),
    [
        (b"nonsense", {}, 400, -32700),
        ([call(1)], {}, 400, -32600),
        (call(1, name="search_library"), {"mcp_protocol_version": "1999-01-01"}, 400, -32022),
        (call(1, name="search_library"), {"mcp_protocol_version": "2026-07-28"}, 400, -32602),
        ({"jsonrpc": "2.0", "id": 1, "method": "nothing"}, {}, 200, -32601),
        ({"jsonrpc": "2.0", "id": 1, "method": "nothing"}, {"mcp_protocol_version": "2025-11-25"}, 200, -32601),
    ],
)
def test_wrong_messages_get_the_protocols_own_errors(
    served: Served, message: object, headers: dict[str, str], status: int, code: int
) -> None:
    answer = post(served, message, **headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_a_message_that_is_too_large_is_refused(served: Served) -> None:
    answer = post(served, b" " * 1_000_001)
    assert answer.status_code == 413
    assert answer.json()["jsonrpc"] == "2.0"


def test_there_is_no_line_that_is_open_without_a_request(served: Served) -> None:
    assert httpx.get(served.address, headers={"accept": "text/event-stream"}).status_code == 405
    assert httpx.delete(served.address).status_code == 405


def test_pages_of_other_sites_are_not_let_in(served: Served) -> None:
    answer = post(served, call(1, name="search_library"), origin="http://evil.example")
    assert answer.status_code == 403


def test_a_client_that_takes_json_alone_is_answered_in_json(served: Served) -> None:
    answer = post(served, call(1, name="ask_library", arguments=QUESTION), accept="application/json")
    assert answer.json()["result"]["structuredContent"]["answered"]


def test_the_transport_may_be_the_clients_own(served: Served) -> None:
    async def main() -> int:
        async with Client(streamable_http_client(served.address), mode="legacy") as client:
            return len((await client.list_tools()).tools)

    assert anyio.run(main) == 3
