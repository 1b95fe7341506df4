"""The supervisor's threads: one clerk who does what may take a moment, in order, and one thread for each call that waits
for another machine, up to a bound. So nobody's slow connection holds up another's."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

from hameau.perimeter.gate.notify import Call

MOST = 128
"""How many calls may wait for other machines at once."""
_STACK = 256 * 1024

Task = Callable[[], None]

logger = logging.getLogger(__name__)


class Crew:
    """Runs tasks, each for one call; ``failed`` is told the call whose task broke. Starts threads when there is work."""

    def __init__(self, failed: Callable[[Call], object]) -> None:
        self._failed = failed
        self._tasks: queue.SimpleQueue[tuple[Call, Task]] = queue.SimpleQueue()
        self._places = threading.BoundedSemaphore(MOST)
        self._clerk: threading.Thread | None = None

    def soon(self, call: Call, task: Task) -> None:
        """Gives ``task`` to the clerk. For one thread."""
        if self._clerk is None:
            threading.stack_size(_STACK)
            self._clerk = threading.Thread(target=self._work, daemon=True)
            self._clerk.start()
        self._tasks.put((call, task))

    def apart(self, call: Call, task: Task) -> bool:
        """Runs ``task`` in a thread of its own; false when there are too many."""
        if not self._places.acquire(blocking=False):
            return False
        threading.Thread(target=self._run_apart, args=(call, task), daemon=True).start()
        return True

    def _work(self) -> None:
        while True:
            self._guarded(*self._tasks.get())

    def _run_apart(self, call: Call, task: Task) -> None:
        try:
            self._guarded(call, task)
        finally:
            self._places.release()

    def _guarded(self, call: Call, task: Task) -> None:
        try:
            task()
        except Exception:
            logger.exception("a stopped call could not be decided: it is refused")
            self._failed(call)
