"""The system's walls for the stage: root's keeper as a process of its own, for one user or one control group."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from hameau.perimeter import standing
from hameau.perimeter.kernel import keep, release
from hameau.perimeter.kernel.cgroup import root_folder

_PATIENCE = 20.0


def start(mechanism: str, user: int, folder: Path, hold: ExitStack) -> str:
    """Starts the keeper; the control group in which it holds, empty when it holds the user. Before there are threads."""
    cgroup: Path | None = None
    if mechanism == "cgroup":
        cgroup = root_folder() / f"hameau-ways-{os.getpid()}"
        cgroup.mkdir()
        hold.callback(_remove, cgroup)
    hold.callback(release, user, cgroup=cgroup, run_folder=folder / "run")
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            home = folder / "home"
            keep(str(user), home, record=_recorder(folder), mechanism=mechanism, cgroup=cgroup, leave_walls=False,
                 run_folder=folder / "run")  # fmt: skip
            code = 0
        finally:
            os._exit(code)
    hold.callback(_end, pid)
    end = time.monotonic() + _PATIENCE
    while standing.read(user, folder / "run") is None:
        if time.monotonic() > end or os.waitpid(pid, os.WNOHANG)[0]:
            raise SystemExit(f"the keeper did not start: {mechanism}")
        time.sleep(0.02)
    return str(cgroup or "")


def refused(folder: Path) -> list[dict[str, Any]]:
    """What the keeper had written down."""
    time.sleep(0.5)  # its next look
    path = folder / "home" / "refused.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def _recorder(folder: Path) -> Any:
    def record(facts: Mapping[str, Any]) -> None:
        with (folder / "home" / "refused.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(dict(facts)) + "\n")

    return record


def _end(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    with suppress(ChildProcessError):
        os.waitpid(pid, 0)


def _remove(cgroup: Path) -> None:
    for _ in range(100):
        with suppress(OSError):
            cgroup.rmdir()
            return
        time.sleep(0.05)
