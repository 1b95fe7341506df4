"""Runs the commands of the journey, each bounded in time, and leaves no process behind.

All of them stay in the stage's session, and orphans fall to the stage (PR_SET_CHILD_SUBREAPER, prctl(2)), so that they can
be found and ended; each is killed with the stage (PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_SET_DEATH_SIGNAL, _SET_SUBREAPER = 1, 36
_PATIENCE = 10.0  # seconds between asking a process to end and ending it
_LONGEST = 4_000_000  # bytes of an output that are looked at


@dataclass(frozen=True, slots=True)
class Finished:
    """What a command left. ``code`` is ``None`` when it took too long."""

    code: int | None
    out: str
    err: str
    seconds: float


class Running:
    """A command at work; its output goes into files of ``folder``."""

    def __init__(self, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        self._out, self._err = folder / "out", folder / "err"
        self._began = time.monotonic()
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=folder,
                env=dict(environment),
                process_group=0,  # a signal for the stage is not for it
            )

    def output(self) -> str:
        """What it has written so far."""
        return _read(self._out)

    def wait(self, seconds: float) -> Finished:
        """Waits for its end at most so long, then ends it."""
        code: int | None = None
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
        finally:
            self.end()
        return Finished(code, _read(self._out), _read(self._err), time.monotonic() - self._began)

    def ask_to_stop(self) -> None:
        """As a shutdown would."""
        self.process.terminate()

    def end(self) -> None:
        """Asks it to end, and after some patience ends it; does nothing when it has ended."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def adopt_orphans() -> None:
    """From now on a descendant whose parent ends becomes our child."""
    ctypes.CDLL(None).prctl(_SET_SUBREAPER, 1)


def end_with(parent: int) -> None:
    """Has the kernel send us SIGTERM when ``parent``, which started us, ends."""
    ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, signal.SIGTERM)
    if os.getppid() != parent:
        raise SystemExit(1)


def end_descendants() -> None:
    """Kills whatever still runs below us."""
    us = psutil.Process()
    for _round in range(20):
        left = us.children(recursive=True)
        if not left:
            return
        for each in left:
            try:
                each.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(left, timeout=1)


def _read(path: Path) -> str:
    with path.open("rb") as stream:
        return stream.read(_LONGEST).decode("utf-8", "replace")
