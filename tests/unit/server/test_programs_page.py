"""The page of programs: a key is made, shown once with the addresses, listed without it, taken back."""

from __future__ import annotations

import pytest

from fakes.asking import Client
from fakes.house import HouseInMemory


def test_a_key_is_made_and_shown_once(client: Client, house: HouseInMemory) -> None:
    assert "No key yet" in client.get("/programs").text
    made = client.post("/programs", data={"name": "Nextcloud", "opens": "read", "until": "month"})
    assert made.status_code == 200
    assert "hameau-Nextcloud" in made.text
    for address in ("http://127.0.0.1:8484/v1", "http://127.0.0.1:8484/mcp", 'value="http://127.0.0.1:8484"'):
        assert address in made.text
    (key,) = house.keys.all()
    assert key.scopes == ("chat", "read")
    assert key.expires_at
    listed = client.get("/programs").text
    assert "Nextcloud" in listed
    assert "hameau-Nextcloud" not in listed
    assert "never used" in listed


@pytest.mark.parametrize(
    ("opens", "scopes"), [("chat", ("chat",)), ("admin", ("admin",)), ("everything", ("chat",)), ("", ("chat",))]
)
def test_what_it_opens_is_one_of_three(
    client: Client, house: HouseInMemory, opens: str, scopes: tuple[str, ...]
) -> None:
    client.post("/programs", data={"name": "one", "opens": opens, "until": "always"})
    (key,) = house.keys.all()
    assert key.scopes == scopes
    assert key.expires_at == ""


def test_what_was_typed_stays_when_it_can_not_be(client: Client, house: HouseInMemory) -> None:
    house.keys.make("Nextcloud", ["chat"])
    again = client.post("/programs", data={"name": "Nextcloud", "opens": "admin", "until": "year"})
    assert again.status_code == 409
    assert 'value="Nextcloud"' in again.text
    assert client.post("/programs", data={"name": " "}).status_code == 400
    assert len(house.keys.all()) == 1


def test_it_is_taken_back_after_a_question(client: Client, house: HouseInMemory) -> None:
    key = house.keys.make("<b>Nextcloud</b>", ["chat"]).key
    asked = client.get(f"/programs/{key.id}/revoke")
    assert "&lt;b&gt;Nextcloud" in asked.text
    assert house.keys.all()
    assert client.post(f"/programs/{key.id}/revoke").headers["location"] == "/programs?said=revoked"
    assert house.keys.all() == ()
    assert client.get(f"/programs/{key.id}/revoke").status_code == 404
