"""A line that counts, for long work at a terminal; nothing where nobody watches."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hameau.cli import terminal
from hameau.cli.words import _
from hameau.kit import N_

_PAUSE = 0.2


@contextmanager
def counting(words: str = N_("{done} of {total}")) -> Iterator[Callable[[int, int], None]]:
    """Shows ``words`` with the numbers it is called with; numbers of a million and more are sizes."""
    out = terminal.console(error=True)
    if not out.is_terminal:
        yield lambda done, total: None  # noqa: ARG005 - nobody watches
        return
    shown = 0.0
    with out.status("") as status:

        def show(done: int, total: int) -> None:
            nonlocal shown
            if (moment := time.monotonic()) - shown > _PAUSE:
                shown = moment
                form = terminal.size if total >= 1_000_000 else str
                status.update(_(words, {"done": form(done), "total": form(total)}))

        yield show
