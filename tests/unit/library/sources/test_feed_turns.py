"""Two lines at most go to one host, and who waits for one can be stopped."""

from __future__ import annotations

import threading

import pytest

from hameau.kit import Cancelled
from hameau.library.sources.feed_fetching import Turns


def test_two_lines_to_one_host_and_any_number_to_others() -> None:
    turns, stop = Turns(), threading.Event()
    stop.set()
    with (
        turns.one("a", stop),
        turns.one("a", stop),
        turns.one("b", stop),
        pytest.raises(Cancelled),
        turns.one("a", stop),
    ):
        pass
    with turns.one("a", stop), turns.one("a", stop):
        pass


def test_who_waits_goes_on_when_a_line_is_free() -> None:
    turns, stop, through = Turns(), threading.Event(), threading.Event()

    def wait() -> None:
        with turns.one("a", stop):
            through.set()

    with turns.one("a", stop):
        with turns.one("a", stop):
            waiting = threading.Thread(target=wait)
            waiting.start()
            assert not through.wait(0.05)
        assert through.wait(10)
    waiting.join()
