"""What may leave, over HTTP: allowed for one place, written down with the face that asked, taken back, never from afar."""

from __future__ import annotations

import io
import threading
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest

from fakes.asking import Client
from fakes.house import HouseInMemory, furnished
from hameau.accounts import Scope
from hameau.perimeter import Kind
from hameau.server import create_app

MAIL = {"host": "imap.example.org", "port": 993, "why": "read my mail", "name": "mail"}


@pytest.fixture
def house(tmp_path: Path) -> HouseInMemory:
    return furnished(tmp_path)


@pytest.fixture
def client(house: HouseInMemory) -> Client:
    return Client(create_app(house))


def entries(client: Client, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/api/v1/journal?{query}").json()["entries"]
    return found


def test_a_connection_is_allowed_shown_and_taken_back(client: Client) -> None:
    assert client.get("/api/v1/perimeter").json()["connections"] == []
    made = client.post("/api/v1/perimeter/connections", json=MAIL)
    assert made.status_code == 201
    assert made.json() | MAIL == made.json()
    assert made.json()["until"] is None
    assert made.json()["who"] == "api"
    now = client.get("/api/v1/perimeter").json()
    assert [one["name"] for one in now["connections"]] == ["mail"]
    assert client.delete("/api/v1/perimeter/connections/mail").status_code == 204
    assert client.get("/api/v1/perimeter").json()["connections"] == []
    assert [one["kind"] for one in entries(client)] == ["connection-revoked", "connection-allowed"]


def test_the_level_and_its_neighbours(client: Client) -> None:
    wanted = {"level": "home-network", "neighbours": [{"host": "nas.local", "port": 443}, {"host": "192.168.1.20"}]}
    now = client.request("PUT", "/api/v1/perimeter/level", json=wanted).json()
    assert now["level"] == "home-network"
    assert now["neighbours"] == [{"host": "nas.local", "port": 443}, {"host": "192.168.1.20", "port": 0}]
    assert client.request("PUT", "/api/v1/perimeter/level", json={"level": "closed"}).json()["neighbours"] == []


def from_afar(house: HouseInMemory, scope: Scope) -> Client:
    """A program on another machine, with a key that opens ``scope``."""
    far = Client(create_app(house))
    far._client = httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(house), client=("192.168.1.7", 5000)),  # type: ignore[arg-type]
        base_url="http://127.0.0.1:8484",
        headers={"x-api-key": house.keys.make(scope, [scope]).secret},
    )
    return far


def test_another_machine_may_look_and_not_change(house: HouseInMemory) -> None:
    reader, far = from_afar(house, "read"), from_afar(house, "admin")
    assert reader.post("/api/v1/models", json={"model": "grand-modele", "consent": True}).status_code == 403
    assert reader.post("/models/add", data={"model": "grand-modele", "consent": "yes"}).status_code == 403
    assert reader.get("/api/v1/perimeter").status_code == 403
    assert far.post("/api/v1/models", json={"model": "/etc"}).status_code == 403  # a place of this machine
    assert far.post("/models/add", data={"model": "/etc"}).status_code == 403
    assert far.get("/api/v1/perimeter").status_code == 200
    assert far.post("/api/v1/perimeter/connections", json=MAIL).status_code == 403
    assert far.delete("/api/v1/perimeter/connections/mail").status_code == 403
    assert far.request("PUT", "/api/v1/perimeter/level", json={"level": "home-network"}).status_code == 403
    for path in ("/perimeter/allow", "/perimeter/level", "/perimeter/connections/mail/revoke"):
        assert far.post(path, data={"host": "a.example", "why": "b", "level": "home-network"}).status_code == 403
    assert "/perimeter/allow" not in far.get("/perimeter").text
    assert house.perimeter.policy().connections == ()


