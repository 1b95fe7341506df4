"""Does the jobs that are due: those of a source in a thread of its own, so that a slow share holds up no other source, and the
rest in one more, a step at a time. Knows no adapter by name; decides nothing about when a job is asked for.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from hameau.kit import HameauError, NotFound, Unavailable
from hameau.library.jobs import ERASE, FREE_VECTORS, LOOK, OF_A_SOURCE, REDACT, REMOVE, RESCAN, SYNC, TEXT_INDEX, Job
from hameau.library.library import Library
from hameau.library.ports import Extractor, Memory, OutwardSource, PartlyUnavailable, SourceAdapter
from hameau.library.progress import Board
from hameau.library.reading import Halt, Stopped, Tools
from hameau.library.syncing import Synchronisation
from hameau.library.types import Source
from hameau.library.watching import Watching

logger = logging.getLogger(__name__)

SOURCES_AT_ONCE, OUTWARD_AT_ONCE = 8, 16
"""More are not read at the same time, of those on this machine and of those elsewhere; one that hangs takes one of these
places."""
_NICE = 10


def chores(library: Library) -> dict[str, Callable[[Job], bool]]:
    """What is done about jobs that are not of a source: one short step; whether there is more to do."""
    return {
        REMOVE: lambda _: library.resume_removals() > 0,
        TEXT_INDEX: lambda _: library.refresh_text_index(),
        FREE_VECTORS: lambda job: library.free_other_vectors(job.subject) > 0,
        REDACT: lambda _: _redact(library),
        ERASE: lambda _: library.erasing.step(),
    }


def _redact(library: Library) -> bool:
    library.erasing.redact()
    return True  # it says itself of each whether it is done or put off


class Work:
    """The threads that work. ``watching`` follows what is listed; ``rested`` is told when a thread has ended."""

    def __init__(
        self,
        library: Library,
        adapter: Callable[[str], SourceAdapter],
        extractor: Extractor,
        board: Board,
        stopping: threading.Event,
        quiet: Callable[[], object],
        *,
        readers: int,
        max_file_bytes: int,
        watching: Watching,
        rested: Callable[[], object],
    ) -> None:
        self._library, self._adapter, self._extractor = library, adapter, extractor
        self._board, self._stopping, self._quiet = board, stopping, quiet
        self._readers, self._max_file_bytes = readers, max_file_bytes
        self._watching, self._rested = watching, rested
        self._chores: Mapping[str, Callable[[Job], bool]] = chores(library)
        self._changed = threading.Condition(threading.RLock())
        self._busy: dict[str, tuple[str, Halt]] = {}
        self._waiting: deque[tuple[str, str]] = deque()
        self._at_once: dict[str, int] = {}
        self._trouble: Exception | None = None
        self._stepping_back = False

    def begin(self, *, stepping_back: bool = False) -> bool:
        """Begins what is due and not begun; whether anything is being done now. ``stepping_back``: whatever else runs on the
        machine goes first."""
        self._stepping_back = stepping_back
        self._leave_alone()
        due = self._library.jobs.due()
        if any(job.kind in self._chores for job in due) and (halt := self._claim("", "")) is not None:
            self._spawn("", halt)
        wanted = dict.fromkeys(job.subject for job in due if job.kind in OF_A_SOURCE)
        kinds = {source_id: source.kind for source_id, source in self._library.followed().items()} if wanted else {}
        with self._changed:
            self._waiting = deque((name, kinds[name]) for name in wanted if name in kinds and name not in self._busy)
        while (following := self._next()) is not None:
            self._spawn(*following)
        with self._changed:
            return bool(self._busy)

    def _leave_alone(self) -> None:
        """Ends the work on sources that a person paused or removed meanwhile."""
        with self._changed:
            busy = {name: halt for name, (_, halt) in self._busy.items() if name}
        if busy:
            for name in self._library.left_alone() & busy.keys():
                busy[name].set()

    def wait(self, seconds: float) -> None:
        """Waits until all that was begun is done, ``seconds`` at most. Raises what nobody foresaw, so that a command says it."""
        end = time.monotonic() + seconds
        with self._changed:
            while self._busy and self._trouble is None and (left := end - time.monotonic()) > 0:
                self._changed.wait(left)
        if (trouble := self.take_trouble()) is not None:
            raise trouble

    def take_trouble(self) -> Exception | None:
        """What went wrong since the last call, for whoever goes on nevertheless."""
        with self._changed:
            trouble, self._trouble = self._trouble, None
        return trouble

    def join(self, seconds: float) -> None:
        """Waits until all threads have ended, or ``seconds`` have passed: one may hang on a share for ever."""
        end = time.monotonic() + seconds
        with self._changed:
            while self._busy and (left := end - time.monotonic()) > 0:
                self._changed.wait(left)

    def synchronise(self, source_id: str, *, retry: bool) -> None:
        """One source now, in this thread, after what is being done for it already; nothing once it is time to stop."""
        source = self._library.source(source_id)
        while (halt := self._claim(source_id, source.kind)) is None:
            if self._stopping.is_set():
                return
            with self._changed:
                self._changed.wait(1.0)
        try:
            self._sync(source, self._library.jobs.of(source_id, OF_A_SOURCE), halt, retry=retry)
        except Stopped:
            return  # still wanted: taken up at the next start
        finally:
            self._release(source_id)

    # Threads

    def _claim(self, name: str, kind: str) -> Halt | None:
        """A place for the work called ``name``, on a source of ``kind``; nothing when it is being done, or no place is free."""
        places = self._places(kind)
        with self._changed:
            if name in self._busy or self._stopping.is_set():
                return None
            if name and sum(self._places(other) == places for one, (other, _) in self._busy.items() if one) >= places:
                return None
            halt = Halt(self._stopping)
            self._busy[name] = kind, halt
            return halt

    def _places(self, kind: str) -> int:
        if kind not in self._at_once:
            try:
                outward = isinstance(self._adapter(kind), OutwardSource)
            except HameauError:  # said when it is synchronised
                outward = False
            self._at_once[kind] = OUTWARD_AT_ONCE if outward else SOURCES_AT_ONCE
        return self._at_once[kind]

    def _release(self, name: str, trouble: Exception | None = None) -> None:
        with self._changed:
            self._busy.pop(name, None)
            self._trouble = self._trouble or trouble
            resting = not self._busy
            self._changed.notify_all()
        if resting:
            self._board.phase("idle")

    def _spawn(self, name: str, halt: Halt) -> None:
        label = f"hameau-work-{name or 'house'}"
        threading.Thread(target=self._work, args=(name, halt), name=label, daemon=True).start()

    def _work(self, name: str, halt: Halt) -> None:
        """One thread: what it was begun for, then whatever waits for the place that it had."""
        if self._stepping_back:
            step_back()
        following: tuple[str, Halt] | None = name, halt
        while following is not None:
            name, halt = following
            trouble = None
            try:
                if name:
                    self._do_source(name, halt)
                else:
                    self._do_chores()
            except Stopped:
                pass  # the job stands there still: taken up at the next start
            except Exception as error:  # noqa: BLE001 - the edge of the thread: whoever waits for it raises or logs it
                trouble = error
            self._release(name, trouble)
            following = self._next()
        self._rested()

    def _next(self) -> tuple[str, Halt] | None:
        """A source that waits and has a place now."""
        with self._changed:
            full: set[int] = set()
            for one in list(self._waiting):
                places = self._places(one[1])
                if places in full:
                    continue
                if (halt := self._claim(*one)) is not None:
                    self._waiting.remove(one)
                    return one[0], halt
                if one[0] not in self._busy:
                    full.add(places)
        return None

    # Jobs

    def _do_chores(self) -> None:
        """A step of each in turn, so that a long one holds up no other."""
        while due := [job for job in self._library.jobs.due() if job.kind in self._chores]:
            for job in due:
                self._quiet()
                if self._stopping.is_set():
                    raise Stopped
                self._board.phase("reading")
                try:
                    if not self._chores[job.kind](job):
                        self._library.jobs.done([job])
                except HameauError as error:
                    logger.warning("%s is put off: %s", job.kind, error)
                    self._library.jobs.put_off(job, error)

    def _do_source(self, source_id: str, halt: Halt) -> None:
        try:
            source = self._library.source(source_id)
        except NotFound:
            return  # it is being removed, and its jobs go with it
        jobs = self._library.jobs.of(source_id, OF_A_SOURCE)
        try:
            if jobs and all(job.kind == LOOK for job in jobs):
                self._look(source, jobs, halt)
            elif jobs:
                self._sync(source, jobs, halt, retry=any(job.kind == SYNC for job in jobs))
        except Stopped:
            raise
        except Exception as error:
            for job in jobs:  # so that it is not tried again at once, and again
                self._library.jobs.put_off(job, error if isinstance(error, HameauError) else None)
            raise

    def _sync(self, source: Source, jobs: Sequence[Job], halt: Halt, *, retry: bool) -> None:
        self._library.begin_sync(source.id)
        began = time.monotonic()
        counts, trouble, memory = self._run(source, halt, retry=retry)
        outward = self._places(source.kind) == OUTWARD_AT_ONCE
        rescan = next((job for job in jobs if job.kind == RESCAN), None)
        away = isinstance(trouble, Unavailable) and not isinstance(trouble, PartlyUnavailable)
        done = [job for job in jobs if job is not rescan] if away and not outward else jobs
        try:
            self._library.end_sync(source.id, done, trouble, *counts, memory=memory)
        except NotFound:
            return  # the source was removed meanwhile
        if away and not outward:  # it is looked for by itself, ever more rarely
            if rescan is None:
                self._library.jobs.ask(RESCAN, source.id, wait=1.0)
            for job in self._library.jobs.of(source.id, [RESCAN]):
                self._library.jobs.put_off(job, trouble)
        self._watching.listed(source, time.monotonic() - began, trouble, read=counts[0])

    def _look(self, source: Source, jobs: Sequence[Job], halt: Halt) -> None:
        """At some places only; what is wrong with the source as a whole is for a whole look to say."""
        uris = [str(uri) for job in jobs for uri in _places(job)]
        counts, trouble, _ = self._run(source, halt, retry=True, uris=uris)
        if trouble is not None and not isinstance(trouble, PartlyUnavailable):
            self._library.jobs.ask(RESCAN, source.id)
        try:
            self._library.end_look(source.id, jobs, *counts)
        except NotFound:
            return

    def _run(
        self, source: Source, halt: Halt, *, retry: bool, uris: Sequence[str] | None = None
    ) -> tuple[tuple[int, int, int], HameauError | None, Memory | None]:
        """What was read, failed and was taken out, what is wrong with the source, and what its adapter noted. Raises
        :class:`Stopped`."""
        counts, memory = (0, 0, 0), None
        trouble: HameauError | None
        with _pool(self._readers + 1) as readers:
            tools = Tools(
                self._library,
                self._extractor,
                self._board,
                readers,
                (self._readers + 1) * 2,
                halt,
                self._quiet,
                self._max_file_bytes,
            )
            try:
                adapter, watcher = self._adapter(source.kind), self._watching.watcher(source)
                work = Synchronisation(tools, adapter, source, retry=retry, watcher=watcher, uris=uris)
                memory = work.memory
                try:
                    trouble = work.run()
                finally:
                    counts = work.counts
            except HameauError as error:
                trouble = error
        return counts, trouble, memory


def step_back() -> None:
    """Lowers this thread's claim on the cores; on Linux the number belongs to the thread alone."""
    try:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
    except (AttributeError, OSError):
        return


@contextmanager
def _pool(width: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that hand files to the extractor. Whoever leaves early, by a stop or Ctrl-C, does not wait for a slow file."""
    pool = ThreadPoolExecutor(width, "hameau-reader")
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _places(job: Job) -> Sequence[object]:
    uris = job.detail.get("uris", ())
    return uris if isinstance(uris, list) else ()
