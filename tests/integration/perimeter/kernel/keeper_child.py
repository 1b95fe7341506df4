"""The keeper as a process: ``keeper_child.py USER HOME RUN NAMES MECHANISM CGROUP LEAVE``; NAMES is a file of
« name address » lines that stands for the resolver."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from pathlib import Path

from hameau.perimeter.kernel import keep

user, home, run_folder, names, mechanism, cgroup, leave = sys.argv[1:]
logging.basicConfig(level=logging.INFO, stream=sys.stderr)


def record(facts: Mapping[str, object]) -> None:
    with (Path(home) / "refused.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(dict(facts)) + "\n")


def ask(host: str) -> list[str]:
    lines = Path(names).read_text(encoding="utf-8").splitlines()
    return [line.split()[1] for line in lines if line.split()[0] == host]


keep(
    user,
    Path(home),
    record=record,
    mechanism=mechanism,
    cgroup=Path(cgroup) if cgroup else None,
    leave_walls=leave == "leave",
    run_folder=Path(run_folder),
    ask=ask,
    refresh=0.3,
)
