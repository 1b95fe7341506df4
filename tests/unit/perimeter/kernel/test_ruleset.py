"""The rules as text: who is held, what is filled in, and that nothing from outside gets into them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hameau.perimeter.kernel.nftables import removal, ruleset, update
from hameau.perimeter.kernel.places import Opening, Place
from hameau.perimeter.kernel.sockets import Line, is_open


def _opened(*places: tuple[str, int], answers: bool = False) -> Opening:
    return Opening(frozenset(Place(*place) for place in places), answers)


def test_the_table_is_replaced_in_one_transaction() -> None:
    lines = ruleset(990, Opening()).splitlines()
    assert lines[:3] == ["add table inet hameau_990", "delete table inet hameau_990", "table inet hameau_990 {"]
    assert "    meta skuid 990 goto leave" in lines
    assert not any(line.startswith("add element") for line in lines)
    assert removal(990).splitlines() == lines[:2]


def test_places_go_where_they_belong() -> None:
    text = update(990, _opened(("192.0.2.7", 443), ("2001:db8::7", 80), ("192.0.2.8", 0), ("::ffff:192.0.2.9", 25)))
    assert text.startswith("flush set inet hameau_990 places4\n")
    assert "add element inet hameau_990 places4 { 192.0.2.7 . 443, 192.0.2.9 . 25 }" in text
    assert "add element inet hameau_990 places6 { 2001:db8::7 . 80 }" in text
    assert "add element inet hameau_990 hosts4 { 192.0.2.8 }" in text
    assert "add element inet hameau_990 near4" not in text
    assert "near4 { 10.0.0.0/8," in update(990, _opened(answers=True))


@pytest.mark.parametrize("address", ["192.0.2.7 }\nflush ruleset", "example.org", "", "0.0.0.0/0"])
def test_only_addresses_get_into_the_rules(address: str) -> None:
    with pytest.raises(ValueError, match="is not an address"):
        ruleset(990, _opened((address, 443)))


@pytest.mark.parametrize(
    ("address", "port", "own_port", "opened", "stays"),
    [
        ("127.0.0.1", 5432, 40000, _opened(), True),
        ("::1", 5432, 40000, _opened(), True),
        ("192.0.2.7", 443, 40000, _opened(), False),
        ("192.0.2.7", 443, 40000, _opened(("192.0.2.7", 443)), True),
        ("192.0.2.7", 444, 40000, _opened(("192.0.2.7", 443)), False),
        ("192.0.2.7", 444, 40000, _opened(("192.0.2.7", 0)), True),
        ("192.168.1.9", 50000, 8080, _opened(answers=True), True),
        ("192.168.1.9", 50000, 40000, _opened(answers=True), False),
        ("192.168.1.9", 50000, 8080, _opened(), False),
        ("8.8.8.8", 50000, 8080, _opened(answers=True), False),
    ],
)
def test_which_connections_may_stay(address: str, port: int, own_port: int, opened: Opening, stays: bool) -> None:
    line = Line(2, 990, False, own_port, Place(address, port), b"")
    assert is_open(line, opened, {8080}) is stays
    assert is_open(replace(line, here=True), opened, {8080})
