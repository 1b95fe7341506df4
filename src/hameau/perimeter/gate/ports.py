"""What the gate needs of the rest of the room: a judge and a book."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from hameau.perimeter.types import Attempt, Verdict

Judge = Callable[[Attempt], Verdict]
"""The guard, with the policy and the time of now. Asked from several threads, and ten times a second for each open connection."""


Find = Callable[[str, int], Iterable[str]]
"""The addresses of a host, for a connection to a port, in the order to be tried. Raises ``OSError``."""


class Book(Protocol):
    """Where the supervisor writes down what happened, from several threads. ``program`` and ``pid`` say who tried."""

    def refused(self, attempt: Attempt, judged: Verdict, *, program: str, pid: int) -> None:
        """Told before the answer is given."""

    def allowed(self, attempt: Attempt, judged: Verdict, *, program: str, pid: int) -> None:
        """Told before something leaves; not told of what stays among our own programs. What it raises keeps that from leaving:
        nothing goes out that can't be written down."""

    def ended(
        self,
        attempt: Attempt,
        connection: str,
        *,
        sent: int | None,
        received: int | None,
        program: str,
        pid: int,
        cut: bool,
    ) -> None:
        """Told when an outward connection is over. ``sent`` and ``received`` are the bytes both ways, ``None`` when
        it was over before they could be counted; ``cut`` says that the policy ended it."""
