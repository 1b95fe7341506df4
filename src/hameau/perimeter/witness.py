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

    def forget(self, place: str, what: str) -> None:
        """Take ``place`` (of a document or a source: ``what``) out of what was written, and write down that this was done.

        Raises ``HameauError`` when it can't be done now.
        """
        ...


class Unwritten:
    """Writes nothing: for parts that are used outside a home."""

    def record(self, kind: Kind, **facts: Fact) -> None:
        """Nothing is kept."""

    def mark(self, text: str) -> str:
        """Nothing."""
        return ""

    def forget(self, place: str, what: str) -> None:
        """Nothing was kept."""


UNWRITTEN: Witness = Unwritten()
