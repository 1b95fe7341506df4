"""Notices what changes in the sources between two looks at the whole: by their watchers, and by a look every so often.

Only asks for jobs; does none. What a watcher tells is gathered until it is quiet for a moment, so that a folder that is being
copied is one job and a file that is being written is read when it is whole.
"""

from __future__ import annotations

import logging
import select
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from hameau.kit import N_, HameauError
from hameau.library.jobs import MANY_PLACES, RESCAN
from hameau.library.library import Library
from hameau.library.ports import Changes, FollowedSource, SourceAdapter, SourceContext, Watcher
from hameau.library.types import Source

logger = logging.getLogger(__name__)

QUIET_SECONDS, PATIENCE_SECONDS = 0.5, 5.0
"""A change is told when nothing else changed for the first, and at the latest after the second."""
FOLLOWED_FACTOR = 6
"""What is followed wholly is compared that much more rarely than what is not; news can be lost on the way."""
POLL_SECONDS = 60.0
"""What can't be followed is looked at that often, when that is quick: looking takes a twentieth of the time at most."""
_SHARE = 20
_LOOK_SECONDS = 0.5
OUT_OF_WATCHES = N_(
    "The system lets Hameau follow only a part of your folders at every moment; the others are looked at every few minutes. "
    "To follow them all, an administrator can raise fs.inotify.max_user_watches."
)


@dataclass(slots=True)
class _Followed:
    """One source: its watcher, what it told and is not yet asked for, and when the whole is due."""

    watcher: Watcher | None = None
    uris: set[str] = field(default_factory=set)
    everything: bool = False
    first: float = 0.0
    last: float = 0.0
    due: float = 0.0

    def hear(self, moment: float) -> None:
        """Takes what the watcher has to tell."""
        changes = self.watcher.changes() if self.watcher is not None else Changes()
        if not changes.uris and not changes.everything:
            return
        self.first = self.first if self.uris or self.everything else moment
        self.last = moment
        self.everything = self.everything or changes.everything or len(self.uris) > MANY_PLACES
        self.uris = set() if self.everything else self.uris | changes.uris

    def ripe(self, moment: float) -> bool:
        """Whether it is time to ask."""
        waiting = bool(self.uris) or self.everything
        return waiting and (moment - self.last >= QUIET_SECONDS or moment - self.first >= PATIENCE_SECONDS)


class Watching:
    """Follows all sources of the library, in one thread: :meth:`run`, until ``stopping``. ``asked`` is told of new jobs."""

    def __init__(
        self,
        library: Library,
        adapter: Callable[[str], SourceAdapter],
        stopping: threading.Event,
        *,
        rescan_seconds: float,
        max_file_bytes: int,
        asked: Callable[[], object],
    ) -> None:
        self._library, self._adapter, self._stopping, self._asked = library, adapter, stopping, asked
        self._rescan_seconds, self._max_file_bytes = rescan_seconds, max_file_bytes
        self._lock = threading.Lock()
        self._sources: dict[str, _Followed] = {}
        self._version: int | None = None
        self._open = False

    def watcher(self, source: Source) -> Watcher | None:
        """The watcher of a source that is about to be listed, made when it is first asked for; ``None`` when nobody listens."""
        adapter = self._adapter(source.kind)
        if not self._open or not isinstance(adapter, FollowedSource):
            return None
        with self._lock:
            followed = self._sources.setdefault(source.id, _Followed())
            if followed.watcher is None:
                followed.watcher = adapter.watcher(SourceContext(source, self._max_file_bytes))
            return followed.watcher

    def listed(self, source: Source, seconds: float) -> None:
        """A source was compared as a whole, which took ``seconds``: when to do so again."""
        with self._lock:
            followed = self._sources.setdefault(source.id, _Followed())
            complete = followed.watcher is not None and followed.watcher.complete
            often = min(self._rescan_seconds, max(POLL_SECONDS, seconds * _SHARE))
            wait = self._rescan_seconds * FOLLOWED_FACTOR if complete else often
            followed.due = time.monotonic() + wait

    def notices(self) -> tuple[str, ...]:
        """What a person should know of the following."""
        with self._lock:
            watchers = [followed.watcher for followed in self._sources.values()]
        return (OUT_OF_WATCHES,) if any(watcher is not None and watcher.out_of_watches for watcher in watchers) else ()

    def open(self) -> None:
        """From now on sources are followed; :meth:`run` is about to listen. What changed until now is caught up with."""
        with self._lock:
            self._sources.clear()
            self._open = True

    def run(self) -> None:
        """Listens until the end."""
        try:
            while not self._stopping.is_set():
                try:
                    self._listen()
                except (HameauError, OSError) as error:
                    logger.warning("the sources can't be followed for a moment: %s", error)
                    self._stopping.wait(_LOOK_SECONDS)
        finally:
            self.close()

    def close(self) -> None:
        """Follows nothing any more."""
        with self._lock:
            self._open = False
            sources, self._sources = self._sources, {}
            self._version = None
        for followed in sources.values():
            if followed.watcher is not None:
                followed.watcher.close()

    def _listen(self) -> None:
        self._meet()
        with self._lock:
            heard = {one.watcher.fileno(): one for one in self._sources.values() if one.watcher is not None}
        ready = _ready(list(heard))
        if not heard:
            self._stopping.wait(_LOOK_SECONDS)
        elif ready:  # more comes together: one look at a burst, not one for each line of it
            self._stopping.wait(QUIET_SECONDS / 10)
        moment = time.monotonic()
        for file in ready:
            heard[file].hear(moment)
        self._ask(moment)

    def _meet(self) -> None:
        """New sources are compared as a whole at once; those that are gone are followed no more."""
        if (version := self._library.generation()) == self._version:
            return
        there = set(self._library.source_ids())
        with self._lock:
            for source_id in there:
                self._sources.setdefault(source_id, _Followed())
            gone = [self._sources.pop(source_id) for source_id in set(self._sources) - there]
        for followed in gone:
            if followed.watcher is not None:
                followed.watcher.close()
        self._version = version

    def _ask(self, moment: float) -> None:
        """Asks for what is due."""
        with self._lock:
            sources = list(self._sources.items())
        asked = False
        for source_id, followed in sources:
            ripe = followed.ripe(moment)
            if (ripe and followed.everything) or followed.due <= moment:
                self._library.jobs.ask(RESCAN, source_id)
                followed.due = moment + self._rescan_seconds
            elif ripe:
                self._library.jobs.ask_to_look(source_id, followed.uris)
            else:
                continue
            followed.uris, followed.everything, asked = set(), False, True
        if asked:
            self._asked()


def _ready(files: list[int]) -> list[int]:
    """Which of ``files`` can be read, as soon as one can; not every system has ``poll``, and where there is none nothing is
    followed."""
    if not files:
        return []
    poll = select.poll()
    for file in files:
        poll.register(file, select.POLLIN)
    return [file for file, _ in poll.poll(_LOOK_SECONDS * 1000)]
