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
from datetime import UTC, datetime

from hameau.kit import N_, HameauError
from hameau.library.jobs import MANY_PLACES, RESCAN
from hameau.library.library import Library
from hameau.library.patience import AWAY_SECONDS, wait_after, wait_at_start
from hameau.library.ports import Changes, FollowedSource, SourceAdapter, SourceContext, WatchedSource, Watcher
from hameau.library.types import Source

logger = logging.getLogger(__name__)

QUIET_SECONDS, PATIENCE_SECONDS = 0.5, 5.0
"""A change is told when nothing else changed for the first, and at the latest after the second."""
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
    failures: int = 0
    """How often in a row it was not there."""

    def hear(self, moment: float) -> None:
        """Takes what the watcher has to tell. One whose line broke is given up: the next look makes another."""
        try:
            changes = self.watcher.changes() if self.watcher is not None else Changes()
        except HameauError as error:
            logger.info("a source is heard no more: %s", error)
            self.close()
            self.due = min(self.due, moment + AWAY_SECONDS)
            return
        if not changes.uris and not changes.everything:
            return
        self.first = self.first if self.uris or self.everything else moment
        self.last = moment
        self.everything = self.everything or changes.everything or len(self.uris) > MANY_PLACES
        self.uris = set() if self.everything else self.uris | changes.uris

    def close(self) -> None:
        """Hears no more."""
        watcher, self.watcher = self.watcher, None
        if watcher is not None:
            watcher.close()

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
        if self._open and isinstance(adapter, WatchedSource):
            self._listen_to(adapter, source)
            return None
        if not self._open or not isinstance(adapter, FollowedSource):
            return None
        with self._lock:
            followed = self._sources.setdefault(source.id, _Followed())
            if followed.watcher is None:
                followed.watcher = adapter.watcher(SourceContext(source, self._max_file_bytes))
            return followed.watcher

    def _listen_to(self, adapter: WatchedSource, source: Source) -> None:
        """Sees that a source elsewhere is listened to; it may take its time, so nobody else waits for it."""
        with self._lock:
            followed = self._sources.setdefault(source.id, _Followed())
            if followed.watcher is not None:
                return
        try:
            watcher = adapter.listener(SourceContext(source, self._max_file_bytes))
        except HameauError as error:  # the synchronisation that comes now says it to the person
            logger.info("source %s can't be listened to: %s", source.id, error)
            return
        with self._lock:
            if self._open and self._sources.get(source.id) is followed and followed.watcher is None:
                followed.watcher, watcher = watcher, None
        if watcher is not None:
            watcher.close()

    def listed(self, source: Source, seconds: float, trouble: HameauError | None = None, read: int = 0) -> None:
        """A source was compared as a whole, which took ``seconds``, brought ``read`` documents and ended with ``trouble``: when
        to do so again."""
        try:
            adapter = self._adapter(source.kind)
        except HameauError:
            return
        with self._lock:
            followed = self._sources.setdefault(source.id, _Followed())
            complete = followed.watcher is not None and followed.watcher.complete
            followed.failures = 0 if trouble is None or read else followed.failures + 1
            wait = wait_after(
                adapter,
                source,
                trouble,
                followed.failures,
                seconds,
                complete=complete,
                rescan_seconds=self._rescan_seconds,
            )
            followed.due = time.monotonic() + wait

    def next_look(self, source_id: str) -> float | None:
        """Seconds until a source is compared by itself; nothing when it is not followed."""
        with self._lock:
            followed = self._sources.get(source_id)
        return max(0.0, followed.due - time.monotonic()) if followed is not None else None

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
            followed.close()

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
        """New sources are compared as a whole at once, those elsewhere when they are due; those that are gone or paused are
        followed no more."""
        if (version := self._library.generation()) == self._version:
            return
        there = set(self._library.source_ids(followed=True))
        with self._lock:
            new = there - set(self._sources)
            gone = [self._sources.pop(source_id) for source_id in set(self._sources) - there]
        for followed in gone:
            followed.close()
        if new:
            self._begin_with(new)
        self._version = version

    def _begin_with(self, new: set[str]) -> None:
        sources, at, moment = self._library.followed(), datetime.now(UTC), time.monotonic()
        for source_id in new:
            wait = 0.0
            if (source := sources.get(source_id)) is not None:
                try:
                    wait = wait_at_start(self._adapter(source.kind), source, at)
                except HameauError:  # said when it is synchronised
                    wait = 0.0
            with self._lock:
                self._sources.setdefault(source_id, _Followed(due=moment + wait if wait else 0.0))

    def _ask(self, moment: float) -> None:
        """Asks for what is due."""
        with self._lock:
            sources = list(self._sources.items())
        asked = False
        due = [(one, it) for one, it in sources if it.due <= moment or (it.everything and it.ripe(moment))]
        if due:
            self._library.jobs.ask_each(RESCAN, [source_id for source_id, _ in due])
            for _, followed in due:
                followed.due = moment + self._rescan_seconds
                followed.uris, followed.everything, asked = set(), False, True
        for source_id, followed in sources:
            if followed.ripe(moment):
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
