"""Progress of the library: this process reads the sources, or follows the server that does, and shows the same bars."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bars

from hameau.cli import terminal
from hameau.cli.words import _
from hameau.hub import Hub
from hameau.kit import N_, NotEnough
from hameau.library import LibraryStatus, Progress

_LOOK_SECONDS = 0.2
"""How often the library is asked how far it is: five times a second looks alive and costs one small query."""
_STILL_SECONDS = 60.0
"""Vectors may stand still while a person waits for an answer; after a minute the text is there and the rest can follow alone."""
_FULL_BYTES = 1_000_000
"""Less free space than this stops whoever reads: one transaction of the library does not fit."""


def bring_up_to_date(hub: Hub, *, space: str = "home", silent: bool = False) -> LibraryStatus:
    """Reads what waits to be read and shows how far it is; returns when text and vectors are there.

    Where another process of this home indexes already, it does the work and this one follows through the database; when
    that one ends before the work does, this one takes over. Raises ``NotEnough`` when the disk is full.
    """
    out = terminal.console(error=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bars(*columns, console=out, transient=True, disable=silent or not out.is_terminal) as bars:
        texts = bars.add_task(_(N_("reading the files")), total=None)
        vectors = bars.add_task(_(N_("learning to find by meaning")), total=None)

        def show() -> LibraryStatus:
            status = hub.library.status(space)
            bars.update(texts, completed=status.documents - status.pending, total=status.documents or None)
            bars.update(vectors, completed=status.embedded_passages, total=status.passages or None)
            return status

        if hub.indexer.try_lock():
            read(hub, show)
        else:
            terminal.note(N_("Hameau is running and reads it; this follows. Ctrl-C leaves it to its work."))
            if follow(hub, show):
                terminal.note(N_("The other Hameau has stopped; this one goes on."))
                read(hub, show)
        return show()


def read(hub: Hub, show: Callable[[], object]) -> None:
    """Reads in this process, which has its turn. A server can wait for room on a full disk; a command stops and says so."""
    paused: list[Progress] = []

    def moved(progress: Progress) -> None:
        if progress.phase != "paused":
            show()
        elif not paused:
            paused.append(progress)
            hub.indexer.stop()

    hub.indexer.run_until_idle(moved)
    if paused:
        raise _stopped(paused[0])


def follow(hub: Hub, show: Callable[[], LibraryStatus]) -> bool:
    """Until nothing waits any more, or nothing has moved for so long that it will not. ``True`` when it is this process's turn
    now, because the other one has ended before the work was done."""
    still, before = 0, None
    while True:
        status = show()
        wanted = hub.library.at_work()
        if not wanted and status.embedded_passages >= status.passages:
            return False
        if hub.indexer.try_lock():
            return True
        now = (status.documents, status.pending, status.passages, status.embedded_passages)
        moved, before = now != before, now
        if not moved and shutil.disk_usage(hub.home).free < _FULL_BYTES:
            raise _stopped(Progress("paused"))
        still = still + 1 if not moved and not wanted else 0
        if still * _LOOK_SECONDS > _STILL_SECONDS:
            return False
        time.sleep(_LOOK_SECONDS)


FULL = N_("The disk is full: reading stands still.")
GO_ON = N_("This command stops here, what was read is kept. Free some space; « hameau sync » then goes on from there.")


def _stopped(progress: Progress) -> NotEnough:
    """Why reading stands still, in the words of the one who reads where they are known, and how to go on."""
    return NotEnough(progress.notice or FULL, hint=GO_ON)
