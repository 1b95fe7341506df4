"""People come first: whoever waits at a prompt gets the cores, background work stands aside. Knows nothing of
engines."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

logger = logging.getLogger(__name__)

Listener = Callable[[bool], None]


class Gate:
    """Counts the people who wait. Background work asks :meth:`wait_for_quiet`, or listens and is paused from
    outside."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._people = 0
        self._listeners: list[Listener] = []

    @property
    def busy(self) -> bool:
        """Whether somebody waits right now."""
        return self._people > 0

    @contextmanager
    def person(self) -> Iterator[None]:
        """Holds the cores for a person for the length of the block. May be nested and shared by threads."""
        with self._condition:
            self._people += 1
            if self._people == 1:
                self._tell(True)
        try:
            yield
        finally:
            with self._condition:
                self._people -= 1
                if self._people == 0:
                    self._tell(False)
                    self._condition.notify_all()

    def wait_for_quiet(self, timeout: float | None = None) -> bool:
        """Blocks until nobody waits, at most ``timeout`` seconds (``None``: for ever). Returns whether it is quiet."""
        with self._condition:
            return self._condition.wait_for(lambda: self._people == 0, timeout)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Calls ``listener(True)`` before a person gets the cores and ``listener(False)`` after the last one left.

        It is told the present state at once, runs under the gate's lock, and must be quick. Returns how to stop
        listening.
        """
        with self._condition:
            self._listeners.append(listener)
            listener(self.busy)

        def forget() -> None:
            with self._condition:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return forget

    def _tell(self, busy: bool) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(busy)
            except Exception:  # a listener that fails must not keep a person from an answer
                logger.exception("A listener of the gate failed")
