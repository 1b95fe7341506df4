"""What each official client can do here: found by looking into the client, checked by calls, written to docs/compatibility.md.

A :class:`Section` describes one client: the names of all its methods as the client itself has them, those that are served
(each with its checks, which tests run), and why the others are not. :func:`faults` finds what was forgotten, :func:`document`
writes the file. A new client: a module beside this one with ``section(node: Path) -> Section`` (the folder of the npm clients), added to :data:`MODULES`.
"""

from __future__ import annotations

import importlib
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parents[3] / "docs" / "compatibility.md"
MODULES = ("openai_calls", "openai_node_calls", "ollama_calls", "ollama_node_calls", "mcp_calls")
"""In the order of the file."""

HEAD = """# Compatibility

What programs written for other services can do here. This file is written by the tests: every method of each official client
is found by looking into the client, each that is served is called against a real server with a real small model, and
nothing is left out. The protocols themselves are described in [api.md](api.md) and at `/api/v1/openapi.json`.
"""


@dataclass(frozen=True, slots=True)
class Check:
    """One call that shows a method at work."""

    method: str
    name: str
    run: Callable[..., None]

    def __str__(self) -> str:
        return f"{self.method}-{self.name}"


class Checks:
    """The calls of one client, by the method that they show."""

    def __init__(self) -> None:
        self._all: list[Check] = []

    def serves(self, method: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
        """Marks a function as a check of ``method``; what it takes is the affair of the test that runs it."""

        def mark(run: Callable[..., None]) -> Callable[..., None]:
            self._all.append(Check(method, run.__name__, run))
            return run

        return mark

    def all(self) -> Sequence[Check]:
        """In the order in which they were written."""
        return tuple(self._all)

    def served(self) -> frozenset[str]:
        """The methods that have a check."""
        return frozenset(check.method for check in self._all)


@dataclass(frozen=True, slots=True)
class Parameters:
    """What becomes of each parameter of one method: ``names`` as the client has them, ``fates`` as we have them."""

    method: str
    names: frozenset[str]
    fates: Mapping[str, str]
    """``used``, ``left aside``, or ``refused: why``; what is missing or too many is a fault."""


@dataclass(frozen=True, slots=True)
class Section:
    """One client."""

    title: str
    about: str
    methods: frozenset[str]
    served: frozenset[str]
    reasons: Mapping[str, str]
    """Why a method is not served: by its name, or by the beginning of its name (``files`` for ``files.create``)."""
    parameters: tuple[Parameters, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    """What to know of a method that is served."""


def reason_of(section: Section, method: str) -> str:
    """Why ``method`` is not served: what its longest known beginning says; empty when nothing is known."""
    steps = method.split(".")
    for count in range(len(steps), 0, -1):
        if said := section.reasons.get(".".join(steps[:count])):
            return said
    return ""


def faults(section: Section) -> list[str]:
    """What the section forgets, or says of something that the client has not."""
    found = [f"{name}: served or not?" for name in section.methods - section.served if not reason_of(section, name)]
    found += [f"{name}: the client has no such method" for name in section.served - section.methods]
    found += [f"{name}: served, and a reason why not" for name in section.served if name in section.reasons]
    for table in section.parameters:
        found += [f"{table.method}({name}): what becomes of it?" for name in table.names - table.fates.keys()]
        found += [
            f"{table.method}({name}): the client has no such parameter" for name in table.fates.keys() - table.names
        ]
    return sorted(found)


def written(section: Section) -> str:
    """The section as Markdown."""
    lines = [f"## {section.title}", "", section.about, "", "| served | |", "|---|---|"]
    lines += [f"| `{name}` | {section.notes.get(name, '')} |" for name in sorted(section.served)]
    by_reason: dict[str, list[str]] = defaultdict(list)
    for name in sorted(section.methods - section.served):
        by_reason[reason_of(section, name)].append(name)
    if by_reason:
        lines += ["", "| not served | why |", "|---|---|"]
        lines += [f"| {_short(names)} | {why} |" for why, names in sorted(by_reason.items(), key=lambda one: one[1])]
    for table in section.parameters:
        lines += ["", f"Parameters of `{table.method}`:", "", "| parameter | |", "|---|---|"]
        fates: dict[str, list[str]] = defaultdict(list)
        for name in sorted(table.names):
            fates[table.fates.get(name, "?")].append(f"`{name}`")
        order = sorted(fates, key=lambda fate: (not fate.startswith("used"), not fate.startswith("left"), fate))
        lines += [f"| {', '.join(fates[fate])} | {fate} |" for fate in order]
    return "\n".join(lines) + "\n"


def _short(names: Iterable[str]) -> str:
    """Names that begin alike together: ``files.create``, ``.list``."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        place, _, last = name.rpartition(".")
        groups[place].append(last)
    return "; ".join(f"`{place + '.' if place else ''}{'`, `'.join(lasts)}`" for place, lasts in sorted(groups.items()))


def sections(node: Path) -> list[Section]:
    """Every client's; those of JavaScript are in ``node``."""
    made: list[Section] = []
    for name in MODULES:
        module: Any = importlib.import_module(f"acceptance.clients.{name}")
        made.append(module.section(node))
    return made


def document(node: Path) -> str:
    """The whole file."""
    return "\n".join([HEAD, *map(written, sections(node))])


if __name__ == "__main__":
    sys.path.insert(0, str(TARGET.parents[1] / "tests"))
    TARGET.write_text(document(Path(sys.argv[1])), encoding="utf-8")
