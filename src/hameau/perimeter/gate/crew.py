"""The supervisor's threads: one clerk who does, in order, what may take a moment (paths of files, refusals), and one
thread for each call that waits for another machine, up to a bound. So nobody's slow connection holds up another's."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

from hameau.perimeter.gate.notify import Call

MOST = 128
"""How many calls may wait for other machines at once."""
_IDLE = 5.0  # seconds after which a thread without work ends
_STACK = 256 * 1024
Task = Callable[[], None]

logger = logging.getLogger(__name__)


class Crew:
    """Runs tasks, each for one call; ``failed`` is told the call whose task broke. Starts threads when there is work."""

    def __init__(self, failed: Callable[[Call], object]) -> None:
        self._failed = failed
        self._tasks: queue.SimpleQueue[tuple[Call, Task]] = queue.SimpleQueue()
        self._apart: queue.SimpleQueue[tuple[Call, Task]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._busy = 0
        self._threads = 0
        self._clerk: threading.Thread | None = None

    def soon(self, call: Call, task: Task) -> None:
        """Gives ``task`` to the clerk. For one thread."""
        if self._clerk is None:
            threading.stack_size(_STACK)
            self._clerk = threading.Thread(target=self._work, daemon=True)
            self._clerk.start()
        self._tasks.put((call, task))

    def apart(self, call: Call, task: Task) -> bool:
        """Runs ``task`` in a thread that has nothing else to do; false when there are too many."""
        with self._lock:
            if self._busy >= MOST:
                return False
            self._busy += 1
            new = self._busy > self._threads
            self._threads += new
        self._apart.put((call, task))
        if new:
            threading.Thread(target=self._work_apart, daemon=True).start()
        return True

    def _work(self) -> None:
        while True:
            self._guarded(*self._tasks.get())

    def _work_apart(self) -> None:
        while True:
            try:
                call, task = self._apart.get(timeout=_IDLE)
            except queue.Empty:
                with self._lock:
                    if self._threads > self._busy:
                        self._threads -= 1
                        return
                continue
            self._guarded(call, task)
            with self._lock:
                self._busy -= 1

    def _guarded(self, call: Call, task: Task) -> None:
        try:
            task()
        except Exception:
            logger.exception("a stopped call could not be decided: it is refused")
            self._failed(call)