@pytest.mark.parametrize(
    ("headers", "face"),
    [({}, "api"), ({"sec-fetch-site": "same-origin"}, "page")],
    ids=["a program", "a script of our page"],
)
def test_the_journal_says_through_which_face_a_person_asked(
    client: Client, house: HouseInMemory, headers: dict[str, str], face: str
) -> None:
    """In a handler's thread, in the thread of an answer, in a stream, in the background work of a model that comes."""
    original = house.assistant.ask

    def ask(*arguments: Any) -> Any:
        house.perimeter.record(Kind.ASKED, task="answer")
        yield from original(*arguments)
        house.perimeter.record(Kind.ASKED, task="answer")

    house.assistant.ask = ask  # type: ignore[method-assign]
    house.models.hold = lambda cancel: house.perimeter.record(Kind.MODEL_ADDED, model="grand-modele")
    for stream in (False, True):
        client.post("/api/v1/ask", json={"question": "cotisation annuelle", "stream": stream}, headers=headers)
    client.post("/api/v1/perimeter/connections", json=MAIL, headers=headers)
    arrival = client.post("/api/v1/models", json={"model": "grand-modele", "consent": True}, headers=headers).json()
    while client.get(f"/api/v1/models/arrivals/{arrival['id']}").json()["state"] == "running":
        threading.Event().wait(0.01)
    client.get("/api/v1/journal/export", headers=headers)
    assert {one["kind"] for one in entries(client)} == {
        "asked",
        "connection-allowed",
        "model-added",
        "exported-journal",
    }
    assert {one["by"] for one in entries(client)} == {face}


def test_the_journal_with_filters_and_parts(client: Client, house: HouseInMemory) -> None:
    for number in range(5):
        house.perimeter.record(Kind.SOURCE_ADDED, source=f"Dossier {number}")
    client.post("/api/v1/perimeter/connections", json=MAIL)
    assert len(entries(client, "kind=source-added")) == 5
    assert len(entries(client, "kind=source-added,connection-allowed")) == 6
    assert [one["facts"]["source"] for one in entries(client, "text=dossier+3")] == ["Dossier 3"]
    assert entries(client, "until=2001-01-01") == []
    assert len(entries(client, "since=2001-01-01")) == 6
    numbers, before = [], ""
    while True:
        part = client.get(f"/api/v1/journal?limit=2{before}").json()
        numbers += [one["number"] for one in part["entries"]]
        if part["next"] is None:
            break
        before = f"&before={part['next']}"
    assert numbers == [6, 5, 4, 3, 2, 1]


def test_an_entry_is_told_in_the_readers_language(client: Client) -> None:
    client.post("/api/v1/perimeter/connections", json=MAIL)
    french = client.get("/api/v1/journal", headers={"accept-language": "fr"}).json()["entries"][0]["sentence"]
    assert "imap.example.org:993" in french
    assert french != entries(client)[0]["sentence"]


def test_a_touched_journal_is_found(client: Client, house: HouseInMemory) -> None:
    for number in range(3):
        house.perimeter.record(Kind.SOURCE_ADDED, source=f"Dossier {number}")
    checked = client.get("/api/v1/journal/verify").json()
    assert checked["ok"]
    assert checked["entries"] == 3
    assert client.get(f"/api/v1/journal/verify?head={checked['head']}").json()["ok"]
    assert not client.get(f"/api/v1/journal/verify?head={'0' * 64}").json()["ok"]
    segment = next(path for path in house.perimeter.journal.folder.iterdir() if b"Dossier 1" in path.read_bytes())
    segment.write_bytes(segment.read_bytes().replace(b"Dossier 1", b"Dossier 9"))
    checked = client.get("/api/v1/journal/verify").json()
    assert not checked["ok"]
    assert 2 in {one["number"] for one in checked["problems"]}
    assert all(one["message"] for one in checked["problems"])
    page = client.get("/journal?check=1").text
    assert "The journal was touched" in page


def test_the_copy_is_whole_and_leaves_nothing_behind(client: Client, house: HouseInMemory) -> None:
    house.perimeter.record(Kind.SOURCE_ADDED, source="Dossier")
    before = sorted(path.name for path in house.settings.home_path.iterdir())
    copy = client.get("/api/v1/journal/export")
    assert copy.headers["content-disposition"].startswith('attachment; filename="hameau-journal-')
    with zipfile.ZipFile(io.BytesIO(copy.content)) as archive:
        assert archive.testzip() is None
        assert any(b"Dossier" in archive.read(name) for name in archive.namelist())
    assert sorted(path.name for path in house.settings.home_path.iterdir()) == before


def test_decisions_that_cannot_be_read_are_said_and_stop_no_page(client: Client, house: HouseInMemory) -> None:
    (house.settings.home_path / "perimeter.toml").write_text("level = [")
    assert client.get("/api/v1/perimeter").status_code == 422
    for path in ("/", "/perimeter", "/journal", "/settings"):
        page = client.get(path)
        assert page.status_code == 200
        assert "Closed, but its state can&#39;t be read" in page.text
