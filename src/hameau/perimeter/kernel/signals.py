"""Signals for a loop that waits on descriptors: end (TERM, INT) and look again (HUP)."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Asked:
    """What was asked of the loop by a signal; ``wake`` becomes readable then."""

    def __init__(self, wake: int) -> None:
        self.wake = wake
        self.over = False
        self._again = False

    def again(self) -> bool:
        """Whether a look at everything was asked for since the last time."""
        asked, self._again = self._again, False
        return asked

    def drain(self) -> None:
        """Empties ``wake``."""
        with suppress(BlockingIOError):
            os.read(self.wake, 4096)

    def take(self, number: int, _: object) -> None:
        """The handler of the signals."""
        if number == signal.SIGHUP:
            self._again = True
        else:
            self.over = True


@contextmanager
def asked_by_signals() -> Iterator[Asked]:
    """Takes the signals for the length of the block; for the main thread."""
    reading, writing = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    asked = Asked(reading)
    before = {number: signal.signal(number, asked.take) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    woken = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        yield asked
    finally:
        signal.set_wakeup_fd(woken)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reading)
        os.close(writing)
