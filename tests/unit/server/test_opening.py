"""What a person types to open a way out: pasted addresses, ports behind colons, and what makes no sense."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.asking import Client
from fakes.house import HouseInMemory
from hameau.kit import BadInput
from hameau.perimeter import FOREVER, Level, Neighbour
from hameau.server.pages.opening import asked_of, end_of, lines_of, name_of, neighbours_of, place_of, shown_place


@pytest.mark.parametrize(
    ("text", "port", "place"),
    [
        ("imap.example.org", "993", ("imap.example.org", 993)),
        ("imap.example.org:465", "993", ("imap.example.org", 465)),
        ("https://nuage.example.org/agenda?x=1", "993", ("nuage.example.org", 443)),
        ("192.168.1.20", "80", ("192.168.1.20", 80)),
        ("fd00::1", "80", ("fd00::1", 80)),
        ("[fd00::1]:8443", "80", ("fd00::1", 8443)),
        ("nas", "0", ("nas", 0)),
    ],
)
def test_places(text: str, port: str, place: tuple[str, int]) -> None:
    assert place_of(text, port) == place


@pytest.mark.parametrize(
    "text", ["", "a b", "jeanne@example.org", "example.org/path", "ftp://a.example", "a:99999", "a:b"]
)
def test_what_is_no_place(text: str) -> None:
    with pytest.raises(BadInput):
        place_of(text, "443")


@given(st.text(max_size=80), st.text(max_size=8))
def test_whatever_is_typed_is_a_place_or_a_plain_refusal(text: str, port: str) -> None:
    try:
        host, number = place_of(text, port)
    except BadInput:
        return
    assert host
    assert 0 <= number <= 65535


def test_neighbours_are_the_same_there_and_back() -> None:
    found = neighbours_of("nas.local:443\r\n\n 192.168.1.20 \n[fd00::1]:22\n")
    assert found == (Neighbour("nas.local", 443), Neighbour("192.168.1.20", 0), Neighbour("fd00::1", 22))
    assert neighbours_of(lines_of(found)) == found
    assert shown_place("fd00::1", 0) == "fd00::1"


def test_a_choice_ends_at_midnight() -> None:
    now = time.time()
    today, week = end_of("today", now), end_of("week", now)
    assert now < today <= now + 25 * 3600
    assert time.localtime(today)[3:6] == time.localtime(week)[3:6] == (0, 0, 0)
    assert end_of("always", now) == FOREVER


def test_a_reason_is_needed() -> None:
    with pytest.raises(BadInput):
        asked_of({"host": "a.example", "port": "443", "why": "  "})


def test_allow_confirm_show_revoke(client: Client, house: HouseInMemory) -> None:
    typed = {"host": "https://nuage.example.org/", "port": "443", "why": "<b>agenda</b>", "until": "week", "local": ""}
    asked = client.post("/perimeter/allow", data=typed)
    assert asked.status_code == 200
    assert "May Hameau reach nuage.example.org?" in asked.text
    assert "&lt;b&gt;agenda" in asked.text
    assert "by port 443 and nowhere else, until" in asked.text
    assert house.perimeter.policy().connection("nuage.example.org") is None, "nothing opens before the second yes"
    done = client.post("/perimeter/allow", data={**typed, "consent": "yes"})
    assert done.headers["location"] == "/perimeter?said=allowed"
    page = client.get("/perimeter").text
    assert "nuage.example.org" in page
    assert "&lt;b&gt;agenda" in page
    made = house.perimeter.policy().connection("nuage.example.org")
    assert made
    assert (made.who, made.host, made.port) == ("page", "nuage.example.org", 443)
    assert client.get("/perimeter/connections/nuage.example.org/revoke").status_code == 200
    assert client.post("/perimeter/connections/nuage.example.org/revoke").status_code == 303
    assert house.perimeter.policy().connection("nuage.example.org") is None
    assert client.get("/perimeter/connections/nuage.example.org/revoke").status_code == 404


def test_the_reason_of_a_source_is_told_in_the_readers_language(client: Client, house: HouseInMemory) -> None:
    why = "the mail of this account is read there; nothing is sent but the user's name and password"
    house.perimeter.allow("imap.example.org", 993, why=why, who="page", name="source.imap.imap.example.org")
    page = client.get("/perimeter", headers={"accept-language": "fr"}).text
    assert "le courrier de ce compte y est lu" in page
    assert "of this account" not in page


def test_what_was_typed_wrongly_stays_in_the_form(client: Client) -> None:
    for wrong in ({"host": "a b"}, {"port": "99999"}, {"port": ""}, {"why": " "}, {"port": "0", "consent": "yes"}):
        answer = client.post("/perimeter/allow", data={"host": "a.example", "port": "443", "why": "x", **wrong})
        assert answer.status_code == 400, wrong
        assert 'role="alert"' in answer.text
    assert 'value="a.example"' in answer.text


def test_two_doors_of_one_machine_are_two_connections(client: Client, house: HouseInMemory) -> None:
    for port in ("993", "465", "993"):
        client.post(
            "/perimeter/allow",
            data={"host": "a.example", "port": port, "why": "x", "until": "always", "consent": "yes"},
        )
    names = {one.name: one.port for one in house.perimeter.policy().connections if one.host == "a.example"}
    assert names == {"a.example": 993, "a.example-465": 465}
    assert name_of(house.perimeter.policy(), "A.example", 993) == "a.example"


def test_the_level_is_confirmed_first(client: Client, house: HouseInMemory) -> None:
    typed = {"level": "home-network", "neighbours": "nas.local:443\n192.168.1.20"}
    asked = client.post("/perimeter/level", data=typed)
    assert "Open Hameau to your home network?" in asked.text
    assert "nas.local" in asked.text
    assert house.perimeter.policy().level is Level.CLOSED
    assert client.post("/perimeter/level", data={**typed, "consent": "yes"}).status_code == 303
    assert house.perimeter.policy().neighbours == (Neighbour("nas.local", 443), Neighbour("192.168.1.20", 0))
    assert "Close Hameau to everything" in client.post("/perimeter/level", data={"level": "closed"}).text
    client.post("/perimeter/level", data={"level": "closed", "consent": "yes"})
    assert house.perimeter.policy().level is Level.CLOSED
    assert client.post("/perimeter/level", data={"level": "home-network", "neighbours": "a b"}).status_code == 400
