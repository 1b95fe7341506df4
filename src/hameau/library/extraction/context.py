"""What a reader gets beside the bytes: the languages of recognition, the file it may write, and what it may still spend.

One context serves a file with everything packed inside it, however deep; :meth:`Context.deeper` is the same budget one
storey down. Knows nothing of formats and nothing of processes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from hameau.library.extraction import limits
from hameau.library.extraction.scrap import Scrap
from hameau.library.types import Extracted

Read = Callable[[bytes, str, "Context"], Extracted]
"""Reads the bytes of a file of that name."""
Tell = Callable[[int], None]
"""Says that the step of that number begins, so that it gets a time of its own, and is known if it never ends."""


@dataclass(slots=True)
class Budget:
    """What one file may still cost. ``until`` is a moment of this process's processor time."""

    until: float = float("inf")
    bytes: int = limits.ARCHIVE_BYTES
    members: int = limits.MEMBERS
    recognitions: int = limits.RECOGNISED
    characters: int = limits.CHARACTERS
    steps: int = 0
    left_out: frozenset[int] = frozenset()
    """Numbers of steps that broke a reader before: not to be tried again."""
    doubts: set[str] = field(default_factory=set)
    """Texts of :data:`~hameau.library.extraction.reasons.DOUBTS` that the whole file earned."""

    def is_spent(self) -> bool:
        """Whether nothing further may be begun."""
        return self.characters <= 0 or self.steps >= limits.STEPS or time.process_time() > self.until


@dataclass(frozen=True, slots=True)
class Context:
    """How and with what to read one file."""

    languages: Sequence[str]
    """Tesseract's, empty where pictures can't be read."""
    scrap: Scrap
    read: Read
    """The way back to the choice of a reader, for files inside files."""
    budget: Budget
    tell: Tell
    depth: int = 0
    apart: bool = True
    """Whether files inside become documents of their own, where their kind allows it (the files of a mail), and not sections."""

    def begin(self) -> bool:
        """Begins a step: a page to recognise, a member to read. False when it must be left out."""
        self.budget.steps += 1
        if self.budget.steps in self.budget.left_out:
            return False
        self.tell(self.budget.steps)
        return True

    def may_recognise(self) -> bool:
        """Whether one more picture may be recognised; counts it."""
        if not self.languages or self.budget.recognitions <= 0 or self.budget.is_spent():
            return False
        self.budget.recognitions -= 1
        return True

    def deeper(self) -> Context:
        """The context of a file inside this one."""
        return replace(self, depth=self.depth + 1)
