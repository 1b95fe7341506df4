"""Models, vectors, and what Hameau has not."""

from __future__ import annotations

import asyncio
import base64
import json
import struct
import threading
from collections.abc import Iterator

import pytest

from fakes.asking import Client
from fakes.house import HouseInMemory
from fakes.models import ScriptedGenerator
from hameau.models import Cancel, Chunk, GenerationRequest
from hameau.server import create_app
from hameau.server.openai.absent import ABSENT


def test_every_model_and_the_library(house: HouseInMemory, client: Client) -> None:
    listed = client.get("/v1/models").json()
    assert [one["id"] for one in listed["data"]] == ["sens-des-phrases", "petit-modele", "hameau/library"]
    assert {one["object"] for one in listed["data"]} == {"model"}
    assert client.get("/v1/models/hameau/library").json()["kind"] == "chat"
    assert client.get("/v1/models/PETIT-modele:latest").json()["id"] == "petit-modele"
    assert client.get("/v1/models/a/b").status_code == 404
    chatty = {"authorization": f"Bearer {house.keys.make('jeu', ['chat']).secret}"}
    assert "hameau/library" not in client.get("/v1/models", headers=chatty).text
    question = {"model": "hameau/library", "messages": [{"role": "user", "content": "cotisation"}]}
    refused = client.post("/v1/chat/completions", json=question, headers=chatty)
    assert refused.status_code == 403
    assert refused.json()["error"]["type"] == "permission_error"


def test_vectors(client: Client) -> None:
    body = {"model": "sens-des-phrases", "input": ["la cotisation", "le four"]}
    plain = client.post("/v1/embeddings", json=body).json()
    packed = client.post("/v1/embeddings", json=body | {"encoding_format": "base64"}).json()
    numbers = struct.unpack("<384f", base64.b64decode(packed["data"][1]["embedding"]))
    assert list(numbers) == plain["data"][1]["embedding"]
    assert len(client.post("/v1/embeddings", json=body | {"dimensions": 3}).json()["data"][0]["embedding"]) == 3
    assert client.post("/v1/embeddings", json=body | {"input_type": "query"}).status_code == 200
    wrong = (
        ({"input": [1, 2]}, "input"),
        ({"input": ""}, "input"),
        ({"input": []}, "input"),
        ({"input": ["x"] * 2049}, "input"),
        ({"dimensions": 385}, "dimensions"),
        ({"encoding_format": "hex"}, "encoding_format"),
        ({"model": "hameau/library"}, "model"),
    )
    for more, param in wrong:
        answer = client.post("/v1/embeddings", json=body | more)
        assert answer.status_code == 400
        assert answer.json()["error"]["param"] == param
    assert client.post("/v1/embeddings", json=body | {"model": "petit-modele"}).status_code == 400


@pytest.mark.parametrize("path", ABSENT)
def test_what_is_absent_says_so(client: Client, path: str) -> None:
    place = path.replace("{id}", "chatcmpl-1")
    for at, method in ((place, "POST"), (place + "/x", "GET")):
        answer = client.request(method, at)
        assert answer.status_code == 404, (method, at)
        assert answer.json()["error"]["message"].startswith("Hameau ")


def test_what_is_nowhere_or_of_another_kind_keeps_the_form(client: Client) -> None:
    for method, path, status in (
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/chat/completions", 405),
        ("PUT", "/v1/models", 405),
    ):
        answer = client.request(method, path)
        assert answer.status_code == status
        assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/completions", "/v1/responses"])
def test_hanging_up_stops_the_model(house: HouseInMemory, path: str, stream: bool) -> None:
    reached, stopped = threading.Event(), threading.Event()

    class Waiting(ScriptedGenerator):
        def stream(self, request: GenerationRequest, cancel: Cancel | None = None) -> Iterator[Chunk]:
            assert isinstance(cancel, threading.Event)
            yield Chunk("Oui")
            reached.set()
            if cancel.wait(30):
                stopped.set()

    house.models.generators["petit-modele"] = Waiting("")
    said = {
        "/v1/chat/completions": {"messages": [{"role": "user", "content": "x"}]},
        "/v1/completions": {"prompt": "x"},
        "/v1/responses": {"input": "x"},
    }
    body = json.dumps({"model": "petit-modele", "stream": stream} | said[path]).encode()

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
            "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
            "headers": [(b"host", b"127.0.0.1:8484")], "http_version": "1.1", "scheme": "http", "root_path": "",
        }  # fmt: skip
        await create_app(house)(scope, receive, send)  # type: ignore[arg-type]

    asyncio.run(ask_and_leave())
    assert stopped.wait(30)
