"""Streaming from a thread: in order, errors carried over, and nobody left working when the reader hangs up."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator

import pytest

from fakes.asking import Client
from fakes.house import HouseInMemory
from hameau.kit import NotEnough
from hameau.server import create_app
from hameau.server.events import steps

QUESTION = "cotisation annuelle"


def test_items_come_in_order_and_errors_are_carried_over() -> None:
    def make(cancel: threading.Event) -> Iterator[int]:
        yield from range(3)
        raise ValueError("broken")

    async def read() -> list[int]:
        items = steps(make, threading.Event())
        got = [await anext(items) for _ in range(3)]
        with pytest.raises(ValueError, match="broken"):
            await anext(items)
        return got

    assert asyncio.run(read()) == [0, 1, 2]


def test_the_events_of_an_answer(client: Client) -> None:
    answer = client.post("/api/v1/ask", json={"question": QUESTION, "stream": True})
    assert answer.headers["content-type"].startswith("text/event-stream")
    blocks = [block.split("\n") for block in answer.text.strip().split("\n\n")]
    names = [block[0].removeprefix("event: ") for block in blocks]
    assert names[:2] == ["evidence", "best"]
    assert names[-1] == "done"
    assert names.count("sentence") == 2
    done = json.loads(blocks[-1][1].removeprefix("data: "))
    assert done["answered"]
    assert done["citations"][0]["quote"] in done["answer"]


def test_an_error_in_the_middle_is_an_event(client: Client, house: HouseInMemory) -> None:
    def hold(cancel: object) -> None:
        raise NotEnough("The memory is full.", hint="Close something.")

    house.assistant.hold = hold
    answer = client.post("/api/v1/ask", json={"question": QUESTION, "stream": True})
    assert answer.status_code == 200
    last = answer.text.strip().split("\n\n")[-1].split("\n")
    assert last[0] == "event: error"
    told = {"code": "not_enough", "message": "The memory is full.", "hint": "Close something."}
    assert json.loads(last[1].removeprefix("data: "))["error"] == told
    assert client.post("/api/v1/ask", json={"question": QUESTION}).status_code == 507


def test_what_nobody_foresaw_shows_no_insides(client: Client, house: HouseInMemory) -> None:
    def hold(cancel: object) -> None:
        raise RuntimeError("secret insides")

    house.assistant.hold = hold
    for stream in (True, False):
        answer = client.post("/api/v1/ask", json={"question": QUESTION, "stream": stream})
        assert "internal" in answer.text
        assert "secret" not in answer.text
        assert "Traceback" not in answer.text


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_hanging_up_stops_the_answer(house: HouseInMemory, stream: bool) -> None:
    reached = threading.Event()

    def hold(cancel: object) -> None:
        reached.set()
        assert isinstance(cancel, threading.Event)
        cancel.wait(30)

    house.assistant.hold = hold
    app = create_app(house)
    body = json.dumps({"question": QUESTION, "stream": stream}).encode()

    async def ask_and_leave() -> None:
        sent = False

        async def receive() -> dict[str, object]:
            nonlocal sent
            if not sent:
                sent = True
                return {"type": "http.request", "body": body, "more_body": False}
            await asyncio.to_thread(reached.wait, 30)
            return {"type": "http.disconnect"}

        async def send(message: object) -> None:
            pass

        scope = {
            "type": "http", "method": "POST", "path": "/api/v1/ask", "raw_path": b"/api/v1/ask", "query_string": b"",
            "headers": [(b"host", b"127.0.0.1:8484")], "http_version": "1.1", "scheme": "http", "root_path": "",
        }  # fmt: skip
        await app(scope, receive, send)  # type: ignore[arg-type]

    asyncio.run(ask_and_leave())
    assert house.assistant.cancelled.wait(30)
    assert house.assistant.conversations() == []


def test_an_answer_that_could_not_be_kept_is_sent_before_the_error(house: HouseInMemory, client: Client) -> None:
    house.assistant.full = True
    streamed = client.post("/api/v1/ask", json={"question": QUESTION, "stream": True}).text
    assert [line[7:] for line in streamed.splitlines() if line.startswith("event: ")][-2:] == ["done", "error"]
    whole = client.post("/api/v1/ask", json={"question": QUESTION})
    assert whole.status_code == 200
    assert whole.json()["answered"]
    page = client.post("/ask", data={"question": QUESTION})
    assert page.status_code == 507
    assert "The disk is full." in page.text
    assert "La cotisation annuelle" in page.text
