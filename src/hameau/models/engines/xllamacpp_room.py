"""Who is in an engine, and how much of the shared context each may take. Knows nothing of the engine itself.

Several conversations share the context of one model, so that memory stays what it is for one. Nobody comes in without
room for the prompt and a fair share of an answer; whoever writes more than a fair share takes what is free, and when all is
taken the longest one ends, as it would at the end of a context of its own. The others never notice.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from hameau.models.ports import Cancel

_POLL = 0.03  # seconds between two looks at a cancel


@dataclass(slots=True)
class _Place:
    kept: int
    """Tokens that are kept free for it."""
    used: int = 0
    ended: bool = False


class Room:
    """``size`` tokens for at most ``places`` conversations at a time. Thread-safe; whoever came first goes in first."""

    def __init__(self, size: int, places: int) -> None:
        self._size = size
        self._places = places
        self._share = max(1, size // places)
        self._changed = threading.Condition()
        self._inside: dict[int, _Place] = {}
        self._line: deque[int] = deque()

    def enter(self, number: int, prompt: int, answer: int, cancel: Cancel | None) -> bool:
        """Waits for a place with room for ``prompt`` tokens and an answer of ``answer`` (-1: no limit). False: cancelled."""
        kept = min(self._size, prompt + self._expected(answer))
        with self._changed:
            self._line.append(number)
            try:
                while not self._fits(number, kept):
                    if cancel is not None and cancel.is_set():
                        return False
                    self._changed.wait(_POLL if cancel is not None else None)
                self._inside[number] = _Place(kept)
                return True
            finally:
                self._line.remove(number)
                self._changed.notify_all()

    def read(self, number: int, prompt: int, answer: int) -> None:
        """The prompt is ``prompt`` tokens long: what was kept for a longer one is free again."""
        with self._changed:
            place = self._inside[number]
            place.kept, place.used = min(self._size, prompt + self._expected(answer)), prompt
            self._changed.notify_all()

    def wrote(self, number: int, used: int) -> bool:
        """It holds ``used`` tokens now. False when it must end, so that the others have room."""
        with self._changed:
            place = self._inside[number]
            place.used = used
            if used > place.kept:
                place.kept = used
                if len(self._inside) > 1 and sum(each.kept for each in self._inside.values()) > self._size:
                    max(self._inside.values(), key=lambda each: each.used).ended = True
            return not place.ended

    def leave(self, number: int) -> None:
        """Gives the place back."""
        with self._changed:
            self._inside.pop(number, None)
            self._changed.notify_all()

    def _expected(self, answer: int) -> int:
        return self._share if answer < 0 else min(answer, self._share)

    def _fits(self, number: int, kept: int) -> bool:
        if self._line[0] != number:
            return False
        taken = sum(place.kept for place in self._inside.values())
        return not self._inside or (len(self._inside) < self._places and taken + kept <= self._size)
