"""The sign says the worst first, always what is open, and costs a page next to nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.asking import Client
from fakes.house import HouseInMemory, behind, furnished
from hameau.kit import NotEnough
from hameau.perimeter import (
    Connection,
    Enforcement,
    Level,
    PerimeterState,
    Policy,
    Protection,
)
from hameau.server import create_app
from hameau.server.sign import sign_of

PROVEN = Protection(Enforcement.GATE, ("seccomp",), tried=True)
UNTRIED = Protection(Enforcement.GATE, ("seccomp",))
FAILED = Protection(Enforcement.GATE, ("seccomp",), tried=True, failures=("c",))
HOOK = Protection(Enforcement.HOOK, ("hook",), tried=True, lacking="seccomp: <no>")


def connection(name: str) -> Connection:
    return Connection(name, "jeanne", "mail", f"{name}.example", 993)


def state(protection: Protection, *names: str, level: Level = Level.CLOSED) -> PerimeterState:
    opened = tuple(connection(name) for name in names)
    return PerimeterState(Policy(level, (), opened), protection, opened, 0.0, 0)


@pytest.mark.parametrize(
    ("found", "look", "text"),
    [
        (state(PROVEN), "closed", "Fermé\u00a0: rien ne sort"),
        (state(PROVEN, "mail"), "open", "Ouvert\u00a0: mail"),
        (state(PROVEN, "mail", "meteo", "nuage"), "open", "Ouvert (3)\u00a0: mail, meteo, nuage"),
        (state(PROVEN, level=Level.HOME_NETWORK), "open", "Ouvert à la maison"),
        (state(UNTRIED), "unproven", "Non prouvé"),
        (state(HOOK), "unproven", "Non prouvé"),
        (state(HOOK, "mail"), "unproven", "Non prouvé · Ouvert\u00a0: mail"),
        (state(FAILED), "broken", "Protection rompue"),
        (replace(state(PROVEN), trouble=NotEnough("full")), "unproven", "Le journal ne s’écrit plus"),
        (state(FAILED, "mail"), "broken", "Protection rompue · Ouvert\u00a0: mail"),
    ],
)
def test_what_the_sign_says(found: PerimeterState, look: str, text: str) -> None:
    sign = sign_of(found, "fr")
    assert (sign.look, sign.text) == (look, text)


@pytest.mark.parametrize("path", ["/", "/library", "/conversations", "/models", "/settings", "/journal", "/nowhere"])
def test_it_stands_on_every_page(client: Client, path: str) -> None:
    page = client.get(path).text
    sign = re.search(r'<a class="sign ([a-z]+)" href="/perimeter"', page)
    assert sign
    assert sign.group(1) == "unproven"
    assert "mail" in page[sign.start() : sign.start() + 1500]


def test_what_is_said_changes_with_what_holds(tmp_path: Path) -> None:
    house: HouseInMemory = furnished(tmp_path)
    said = {}
    for protection in (PROVEN, HOOK, FAILED):
        said[protection] = Client(create_app(behind(house, protection))).get("/perimeter").text
    assert "Nothing has left since" in said[PROVEN]
    assert "As far as Hameau can see" in said[HOOK]
    assert "That does not mean that something leaves" in said[HOOK]
    assert "seccomp: &lt;no&gt;" in said[HOOK]
    assert "Do not rely on it" in said[FAILED]
    part = Client(create_app(behind(house, PROVEN))).get("/perimeter/sign?part=1").text
    assert "Closed: nothing leaves" in part
    assert "<html" not in part
