"""The process of one archive, seen from outside: started, spoken to by one thread at a time, ended when it is stuck."""

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

from hameau.library.archives.wire import ANSWER_BYTES, Answer, Opened, Order
from hameau.library.extraction.wire import Wait, receive, send

FOLDER_PREFIX = "hameau-archive-"
_START_SECONDS = 30
_ROOT = Path(__file__).resolve().parents[3]
_KEPT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ")
_SET = {"OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}


class Stuck(Exception):
    """The process did not answer in time, and was ended."""


class Reader:
    """The process that holds ``path`` open. Raises ``EOFError`` when it is gone, ``ValueError`` when it talks nonsense."""

    def __init__(self, path: Path, scratch: Path | None, memory_bytes: int) -> None:
        self._turn = threading.Lock()
        self._folder = tempfile.mkdtemp(prefix=FOLDER_PREFIX, dir=scratch)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._channel = ours
        cell = str(Path(__file__).with_name("cell.py"))
        try:
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-I", "-B", cell, str(_ROOT), self._folder, str(memory_bytes), str(path)],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    cwd=self._folder,
                    env=_environment(self._folder),
                    close_fds=True,
                    start_new_session=True,  # no terminal to type into, and Ctrl-C is for us
                )
        except OSError:
            ours.close()
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def greet(self) -> Opened:
        """What the archive says of itself, once the process has locked itself in and opened it."""
        return receive(self._channel, Opened, _within(_START_SECONDS), ANSWER_BYTES)

    def do(self, order: Order, seconds: float) -> Answer:
        """The answer to ``order``. Raises :class:`Stuck` after ``seconds``; the process is ended then."""
        with self._turn:
            try:
                send(self._channel, order)
                return receive(self._channel, Answer, _within(seconds), ANSWER_BYTES)
            except (Stuck, ValueError):
                self.end()
                raise
            except OSError as error:  # its end of the socket is closed
                raise EOFError from error

    def end(self) -> None:
        """Ends the process and takes its folder away."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._channel.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _within(seconds: float) -> Wait:
    deadline = time.monotonic() + seconds

    def wait(channel: socket.socket) -> None:
        if not select.select([channel], [], [], max(deadline - time.monotonic(), 0.0))[0]:
            raise Stuck

    return wait


def _environment(folder: str) -> dict[str, str]:
    """Nothing of the person's environment but the language."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, **_SET, **dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_DATA_HOME"), folder)}
