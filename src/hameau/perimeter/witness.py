"""What the rooms above tell the journal: that something was added, removed, exported or asked; never its content."""

from __future__ import annotations

from typing import Protocol

from hameau.perimeter.journal import Kind
from hameau.perimeter.record import Fact


class Witness(Protocol):
    """Writes down what happened. :class:`hameau.perimeter.Perimeter` is one."""

    def record(self, kind: Kind, **facts: Fact) -> None: ...

    def mark(self, text: str) -> str:
        """A keyed hash of ``text``: the same for the same text in this home, and nothing to read in it."""
        ...


class Unwritten:
    """Writes nothing: for parts that are used outside a home."""

    def record(self, kind: Kind, **facts: Fact) -> None:
        """Nothing is kept."""

    def mark(self, text: str) -> str:
        """Nothing."""
        return ""


UNWRITTEN: Witness = Unwritten()
