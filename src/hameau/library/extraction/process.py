"""One locked-in worker process: started, spoken to, stopped for a while, ended. Knows nothing of kinds of files."""

from __future__ import annotations

import os
import select
import shutil
import socket  # noqa: TID251 - a pair of connected sockets between two processes, no network
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from hameau.library.extraction import limits
from hameau.library.extraction.wire import Hello, Job, Reply, Wait, longest_reply, receive, send

FOLDER_PREFIX = "hameau-reading-"
_SMALL_BYTES, _SMALL_WEAR = 64 << 10, 0.1
"""A small file, a mail as a rule, wears a worker less than others: starting one costs as much as reading hundreds of them."""
_START_SECONDS = 60
_ROOT = Path(__file__).resolve().parents[3]
_KEPT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TESSDATA_PREFIX")
_SET = {
    "HF_HUB_OFFLINE": "1",
    "OMP_NUM_THREADS": "1",
    "OMP_THREAD_LIMIT": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "TOKIO_WORKER_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}
"""One thread a worker, for the pool is as wide as the machine allows; no downloads."""


class Clock:
    """Monotonic seconds that stand still while the work is paused for a person."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lost = 0.0
        self._since: float | None = None

    def stop(self) -> None:
        """Stands still from now on."""
        with self._lock:
            if self._since is None:
                self._since = time.monotonic()

    def go(self) -> None:
        """Runs again."""
        with self._lock:
            if self._since is not None:
                self._lost += time.monotonic() - self._since
                self._since = None

    def now(self) -> float:
        """Seconds that were not spent standing still."""
        with self._lock:
            return (self._since if self._since is not None else time.monotonic()) - self._lost


class Overdue(Exception):
    """The worker did not answer in time."""


class Worker:
    """One process, its socket and its folder. ``root`` is where the package lies that it imports when it is locked in."""

    def __init__(self, scratch: Path | None, memory_bytes: int, clock: Clock, root: Path = _ROOT) -> None:
        self._clock = clock
        self.wear = 0.0
        self.step = 0
        self.folder = tempfile.mkdtemp(prefix=FOLDER_PREFIX, dir=scratch)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._channel = ours
        try:
            with theirs:
                self._process = subprocess.Popen(
                    [
                        sys.executable,
                        "-I",
                        "-B",
                        str(Path(__file__).with_name("cell.py")),
                        str(root),
                        self.folder,
                        str(memory_bytes),
                    ],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    cwd=self.folder,
                    env=_environment(self.folder),
                    close_fds=True,
                    start_new_session=True,  # no terminal to type into, and Ctrl-C is for us
                )
        except OSError:
            ours.close()
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        self.walls: tuple[str, ...] = ()

    def greet(self) -> None:
        """Waits until the worker has locked itself in. Raises ``EOFError`` when it could not start."""
        self.walls = receive(self._channel, Hello, self._waiting(_START_SECONDS)).walls

    def read(self, job: Job, descriptor: int) -> Reply:
        """Has one file read. Each step that the process tells of has a time of its own; ``self.step`` is the last one."""
        self.wear += 1.0 if job.size > _SMALL_BYTES else _SMALL_WEAR
        self.step = 0
        send(self._channel, job, descriptor)
        end = self._clock.now() + job.seconds * limits.STRETCH
        for _ in range(limits.STEPS + 1):
            reply = receive(self._channel, Reply, self._waiting(job.seconds, end), longest_reply(job.max_characters))
            if not reply.step:
                return reply
            self.step = reply.step
        raise Overdue

    def _waiting(self, seconds: float, end: float = float("inf")) -> Wait:
        deadline = min(self._clock.now() + seconds, end)

        def wait(channel: socket.socket) -> None:
            while True:
                left = deadline - self._clock.now()
                if select.select([channel], [], [], max(left, 0.0))[0]:
                    return
                if deadline <= self._clock.now():
                    if deadline == end:
                        self.step = 0  # the whole took too long, not this step
                    raise Overdue

        return wait

    def signal(self, number: int) -> None:
        """Stops or continues the process."""
        if self._process.poll() is None:
            self._process.send_signal(number)

    def end(self) -> int:
        """Ends the process, takes its folder away and returns how it ended (negative: the signal)."""
        self._channel.close()
        code = self._process.poll()
        if code is None:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
        return code if code is not None else 0

    def wait_for_end(self) -> int:
        """How a worker whose socket closed has ended (negative: the signal that ended it)."""
        try:
            return self._process.wait(5)
        except subprocess.TimeoutExpired:
            return 0


def _environment(folder: str) -> dict[str, str]:
    """Nothing of the person's environment but the language: no proxy, no token, no home."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    own = dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), folder)
    return {**kept, **_SET, **own}
