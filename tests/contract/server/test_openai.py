"""What the OpenAI face answers is what the OpenAPI document says, streams and errors included."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from fakes.asking import Client
from fakes.house import furnished
from hameau.server import create_app
from hameau.server.app import EVERY
from hameau.server.openai import ENDPOINTS
from hameau.server.openapi import document as describe

HELLO = {"model": "petit-modele", "messages": [{"role": "user", "content": "Bonjour"}]}
LIBRARY = {"model": "hameau/library", "messages": [{"role": "user", "content": "cotisation annuelle"}]}
SAID = {"model": "petit-modele", "input": "Bonjour"}
VECTORS = {"model": "sens-des-phrases", "input": ["Bonjour"]}
CALLS: list[tuple[str, str, str, dict[str, Any] | None]] = [
    ("GET", "/v1/models", "/v1/models", None),
    ("GET", "/v1/models/hameau/library", "/v1/models/{model}", None),
    ("POST", "/v1/chat/completions", "/v1/chat/completions", HELLO | {"n": 2}),
    ("POST", "/v1/chat/completions", "/v1/chat/completions", LIBRARY),
    ("POST", "/v1/completions", "/v1/completions", {"model": "petit-modele", "prompt": "Il", "echo": True}),
    ("POST", "/v1/embeddings", "/v1/embeddings", VECTORS),
    ("POST", "/v1/embeddings", "/v1/embeddings", VECTORS | {"encoding_format": "base64"}),
    ("POST", "/v1/responses", "/v1/responses", SAID | {"metadata": {"a": "b"}, "text": {"format": {"type": "text"}}}),
    ("POST", "/v1/responses", "/v1/responses", {"model": "hameau/library", "input": "cotisation annuelle"}),
    ("POST", "/v1/responses/input_tokens", "/v1/responses/input_tokens", SAID),
    ("GET", "/v1/responses/{kept}", "/v1/responses/{response_id}", None),
    ("GET", "/v1/responses/{kept}/input_items", "/v1/responses/{response_id}/input_items", None),
    ("POST", "/v1/responses/{background}/cancel", "/v1/responses/{response_id}/cancel", None),
    ("DELETE", "/v1/responses/{kept}", "/v1/responses/{response_id}", None),
]


@pytest.fixture
def client(tmp_path: Path) -> Client:
    return Client(create_app(furnished(tmp_path)))


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The description, as a program reads it."""
    read: dict[str, Any] = json.loads(msgspec.json.encode(describe(EVERY)))
    return read


def check(value: Any, schema: dict[str, Any], document: dict[str, Any]) -> None:
    """Raises when ``value`` is not what ``schema`` says."""
    jsonschema.Draft202012Validator({**schema, "components": document["components"]}).validate(value)


def test_every_address_is_called() -> None:
    called = {(method, path) for method, _, path, _ in CALLS}
    assert called == {(one.method, one.path.replace(":path", "")) for one in ENDPOINTS}


def test_every_answer_is_as_described(client: Client, document: dict[str, Any]) -> None:
    kept = client.post("/v1/responses", json=SAID).json()["id"]
    background = client.post("/v1/responses", json=SAID | {"background": True}).json()["id"]
    for method, at, path, body in CALLS:
        answer = client.request(method, at.format(kept=kept, background=background), json=body)
        assert answer.status_code == 200, (method, at, answer.text)
        described = document["paths"][path][method.lower()]["responses"]["200"]["content"]["application/json"]
        check(answer.json(), described["schema"], document)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", HELLO | {"stream_options": {"include_usage": True}}),
        ("/v1/chat/completions", LIBRARY),
        ("/v1/completions", {"model": "petit-modele", "prompt": "Il"}),
        ("/v1/responses", SAID),
    ],
)
def test_every_event_is_as_described(client: Client, document: dict[str, Any], path: str, body: dict[str, Any]) -> None:
    described = document["paths"][path]["post"]["responses"]["200"]["content"]["text/event-stream"]
    shapes = described["x-events"]
    answer = client.post(path, json=body | {"stream": True})
    assert answer.headers["content-type"].startswith("text/event-stream")
    seen = 0
    for block in answer.text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        if fields["data"] != "[DONE]":
            check(json.loads(fields["data"]), shapes[fields.get("event", "")], document)
            seen += 1
    assert seen > 1


def test_every_error_is_as_described(client: Client, document: dict[str, Any]) -> None:
    for method, _, path, body in CALLS:
        described = document["paths"][path][method.lower()]["responses"]["default"]["content"]["application/json"]
        place = path.replace("{model}", "nobody").replace("{response_id}", "resp_nobody")
        wrong = dict.fromkeys(body, 3) if body else None
        answer = client.request(method, place, json=wrong)
        if answer.status_code != 200:
            check(answer.json(), described["schema"], document)
            assert answer.status_code < 500


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/embeddings"])
def test_what_is_nested_without_end_is_a_bad_request(client: Client, path: str) -> None:
    deep = '{"model": "petit-modele", "metadata": ' + '{"a":' * 100_000 + "1" + "}" * 100_000 + "}"
    assert client.post(path, content=deep).status_code == 400
