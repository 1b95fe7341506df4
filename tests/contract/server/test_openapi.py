"""What the API answers is what its OpenAPI document says, for every endpoint, and errors have one shape everywhere."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path
from typing import Any

import pytest

from fakes.asking import Client
from fakes.house import HouseInMemory, furnished
from hameau.kit import HameauError
from hameau.server import create_app
from hameau.server.api import ENDPOINTS
from hameau.server.app import EVERY
from hameau.server.errors import STATUS

Schema = dict[str, Any]


@pytest.fixture
def house(tmp_path: Path) -> HouseInMemory:
    return furnished(tmp_path)


@pytest.fixture
def client(house: HouseInMemory) -> Client:
    return Client(create_app(house))


@pytest.fixture
def described(client: Client) -> Schema:
    document: Schema = client.get("/api/v1/openapi.json").json()
    return document


TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool,
    "null": type(None),
}  # fmt: skip


def faults(value: Any, schema: Schema, whole: Schema, place: str = "$") -> list[str]:
    """Where ``value`` is not what ``schema`` says: the part of JSON Schema 2020-12 that the document uses."""
    if "$ref" in schema:
        target: Any = whole
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return faults(value, target, whole, place)
    if "anyOf" in schema:
        tried = [faults(value, each, whole, place) for each in schema["anyOf"]]
        return [] if [] in tried else tried[0]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{place}: {value!r} is none of {schema['enum']}"]
    kind = schema.get("type")
    if kind and (not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean")):
        return [f"{place}: {value!r} is no {kind}"]
    if kind == "array":
        items = schema.get("items", {})
        return [f for n, one in enumerate(value) for f in faults(one, items or {}, whole, f"{place}[{n}]")]
    if kind == "object":
        known = schema.get("properties", {})
        missing = [f"{place}: {name} is missing" for name in schema.get("required", ()) if name not in value]
        extra = schema.get("additionalProperties", True)
        unknown = [
            f"{place}: {name} is not described" for name in value if known and name not in known and extra is True
        ]
        inside = [
            f for name in value if name in known for f in faults(value[name], known[name], whole, f"{place}.{name}")
        ]
        return missing + unknown + inside
    return []


CONNECTION = {"host": "imap.example.org", "port": 993, "why": "mail", "until": "2999-12-31T00:00:00Z"}
REQUESTS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("GET", "/api/v1/health", "/api/v1/health", {}),
    ("GET", "/api/v1/status", "/api/v1/status", {}),
    ("GET", "/api/v1/sources", "/api/v1/sources", {}),
    ("POST", "/api/v1/sources", "/api/v1/sources", {"json": {"uri": "/srv/notes", "title": "Notes"}}),
    ("GET", "/api/v1/sources/source_1", "/api/v1/sources/{id}", {}),
    ("POST", "/api/v1/sources/source_1/sync", "/api/v1/sources/{id}/sync", {}),
    ("POST", "/api/v1/sources/propose", "/api/v1/sources/propose", {"json": {"what": "jeanne@moulin.example"}}),
    ("POST", "/api/v1/sources/propose", "/api/v1/sources/propose", {"json": {"what": "/srv/notes"}}),
    ("POST", "/api/v1/sources/connect", "/api/v1/sources/connect", {"json": {"what": "/srv/notes"}}),
    ("GET", "/api/v1/sources/states", "/api/v1/sources/states", {}),
    ("POST", "/api/v1/sources/source_1/pause", "/api/v1/sources/{id}/pause", {}),
    ("POST", "/api/v1/sources/source_1/resume", "/api/v1/sources/{id}/resume", {}),
    (
        "POST",
        "/api/v1/sources/source_2/files",
        "/api/v1/sources/{id}/files",
        {"json": {"name": "a.md", "text": "Bonjour"}},
    ),
    (
        "POST",
        "/api/v1/sources/login",
        "/api/v1/sources/login",
        {"json": {"what": "https://cloud.example", "allow": "cloud.example:443"}},
    ),
    ("POST", "/api/v1/sources/login/login_1", "/api/v1/sources/login/{id}", {}),
    ("DELETE", "/api/v1/sources/login/login_1", "/api/v1/sources/login/{id}", {}),
    ("GET", "/api/v1/feeds", "/api/v1/feeds", {}),
    ("POST", "/api/v1/feeds/propose", "/api/v1/feeds/propose", {"json": {"opml": "https://a.example/f.xml"}}),
    ("POST", "/api/v1/feeds", "/api/v1/feeds", {"json": {"opml": "https://a.example/f.xml", "allow": ["a.example"]}}),
    ("GET", "/api/v1/feeds/opml", "/api/v1/feeds/opml", {}),
    ("GET", "/api/v1/planet?limit=1", "/api/v1/planet", {}),
    ("POST", "/api/v1/uploads", "/api/v1/uploads", {"files": {"files": ("a.txt", b"Bonjour")}}),
    ("DELETE", "/api/v1/sources/source_1", "/api/v1/sources/{id}", {}),
    ("GET", "/api/v1/search?q=cotisation&limit=3", "/api/v1/search", {}),
    ("POST", "/api/v1/ask", "/api/v1/ask", {"json": {"question": "cotisation annuelle"}}),
    ("POST", "/api/v1/ask", "/api/v1/ask", {"json": {"question": "zzz"}}),
    ("POST", "/api/v1/ask", "/api/v1/ask", {"json": {"question": "cotisation annuelle", "web_query": "cotisation"}}),
    ("GET", "/api/v1/search/hits?q=cotisation", "/api/v1/search/hits", {}),
    ("GET", "/api/v1/web", "/api/v1/web", {}),
    ("PUT", "/api/v1/web", "/api/v1/web", {"json": {"url": "https://searx.example"}}),
    ("POST", "/api/v1/web", "/api/v1/web", {"json": {"query": "four à pain", "pages": 2}}),
    ("POST", "/api/v1/web/propose", "/api/v1/web/propose", {"json": {"question": "Où est le four ?"}}),
    ("DELETE", "/api/v1/web", "/api/v1/web", {}),
    ("GET", "/api/v1/documents?state=failed", "/api/v1/documents", {}),
    ("GET", "/api/v1/documents/1", "/api/v1/documents/{id}", {}),
    ("DELETE", "/api/v1/documents/2", "/api/v1/documents/{id}", {}),
    ("GET", "/api/v1/documents/1/text", "/api/v1/documents/{id}/text", {}),
    ("GET", "/api/v1/documents/1/passages", "/api/v1/documents/{id}/passages", {}),
    ("GET", "/api/v1/conversations?q=cot", "/api/v1/conversations", {}),
    ("GET", "/api/v1/conversations/conversation_1", "/api/v1/conversations/{id}", {}),
    ("PATCH", "/api/v1/conversations/conversation_1", "/api/v1/conversations/{id}", {"json": {"title": "Argent"}}),
    ("GET", "/api/v1/conversations/conversation_1/export", "/api/v1/conversations/{id}/export", {}),
    ("DELETE", "/api/v1/conversations/conversation_1", "/api/v1/conversations/{id}", {}),
    ("GET", "/api/v1/models", "/api/v1/models", {}),
    ("POST", "/api/v1/models", "/api/v1/models", {"json": {"model": "grand-modele", "consent": True}}),
    ("GET", "/api/v1/models/nearby", "/api/v1/models/nearby", {}),
    ("GET", "/api/v1/models/petit-modele", "/api/v1/models/{id}", {}),
    ("POST", "/api/v1/models/petit-modele/unload", "/api/v1/models/{id}/unload", {}),
    ("DELETE", "/api/v1/models/petit-modele", "/api/v1/models/{id}", {}),
    ("POST", "/api/v1/chat", "/api/v1/chat", {"json": {"messages": [{"role": "user", "content": "Bonjour"}]}}),
    ("GET", "/api/v1/settings", "/api/v1/settings", {}),
    ("PATCH", "/api/v1/settings", "/api/v1/settings", {"json": {"language": "fr", "model": "petit-modele"}}),
    ("GET", "/api/v1/perimeter", "/api/v1/perimeter", {}),
    ("POST", "/api/v1/perimeter/connections", "/api/v1/perimeter/connections", {"json": CONNECTION}),
    ("DELETE", "/api/v1/perimeter/connections/mail", "/api/v1/perimeter/connections/{name}", {}),
    (
        "PUT",
        "/api/v1/perimeter/level",
        "/api/v1/perimeter/level",
        {"json": {"level": "home-network", "neighbours": []}},
    ),
    ("GET", "/api/v1/journal?kind=connection-allowed&limit=1", "/api/v1/journal", {}),
    ("GET", "/api/v1/journal/verify", "/api/v1/journal/verify", {}),
    ("GET", "/api/v1/journal/export", "/api/v1/journal/export", {}),
    ("GET", "/api/v1/keys", "/api/v1/keys", {}),
    ("POST", "/api/v1/keys", "/api/v1/keys", {"json": {"name": "Nextcloud", "scopes": ["chat", "read"]}}),
    ("DELETE", "/api/v1/keys/phone", "/api/v1/keys/{name}", {}),
]
_ARRIVAL = "/api/v1/models/arrivals/{id}"
BY_ARRIVAL = {("GET", _ARRIVAL), ("DELETE", _ARRIVAL), ("POST", _ARRIVAL + "/pause"), ("POST", _ARRIVAL + "/resume")}


def test_every_endpoint_is_asked_here() -> None:
    asked = {(method, path) for method, _, path, _ in REQUESTS} | BY_ARRIVAL
    assert asked == {(endpoint.method, endpoint.path.replace(":path}", "}")) for endpoint in ENDPOINTS}


@pytest.mark.parametrize(("method", "address", "path", "more"), REQUESTS, ids=[f"{r[0]} {r[1]}" for r in REQUESTS])
def test_answers_are_as_described(
    client: Client, house: HouseInMemory, described: Schema, method: str, address: str, path: str, more: dict[str, Any]
) -> None:
    client.post("/api/v1/ask", json={"question": "cotisation annuelle"})
    house.perimeter.allow("imap.example.org", 993, why="mail", who="jeanne", name="mail")
    house.keys.make("phone", ["read"])
    house.library.add_source("webdav", "https://cloud.example/dav/", title="Cloud")
    feed = house.library.add_source("feed", "https://journal.example/feed.xml", title="Journal")
    for day in ("2026-05-03", "2026-05-04"):
        house.library.put(feed.id, day, "Bonjour.", kind="news", dated_at=f"{day}T10:00:00.000Z")
    house.elsewhere.logins.begin([house.connecting.propose("https://cloud.example", kind="webdav")])
    answer = client.request(method, address, **more)
    responses = described["paths"][path][method.lower()]["responses"]
    assert str(answer.status_code) in responses, answer.text
    content = responses[str(answer.status_code)].get("content")
    if content is None:
        assert answer.content == b""
        return
    media = answer.headers["content-type"].partition(";")[0]
    value = answer.json() if media == "application/json" else answer.text
    assert faults(value, content[media]["schema"], described) == []


def test_a_search_says_what_the_design_says(client: Client) -> None:
    found = client.get("/api/v1/search?q=cotisation").json()
    assert {"query", "took_ms", "results"} <= set(found)
    fields = {"passage_id", "document_id", "title", "uri", "text", "locator", "score"}
    assert fields <= set(found["results"][0])


def test_an_answer_says_what_the_design_says(client: Client) -> None:
    answer = client.post("/api/v1/ask", json={"question": "cotisation annuelle"}).json()
    fields = {
        "answer",
        "answered",
        "sentences",
        "citations",
        "model",
        "evidence_ms",
        "first_token_ms",
        "total_ms",
        "energy_wh",
    }
    assert fields <= set(answer)
    assert {"text", "citations", "supported"} <= set(answer["sentences"][0])
    assert {"number", "passage_id", "document_id", "title", "uri", "quote", "locator"} <= set(answer["citations"][0])


def test_events_are_as_described(client: Client, described: Schema) -> None:
    content = described["paths"]["/api/v1/ask"]["post"]["responses"]["200"]["content"]
    events = content["text/event-stream"]["x-events"]
    text = client.post("/api/v1/ask", json={"question": "cotisation annuelle", "stream": True}).text
    seen = set()
    for block in text.strip().split("\n\n"):
        name, data = block.split("\n")
        seen.add(name.removeprefix("event: "))
        assert faults(json.loads(data.removeprefix("data: ")), events[name.removeprefix("event: ")], described) == []
    assert seen == {"evidence", "best", "token", "sentence", "done"}


def test_events_of_the_web_are_as_described(client: Client, described: Schema) -> None:
    content = described["paths"]["/api/v1/ask"]["post"]["responses"]["200"]["content"]
    events = content["text/event-stream"]["x-events"]
    wanted = {"question": "cotisation annuelle", "web_query": "four à pain", "stream": True}
    seen = []
    for block in client.post("/api/v1/ask", json=wanted).text.strip().split("\n\n"):
        name, data = (line.partition(": ")[2] for line in block.split("\n"))
        if name != "token":
            seen.append(name)
        assert faults(json.loads(data), events[name], described) == []
    assert seen[:4] == ["evidence", "web", "web", "evidence"]


def test_events_of_a_chat_are_as_described(client: Client, described: Schema) -> None:
    content = described["paths"]["/api/v1/chat"]["post"]["responses"]["200"]["content"]
    events = content["text/event-stream"]["x-events"]
    wanted = {"messages": [{"role": "user", "content": "Bonjour toi"}], "stream": True}
    seen = []
    for block in client.post("/api/v1/chat", json=wanted).text.strip().split("\n\n"):
        name, data = (line.partition(": ")[2] for line in block.split("\n"))
        seen.append(name)
        assert faults(json.loads(data), events[name], described) == []
    assert seen == ["state", "token", "token", "token", "done"]


def test_a_model_arrives_or_is_stopped(client: Client, house: HouseInMemory, described: Schema) -> None:
    reached = threading.Event()

    def hold(cancel: Any) -> None:
        reached.set()
        cancel.wait(30)

    house.models.hold = hold
    refused = client.post("/api/v1/models", json={"model": "grand-modele"})
    assert refused.status_code == 403
    assert "models.example" in refused.json()["error"]["message"]
    arrival = client.post("/api/v1/models", json={"model": "grand-modele", "consent": True}).json()
    assert reached.wait(30)
    assert client.post("/api/v1/models", json={"model": "grand-modele", "consent": True}).status_code == 409
    address = f"/api/v1/models/arrivals/{arrival['id']}"
    schema = described["paths"]["/api/v1/models/arrivals/{id}"]["get"]["responses"]["200"]["content"]
    running = client.get(address).json()
    assert running["state"] == "running"
    assert faults(running, schema["application/json"]["schema"], described) == []
    assert client.post(f"{address}/pause").status_code == 200
    assert ended(client, address)["state"] == "paused"
    assert not house.models.discarded
    reached.clear()
    resumed = client.post(f"{address}/resume").json()
    assert faults(resumed, schema["application/json"]["schema"], described) == []
    assert reached.wait(30)
    assert client.delete(address).status_code == 204
    assert ended(client, address)["state"] == "stopped"
    assert "grand-modele" not in house.models.here


def ended(client: Client, address: str) -> dict[str, Any]:
    """The arrival, once it is no longer running."""
    while (found := client.get(address).json())["state"] == "running":
        threading.Event().wait(0.01)
    return dict(found)


WRONG: list[tuple[str, str, int, dict[str, Any]]] = [
    ("GET", "/api/v1/nowhere", 404, {}),
    ("PUT", "/api/v1/sources", 405, {}),
    ("GET", "/api/v1/documents/99", 404, {}),
    ("GET", "/api/v1/documents/x", 422, {}),
    ("GET", "/api/v1/documents/-1", 422, {}),
    ("GET", "/api/v1/search?q=a&limit=1000", 422, {}),
    ("GET", "/api/v1/search?q=", 400, {}),
    ("GET", "/api/v1/search?q=a&space=../x", 422, {}),
    ("POST", "/api/v1/ask", 422, {"content": b"{"}),
    ("POST", "/api/v1/ask", 422, {"content": b'"\xff"'}),
    ("POST", "/api/v1/ask", 422, {"json": {"question": 3}}),
    ("POST", "/api/v1/ask", 422, {"json": {"question": "a", "quesiton": "b"}}),
    ("POST", "/api/v1/ask", 422, {"json": {"question": "a" * 100_001}}),
    ("POST", "/api/v1/ask", 400, {"json": {"question": "   "}}),
    ("POST", "/api/v1/ask", 422, {"json": {"question": "a", "web_pages": 11}}),
    ("POST", "/api/v1/web", 422, {"json": {"query": ""}}),
    ("POST", "/api/v1/web", 422, {"json": {"query": "a", "language": "french"}}),
    ("PUT", "/api/v1/web", 422, {"json": {"url": ""}}),
    ("GET", "/api/v1/search/hits?q=a&limit=51", 422, {}),
    ("POST", "/api/v1/ask", 413, {"content": b" " * 1_000_001}),
    ("POST", "/api/v1/sources", 400, {"json": {"uri": "nowhere"}}),
    ("PATCH", "/api/v1/settings", 422, {"json": {"language": "xx"}}),
    ("PATCH", "/api/v1/settings", 404, {"json": {"model": "absent"}}),
    ("GET", "/api/v1/conversations/none", 404, {}),
    ("DELETE", "/api/v1/models/none", 404, {}),
    ("POST", "/api/v1/perimeter/connections", 422, {"json": {**CONNECTION, "port": 0}}),
    ("POST", "/api/v1/perimeter/connections", 422, {"json": {**CONNECTION, "who": "somebody else"}}),
    ("POST", "/api/v1/perimeter/connections", 400, {"json": {**CONNECTION, "host": "a b"}}),
    ("POST", "/api/v1/perimeter/connections", 400, {"json": {**CONNECTION, "until": "soon"}}),
    ("POST", "/api/v1/perimeter/connections", 400, {"json": {**CONNECTION, "until": "2001-01-01"}}),
    ("DELETE", "/api/v1/perimeter/connections/none", 404, {}),
    ("PUT", "/api/v1/perimeter/level", 422, {"json": {"level": "open"}}),
    ("POST", "/api/v1/chat", 422, {"json": {"messages": []}}),
    ("POST", "/api/v1/chat", 422, {"json": {"messages": [{"role": "tool", "content": "x"}]}}),
    ("POST", "/api/v1/chat", 400, {"json": {"messages": [{"role": "user", "content": " "}]}}),
    ("POST", "/api/v1/chat", 404, {"json": {"messages": [{"role": "user", "content": "a"}], "model": "nobody"}}),
    (
        "POST",
        "/api/v1/chat",
        403,
        {"json": {"messages": [{"role": "user", "content": "a"}], "model": "hameau/library"}},
    ),
    ("GET", "/api/v1/models/nobody", 404, {}),
    ("POST", "/api/v1/models/nobody/unload", 404, {}),
    ("POST", "/api/v1/models/arrivals/none/pause", 404, {}),
    ("POST", "/api/v1/models/arrivals/none/resume", 404, {}),
    ("POST", "/api/v1/keys", 422, {"json": {"name": "a", "scopes": []}}),
    ("POST", "/api/v1/keys", 422, {"json": {"name": "a", "scopes": ["everything"]}}),
    ("POST", "/api/v1/keys", 400, {"json": {"name": " ", "scopes": ["chat"]}}),
    ("DELETE", "/api/v1/keys/none", 404, {}),
    ("GET", "/api/v1/journal?kind=gossip", 400, {}),
    ("GET", "/api/v1/journal?since=yesterday", 400, {}),
    ("GET", "/api/v1/journal/verify?head=x", 400, {}),
]


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(
    ("method", "address", "status", "more"), WRONG, ids=[f"{r[0]} {r[1][:40]} {r[2]}" for r in WRONG]
)
def test_errors_have_one_shape(
    client: Client, described: Schema, method: str, address: str, status: int, more: dict[str, Any], language: str
) -> None:
    answer = client.request(method, address, headers={"accept-language": language}, **more)
    assert answer.status_code == status, answer.text
    assert faults(answer.json(), {"$ref": "#/components/schemas/Failure"}, described) == []
    assert answer.json()["error"]["message"]
    assert "Traceback" not in answer.text


def test_every_kind_of_error_has_its_status() -> None:
    def kinds(kind: type[HameauError]) -> list[type[HameauError]]:
        return [kind, *(below for each in kind.__subclasses__() for below in kinds(each))]

    for kind in kinds(HameauError):
        assert any(parent in STATUS for parent in kind.__mro__ if parent is not HameauError) or kind is HameauError


def test_the_document_holds_together(described: Schema) -> None:
    assert described["openapi"] == "3.1.0"
    names = set(described["components"]["schemas"])
    assert set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(described))) <= names
    operations = [one["operationId"] for path in described["paths"].values() for one in path.values()]
    assert len(operations) == len(set(operations)) == len(EVERY)
    for path, methods in described["paths"].items():
        for operation in methods.values():
            assert operation["summary"]
            inside = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
            assert inside == set(re.findall(r"{(\w+)}", path))
