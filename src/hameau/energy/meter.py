"""Energy of this machine between two moments: RAPL through the kernel's powercap, else a battery that is being emptied.

RAPL: what the processor counts of itself, in microjoules, wrapping at ``max_energy_range_uj``
(https://docs.kernel.org/power/powercap/powercap.html); Intel and AMD. Many systems let only root read it since it was found
to leak secrets (CVE-2020-8694). Battery: what the kernel says is left of it
(https://docs.kernel.org/power/power_supply_class.html); all that the machine takes, screen included, in coarse steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Source = Literal["rapl", "battery"]
_JOULES = 3600.0
"""In a watt-hour."""
_COUNTED = ("package", "dram")
"""Zones that add up: a package holds its cores, memory stands beside it, and ``psys`` would count both again."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was used while something ran. Of the whole machine or processor, not of one program."""

    watt_hours: float
    source: Source
    """``rapl`` (processor, powercap) or ``battery``."""


class Meter:
    """Reads what can be read. ``root`` is where sysfs is. One measure at a time."""

    def __init__(self, root: Path = Path("/sys")) -> None:
        self._zones = root / "class" / "powercap"
        self._supplies = root / "class" / "power_supply"
        self._rapl: dict[Path, int] = {}
        self._battery: float | None = None

    def start(self) -> None:
        """Begins a measure."""
        self._rapl = self._counted()
        self._battery = None if self._rapl else self._left()

    def stop(self) -> Reading | None:
        """What was used since :meth:`start`; ``None`` when this machine does not say.

        A counter is taken to have wrapped once at most: at 100 watts that is some forty minutes.
        """
        if self._rapl:
            now = self._counted()
            if now.keys() != self._rapl.keys():
                return None
            used = sum(_since(zone, before, now[zone]) for zone, before in self._rapl.items())
            return Reading(used / 1e6 / _JOULES, "rapl") if used else None
        left = self._left()
        if self._battery is None or left is None or left >= self._battery:
            return None  # plugged in meanwhile, or too short for the battery's steps
        return Reading(self._battery - left, "battery")

    def _counted(self) -> dict[Path, int]:
        """The counters that add up, in microjoules. Empty when one of them can't be read: a part would be no answer."""
        found: dict[Path, int] = {}
        for zone in sorted(self._zones.glob("*rapl*:*")):
            if _text(zone / "name").startswith(_COUNTED):
                counted = _text(zone / "energy_uj")
                if not counted.isdigit():
                    return {}
                found[zone] = int(counted)
        return found

    def _left(self) -> float | None:
        """Watt-hours in all batteries, if the machine runs on them now."""
        batteries = [each for each in sorted(self._supplies.glob("*")) if _text(each / "type") == "Battery"]
        of_machine = [each for each in batteries if _text(each / "scope") != "Device"]  # a mouse has one, too
        if not any(_text(each / "status") == "Discharging" for each in of_machine):
            return None
        left = [_watt_hours(each) for each in of_machine]
        return None if None in left else sum(each for each in left if each is not None)


def _since(zone: Path, before: int, now: int) -> int:
    if now >= before:
        return now - before
    whole = _text(zone / "max_energy_range_uj")
    return now - before + int(whole) if whole.isdigit() else 0


def _watt_hours(battery: Path) -> float | None:
    """``energy_now`` is in microwatt-hours; else ``charge_now``, in microampere-hours, at the voltage it was designed for."""
    energy = _text(battery / "energy_now")
    if energy.isdigit():
        return int(energy) / 1e6
    charge, voltage = _text(battery / "charge_now"), _text(battery / "voltage_min_design")
    if charge.isdigit() and voltage.isdigit():
        return int(charge) / 1e6 * int(voltage) / 1e6
    return None


def _text(file: Path) -> str:
    try:
        return file.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""  # not there, or not for us
