"""Names by address: the latest first, for a while, and never without bound."""

from __future__ import annotations

from hameau.perimeter.gate.pins import KEPT, Pins


def test_a_pin_counts_for_its_place_and_its_time() -> None:
    now = [0.0]
    pins = Pins(lambda: now[0])
    pins.put("192.0.2.1", 443, "a.example")
    now[0] = 1.0
    pins.put("192.0.2.1", 443, "b.example")
    pins.put("192.0.2.1", 80, "c.example")
    assert pins.hosts("192.0.2.1", 443) == ["b.example", "a.example"]
    assert pins.hosts("192.0.2.2", 443) == []
    now[0] = KEPT + 0.5
    assert pins.hosts("192.0.2.1", 443) == ["b.example"]
    now[0] = 2 * KEPT
    assert pins.hosts("192.0.2.1", 443) == []


def test_pins_do_not_grow_without_bound() -> None:
    pins = Pins(lambda: 0.0)
    for number in range(5000):
        pins.put("192.0.2.1", number, "a.example")
    assert pins.hosts("192.0.2.1", 0) == []
    assert pins.hosts("192.0.2.1", 4999) == ["a.example"]
