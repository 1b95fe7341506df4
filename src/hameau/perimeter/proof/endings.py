"""Ends what was started, however its parent ended. Knows only numbers of processes."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

DIES_WITH_US = "import ctypes; ctypes.CDLL(None).prctl(1, 9)\n"
"""The first line of a Python program that is to die with the process that started it."""


def end_session(leader: int) -> None:
    """Kills whatever still runs in the session that ``leader`` began."""
    for _round in range(20):
        left = [each for each in _pids() if each != os.getpid() and _session(each) == leader]
        if not left:
            return
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.05)


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return -1


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
