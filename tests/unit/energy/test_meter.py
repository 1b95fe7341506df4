"""What a machine says of its energy, as the kernel writes it; and that nothing is guessed where it says nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from hameau.energy import Meter, Reading

WH = 3_600_000_000
"""A watt-hour in microjoules."""


def put(folder: Path, **files: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in files.items():
        (folder / name).write_text(f"{value}\n")
    return folder


def zone(root: Path, name: str, called: str, energy: int, whole: int = 100 * WH) -> Path:
    return put(root / "class/powercap" / name, name=called, energy_uj=energy, max_energy_range_uj=whole)


def battery(root: Path, name: str = "BAT0", **files: object) -> Path:
    return put(root / "class/power_supply" / name, type="Battery", **files)


def test_processors_and_memory_add_up_and_what_they_hold_is_not_counted_twice(tmp_path: Path) -> None:
    first = zone(tmp_path, "intel-rapl:0", "package-0", 5)
    memory = zone(tmp_path, "intel-rapl:0:1", "dram", 0)
    core = zone(tmp_path, "intel-rapl:0:0", "core", 0)
    second = zone(tmp_path, "intel-rapl:1", "package-1", 0)
    all_of_it = zone(tmp_path, "intel-rapl:2", "psys", 0)
    meter = Meter(tmp_path)
    meter.start()
    for one, more in ((first, 2 * WH + 5), (memory, WH), (core, WH), (second, WH), (all_of_it, 9 * WH)):
        put(one, energy_uj=more)
    assert meter.stop() == Reading(4.0, "rapl")


def test_a_counter_that_begins_anew_is_understood(tmp_path: Path) -> None:
    one = zone(tmp_path, "intel-rapl:0", "package-0", 9 * WH, whole=10 * WH)
    meter = Meter(tmp_path)
    meter.start()
    put(one, energy_uj=WH)
    assert meter.stop() == Reading(2.0, "rapl")


def test_a_counter_that_is_not_for_us_is_no_measure(tmp_path: Path) -> None:
    zone(tmp_path, "intel-rapl:0", "package-0", 5)
    hidden = zone(tmp_path, "intel-rapl:1", "package-1", 5)
    (hidden / "energy_uj").unlink()  # as root can read what is closed to others, the test takes it away
    meter = Meter(tmp_path)
    meter.start()
    assert meter.stop() is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"energy_now": 50_000_000}, {"energy_now": 49_500_000}),
        (
            {"charge_now": 4_000_000, "voltage_min_design": 10_000_000},
            {"charge_now": 3_950_000, "voltage_min_design": 10_000_000},
        ),
    ],
)
def test_a_battery_that_is_emptied_tells(tmp_path: Path, before: dict[str, int], after: dict[str, int]) -> None:
    one = battery(tmp_path, status="Discharging", **before)
    battery(tmp_path, "mouse", status="Discharging", scope="Device", capacity=80)
    meter = Meter(tmp_path)
    meter.start()
    put(one, **after)
    reading = meter.stop()
    assert reading is not None
    assert reading.source == "battery"
    assert reading.watt_hours == pytest.approx(0.5)


@pytest.mark.parametrize("status", ["Charging", "Full", "Not charging"])
def test_a_machine_on_the_mains_does_not_tell(tmp_path: Path, status: str) -> None:
    one = battery(tmp_path, status=status, energy_now=50_000_000)
    meter = Meter(tmp_path)
    meter.start()
    put(one, energy_now=49_000_000)
    assert meter.stop() is None


def test_plugging_in_meanwhile_or_being_too_quick_is_no_measure(tmp_path: Path) -> None:
    one = battery(tmp_path, status="Discharging", energy_now=50_000_000)
    meter = Meter(tmp_path)
    meter.start()
    assert meter.stop() is None
    put(one, status="Charging", energy_now=49_000_000)
    assert meter.stop() is None


def test_a_machine_that_says_nothing_is_not_guessed(tmp_path: Path) -> None:
    meter = Meter(tmp_path)
    assert meter.stop() is None
    meter.start()
    assert meter.stop() is None
