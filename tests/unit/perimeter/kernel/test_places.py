"""What a policy opens at one moment, in addresses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hameau.perimeter.kernel.places import Opening, Refusal, named, next_change, opening
from hameau.perimeter.kernel.refusals import facts_of, missed
from hameau.perimeter.types import Connection, Level, Neighbour, Policy

NOW = 1000.0
CLOUD = Connection("cloud", "Jeanne", "files", "cloud.example", 443, until=2000.0)
NAMES = {
    "cloud.example": ("93.184.216.34", "2606:2800::1"),
    "inwards.example": ("192.168.1.5", "127.0.0.1", "::ffff:10.0.0.1", "93.184.216.35"),
    "odd.example": ("224.0.0.1", "0.0.0.0", "nonsense", "ff02::1"),
}


def _opened(*connections: Connection, level: Level = Level.CLOSED, neighbours: tuple[Neighbour, ...] = ()) -> Opening:
    return opening(Policy(level, neighbours, connections), NOW, lambda host: NAMES.get(host, ()))


def _places(opened: Opening) -> set[tuple[str, int]]:
    return {(place.address, place.port) for place in opened.places}


def test_nothing_is_open_by_default() -> None:
    assert _opened() == Opening()
    assert not Opening().places


def test_a_name_opens_its_addresses_with_its_port() -> None:
    assert _places(_opened(CLOUD)) == {("93.184.216.34", 443), ("2606:2800::1", 443)}
    assert _places(_opened(replace(CLOUD, host="unknown.example", also=("cloud.example",)))) == _places(_opened(CLOUD))


def test_what_has_expired_opens_nothing() -> None:
    assert not _opened(replace(CLOUD, until=NOW)).places


def test_a_name_does_not_lead_inwards_unless_that_was_allowed() -> None:
    inwards = replace(CLOUD, host="inwards.example")
    assert _places(_opened(inwards)) == {("93.184.216.35", 443)}
    assert ("10.0.0.1", 443) in _places(_opened(replace(inwards, local=True)))


def test_an_address_is_meant_as_it_is_written() -> None:
    assert _places(_opened(replace(CLOUD, host="::ffff:192.168.1.5"))) == {("192.168.1.5", 443)}


@pytest.mark.parametrize("host", ["odd.example", "*.example.org", "224.0.0.1", "0.0.0.0", "::"])
def test_what_is_no_single_machine_opens_nothing(host: str) -> None:
    assert not _opened(replace(CLOUD, host=host, local=True)).places


def test_neighbours_only_at_the_level_home_network() -> None:
    neighbours = (Neighbour("192.168.1.5", 0), Neighbour("inwards.example", 22), Neighbour("93.184.216.34", 1))
    assert not _opened(neighbours=neighbours).places
    opened = _opened(level=Level.HOME_NETWORK, neighbours=neighbours)
    assert _places(opened) == {("192.168.1.5", 0), ("192.168.1.5", 22), ("10.0.0.1", 22)}
    assert opened.answers


def test_when_it_changes_next() -> None:
    policy = Policy(
        connections=(CLOUD, replace(CLOUD, name="old", until=500.0), replace(CLOUD, name="x", until=3000.0))
    )
    assert next_change(policy, NOW) == 2000.0
    assert next_change(policy, 2000.0) == 3000.0
    assert next_change(Policy(), NOW) == float("inf")
    assert list(named(Policy(connections=(replace(CLOUD, host="BÜCHER.example."),)), NOW)) == [
        ("xn--bcher-kva.example", 443)
    ]


def test_the_journal_is_told_why() -> None:
    policy = Policy(connections=(replace(CLOUD, until=500.0),))
    facts = facts_of(Refusal("93.184.216.34", 443, "tcp", 1000, 0, 3), policy, NOW, "cloud.example")
    assert facts == {
        "act": "connect",
        "host": "cloud.example",
        "address": "93.184.216.34",
        "port": 443,
        "protocol": "tcp",
        "why": "The connection to {host} was refused: the permission for it has expired.",
        "times": 3,
    }
    assert facts_of(Refusal("::1", 53, "udp"), Policy(), NOW)["act"] == "send"
    open_now = facts_of(Refusal("93.184.216.34", 443, "tcp"), Policy(connections=(CLOUD,)), NOW, "cloud.example")
    assert open_now["why"] == "The connection to {host} was refused by the system's own filter."
    assert missed(7)["times"] == 7
