"""The documents inside a file, as they are found: named once each, bounded, paid from the file's budget.

Knows nothing of formats.
"""

from __future__ import annotations

from datetime import date

from hameau.library.extraction import days, limits
from hameau.library.extraction.context import Context
from hameau.library.extraction.reasons import MEMBERS_LEFT
from hameau.library.extraction.structure import one_line
from hameau.library.types import Extracted, Part

_MARK = 12


class Inside:
    """Gathers the parts of one file."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._parts: dict[str, Part] = {}
        self._taken: dict[str, int] = {}
        self._full = False
        self.first = self.last = ""
        """The dates of the earliest and of the latest part."""

    @property
    def parts(self) -> tuple[Part, ...]:
        return tuple(self._parts.values())

    @property
    def warnings(self) -> tuple[str, ...]:
        """That the file holds more than was taken, if so."""
        return (MEMBERS_LEFT,) if self._full else ()

    def add(self, name: str, extracted: Extracted, size: int = 0) -> bool:
        """Adds a document under ``name``, or under a name like it when another one has it. False: nothing more is taken."""
        budget = self._context.budget
        if len(self._parts) >= limits.INSIDE or len(extracted.text) > budget.characters:
            self._full = True
            return False
        budget.characters -= len(extracted.text)
        chosen = self._free(one_line(name)[: limits.LONGEST_PATH - _MARK] or "sans nom")
        self._parts[chosen] = Part(chosen, extracted, size)
        if extracted.dated_at:
            self.first = min(self.first or extracted.dated_at, extracted.dated_at)
            self.last = max(self.last, extracted.dated_at)
        return True

    def told_span(self) -> str:
        """« , du 3 mars 2024 au 5 juin 2025 », or nothing when nothing has a date."""
        if not self.first:
            return ""
        first, last = date.fromisoformat(self.first[:10]), date.fromisoformat(self.last[:10])
        if first == last:
            return f", le {days.day(first, weekday=False)}"
        return f", du {days.day(first, weekday=False)} au {days.day(last, weekday=False)}"

    def _free(self, name: str) -> str:
        """A name that no other part has."""
        if name not in self._parts:
            return name
        number = self._taken.get(name, 1)
        while f"{name} ({number + 1})" in self._parts:
            number += 1
        self._taken[name] = number + 1
        return f"{name} ({number + 1})"
