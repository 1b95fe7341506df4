"""What this machine can carry: cores and memory, as the operating system and the container around us allow."""

from __future__ import annotations

import os
from pathlib import Path

import psutil

_SPIN = "GOMP_SPINCOUNT"  # https://gcc.gnu.org/onlinedocs/libgomp/GOMP_005fSPINCOUNT.html
_TURNS = "1000"  # some ten microseconds: as fast alone as spinning for ever, and ten times faster in company
_CGROUP = Path("/sys/fs/cgroup")  # version 2; https://docs.kernel.org/admin-guide/cgroup-v2.html


def physical_cores() -> int:
    """Cores that compute threads may use: physical ones (hyper-threads share one arithmetic unit), within our
    limits."""
    cores = psutil.cpu_count(logical=False) or os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        cores = min(cores, len(os.sched_getaffinity(0)))
    quota, _, period = _read(_CGROUP / "cpu.max").partition(" ")
    if quota.isdigit() and period.isdigit() and int(period):
        cores = min(cores, max(1, int(quota) // int(period)))
    return max(1, cores)


def calm_threads() -> dict[str, str]:
    """Environment for OpenMP engines: threads that wait for each other soon sleep, so that another busy program does not
    bring them to a halt (docs/decisions/0006). Empty when the person has said otherwise. Read when an engine is loaded."""
    said = any(name in os.environ for name in (_SPIN, "OMP_WAIT_POLICY"))
    return {} if said else {_SPIN: _TURNS}


def free_memory() -> int:
    """Bytes that can be taken without swapping."""
    free = int(psutil.virtual_memory().available)
    limit, used = _read(_CGROUP / "memory.max"), _read(_CGROUP / "memory.current")
    if limit.isdigit() and used.isdigit():
        free = min(free, max(0, int(limit) - int(used)))
    return free


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""  # no such limit on this machine
