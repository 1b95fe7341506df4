"""Files that an article of a feed brings along, such as the sound of a podcast: named at the end of its text, one a line, so
that a person sees them, a search finds them, and whoever can listen finds the address again."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_LINE = re.compile(r"^(https?://\S{1,2000}) \(([^()\n]{1,160})\)$", re.MULTILINE)
_SIZE = re.compile(r"([0-9.]+) (kB|MB|GB)")
_UNITS = {"kB": 10**3, "MB": 10**6, "GB": 10**9}


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file at ``address``. ``size`` in bytes and ``seconds`` are 0 where the feed does not say."""

    address: str
    media_type: str = ""
    size: int = 0
    seconds: int = 0


def written(files: Iterable[Enclosed]) -> str:
    """One line for each of ``files``."""
    return "\n".join(f"{one.address} ({_about(one)})" for one in files)


def found(text: str) -> tuple[Enclosed, ...]:
    """The files that :func:`written` named in ``text``; sizes are rounded to three figures or so."""
    return tuple(_read(line[1], line[2].split(", ")) for line in _LINE.finditer(text))


def _about(one: Enclosed) -> str:
    said = [re.sub(r"[(),\s]+", " ", one.media_type).strip() or "application/octet-stream"]
    if one.size:
        unit = "GB" if one.size >= 10**9 else "MB" if one.size >= 10**6 else "kB"
        said.append(f"{one.size / _UNITS[unit]:.1f} {unit}")
    if one.seconds:
        hours, rest = divmod(one.seconds, 3600)
        said.append(f"{hours}:{rest // 60:02}:{rest % 60:02}")
    return ", ".join(said)


def _read(address: str, said: list[str]) -> Enclosed:
    size = seconds = 0
    for part in said[1:]:
        if weight := _SIZE.fullmatch(part):
            size = round(float(weight[1]) * _UNITS[weight[2]])
        elif re.fullmatch(r"\d{1,4}:\d\d:\d\d", part):
            hours, minutes, rest = (int(piece) for piece in part.split(":"))
            seconds = hours * 3600 + minutes * 60 + rest
    return Enclosed(address, said[0], size, seconds)
