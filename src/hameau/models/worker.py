"""A process of ours that runs an engine: started, spoken to, paused, and never left behind.

Engines run beside us and not inside us, because an engine that meets a bad file may abort its whole process, because
loading a model holds Python's lock for seconds, and because a process can be stopped at once when a person waits.
Knows nothing of what the engine does: frames go in, frames come out.
"""

from __future__ import annotations

import logging
import os
import signal
import site
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, cast

import psutil

from hameau.models.child import PARENT
from hameau.models.frames import read_frame, write_frame

logger = logging.getLogger(__name__)

# The kernel's "die with the parent" follows the thread that started a process, so one thread that stays starts them
# all.
_STARTER = ThreadPoolExecutor(1, thread_name_prefix="hameau-starter")
_STOP, _CONTINUE = getattr(signal, "SIGSTOP", None), getattr(signal, "SIGCONT", None)  # Windows has neither
_PATIENCE = 3.0  # seconds that a worker gets to leave by itself
_LONGEST = 500  # bytes of a line of its last words


class Worker:
    """One running worker process of the Python module ``module``."""

    def __init__(self, module: str, environment: Mapping[str, str] | None = None) -> None:
        self._process = _STARTER.submit(_start, module, dict(environment or {})).result()
        # Popen gives all three, since it was asked for pipes.
        self._input = cast(BinaryIO, self._process.stdin)
        self._output = cast(BinaryIO, self._process.stdout)
        self._sending = threading.Lock()
        self._last_words: deque[str] = deque(maxlen=20)
        self._listener = threading.Thread(
            target=self._listen, args=(cast(BinaryIO, self._process.stderr),), daemon=True
        )
        self._listener.start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs (or is paused)."""
        return self._process.poll() is None

    @property
    def memory_bytes(self) -> int:
        """Memory that it alone holds; 0 when it is gone."""
        try:
            return int(psutil.Process(self.pid).memory_info().rss)
        except psutil.Error:
            return 0

    def send(self, payload: bytes) -> None:
        """One message to the worker; raises ``OSError`` when it is gone."""
        with self._sending:
            try:
                write_frame(self._input, payload)
            except ValueError as error:  # ended by us this very moment
                raise BrokenPipeError from error

    def receive(self) -> bytes | None:
        """The next message of the worker, or ``None`` when it is gone. For one thread at a time."""
        try:
            return read_frame(self._output)
        except ValueError:  # closed by another thread
            return None

    def pause(self) -> None:
        """Stops the process where it stands, at once. Harmless when it is gone or already stopped."""
        self._signal(_STOP, "suspend")

    def resume(self) -> None:
        """Lets a paused process go on. Harmless otherwise."""
        self._signal(_CONTINUE, "resume")

    def last_words(self) -> str:
        """How it ended and what it printed last: for the log and for choosing an error, not for a person."""
        try:
            code: int | None = self._process.wait(
                _PATIENCE
            )  # its pipe closes an instant before it can be seen to be gone
        except subprocess.TimeoutExpired:
            code = None
        self._listener.join(_PATIENCE)
        return f"exit code {code}: " + " | ".join(self._last_words)

    @property
    def exit_code(self) -> int | None:
        """The exit code; negative for a signal; ``None`` while it runs."""
        return self._process.poll()

    def close(self) -> None:
        """Ends the process: by closing its input, and by force after three seconds."""
        self.resume()
        try:
            self._input.close()
        except OSError as error:
            logger.debug("The worker %s was already gone: %s", self.pid, error)
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._clear_up()

    def kill(self) -> None:
        """Ends the process at once."""
        self._process.kill()
        try:
            self._input.close()
        except OSError as error:
            logger.debug("The worker %s left something unread: %s", self.pid, error)
        self._clear_up()

    def _clear_up(self) -> None:
        """Waits for the end, so that nothing of it stays: no zombie, no pipe."""
        self._process.wait()
        self._listener.join(_PATIENCE)
        self._output.close()

    def _signal(self, number: int | None, verb: str) -> None:
        if number is not None:
            self._process.send_signal(number)  # does nothing when the process has ended
        elif self.alive:
            try:
                getattr(psutil.Process(self.pid), verb)()
            except psutil.Error as error:
                logger.debug("Could not %s the worker %s: %s", verb, self.pid, error)

    def _listen(self, stream: BinaryIO) -> None:
        with stream:
            for line in stream:
                text = line[:_LONGEST].decode("utf-8", "replace").rstrip()
                self._last_words.append(text)
                logger.debug("worker %s: %s", self.pid, text)


def _start(module: str, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    surroundings = surroundings_of_child() | environment
    # -P: the folder a person happens to stand in is not a place to import from. A session of its own: Ctrl+C is for us.
    return subprocess.Popen(
        [sys.executable, "-P", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=surroundings,
        start_new_session=True,
    )


def surroundings_of_child() -> dict[str, str]:
    """The environment of a process that imports Hameau and must end when this one does."""
    surroundings = os.environ | {PARENT: str(os.getpid())}
    root = str(Path(__file__).parents[2])
    if root not in site.getsitepackages():  # running from a checkout that is not installed
        known = surroundings.get("PYTHONPATH")
        surroundings["PYTHONPATH"] = os.pathsep.join([root, *([known] if known else [])])
    return surroundings
