"""Progress of the library: this process reads the sources, or follows the server that does, and shows the same bars."""

from __future__ import annotations

import time
from collections.abc import Callable

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from hameau.cli import terminal
from hameau.cli.words import _
from hameau.hub import Hub
from hameau.kit import N_
from hameau.library import LibraryStatus

_LOOK_SECONDS = 0.2
"""How often the library is asked how far it is: five times a second looks alive and costs one small query."""
_STILL_SECONDS = 60.0
"""Vectors may stand still while a person waits for an answer; after a minute the text is there and the rest can follow alone."""


def bring_up_to_date(hub: Hub, *, space: str = "home", silent: bool = False) -> LibraryStatus:
    """Reads what waits to be read and shows how far it is; returns when text and vectors are there.

    Where another process of this home indexes already, it does the work and this one follows through the database.
    """
    out = terminal.console(error=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=out, transient=True, disable=silent or not out.is_terminal) as bars:
        texts = bars.add_task(_(N_("reading the files")), total=None)
        vectors = bars.add_task(_(N_("learning to find by meaning")), total=None)

        def show() -> LibraryStatus:
            status = hub.library.status(space)
            bars.update(texts, completed=status.documents - status.pending, total=status.documents or None)
            bars.update(vectors, completed=status.embedded_passages, total=status.passages or None)
            return status

        def moved(_progress: object) -> None:
            show()

        if hub.indexer.try_lock():
            hub.indexer.run_until_idle(moved)
        else:
            terminal.note(N_("Hameau is running and reads it; this follows. Ctrl-C leaves it to its work."))
            _wait(hub, show)
        return show()


def _wait(hub: Hub, show: Callable[[], LibraryStatus]) -> None:
    """Until nothing waits any more, or nothing has moved for so long that it will not."""
    still, before = 0, None
    while True:
        status = show()
        wanted = bool(hub.library.sources_to_sync()) or status.pending > 0
        if not wanted and status.embedded_passages >= status.passages:
            return
        now = (status.documents, status.pending, status.passages, status.embedded_passages)
        still = still + 1 if now == before and not wanted else 0
        if still * _LOOK_SECONDS > _STILL_SECONDS:
            return
        before = now
        time.sleep(_LOOK_SECONDS)
