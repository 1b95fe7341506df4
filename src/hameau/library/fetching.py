"""Contents of a source elsewhere, asked for ahead of who reads them: the line and the processor work at the same time.

One thread asks, several things at once; what it got waits, some megabytes at most, until somebody takes it.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from hameau.kit import Cancelled, HameauError
from hameau.library.ports import BatchSource, Content, Item, SourceContext, Stop
from hameau.library.types import Document

logger = logging.getLogger(__name__)

BATCH_BYTES = 8 << 20
"""What is asked for at once, by what the listing said."""
BIG_BYTES = 4 << 20
"""What is bigger is asked for by itself, by whoever reads it."""
AHEAD_BYTES = 32 << 20
"""What waits to be read."""

Task = tuple[Document, Item]
"""A document that was begun, and how it was listed."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of asking for one thing: its content, or why it can't be had; neither for what is too big to come along, and
    for what was not answered when ``asked`` is true. Whoever takes it says by ``done`` when its content is not needed any more.
    """

    task: Task
    content: Content | None = None
    error: HameauError | None = None
    asked: bool = True
    done: Callable[[], object] = lambda: None


@dataclass(frozen=True, slots=True)
class _Either:
    """A stop that comes when one of two does."""

    one: Stop
    other: Stop

    def is_set(self) -> bool:
        return self.one.is_set() or self.other.is_set()


class Fetching:
    """Asks ``adapter`` for the contents of ``tasks``, in this order, until :meth:`close`."""

    def __init__(self, adapter: BatchSource, context: SourceContext, tasks: Iterable[Task]) -> None:
        self._closed = threading.Event()
        self._adapter = adapter
        self._context = replace(context, stop=_Either(context.stop, self._closed))
        self._changed = threading.Condition()
        self._waiting: deque[tuple[Fetched, int]] = deque()
        self._bytes = 0
        self._files = 0
        self._ended = False
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(tasks,), name="hameau-fetching", daemon=True)
        self._thread.start()

    def take(self, seconds: float) -> Fetched | None:
        """What came next, or nothing when it takes longer than ``seconds``. Raises ``StopIteration`` when all came, and what
        ended the asking once everything that came before is taken."""
        with self._changed:
            if not self._waiting and not self._ended:
                self._changed.wait(seconds)
            if self._waiting:
                fetched, size = self._waiting.popleft()
                self._bytes -= size
                self._changed.notify_all()
                return fetched
            if not self._ended:
                return None
            if self._failure is not None:
                raise self._failure
            raise StopIteration

    def close(self) -> None:
        """Asks for no more."""
        self._closed.set()
        with self._changed:
            self._changed.notify_all()

    def _run(self, tasks: Iterable[Task]) -> None:
        failure: BaseException | None = None
        try:
            for some in _together(tasks, self._adapter.batch):
                self._ask(some)
                if self._closed.is_set():
                    break
        except Exception as error:  # noqa: BLE001 - whoever takes gets it
            logger.info("source %s: asking ended: %r", self._context.source.id, error)
            failure = error
        with self._changed:
            self._failure, self._ended = failure, True
            self._changed.notify_all()

    def _ask(self, tasks: Sequence[Task]) -> None:
        if len(tasks) == 1 and tasks[0][1].size > BIG_BYTES:
            self._hand_out(Fetched(tasks[0], asked=False), 0)
            return
        missing = {item.uri: (document, item) for document, item in tasks}
        contents = self._adapter.contents(self._context, list(missing))
        for uri, got in contents:
            task = missing.pop(uri, None)
            if task is None:
                logger.warning("%s: more was handed out than was asked for", uri)
            elif isinstance(got, HameauError):
                self._hand_out(Fetched(task, error=got), 0)
            elif got.path is None:
                self._hand_out(Fetched(task, got), len(got.data))
            else:
                self._hand_out(Fetched(task, got, done=self._file_read()), 0)
            if not missing or self._closed.is_set():
                break
        self._wait_for_files()
        if isinstance(contents, Generator):
            contents.close()
        if self._closed.is_set():
            return
        if self._context.stop.is_set():
            raise Cancelled("")
        for task in missing.values():
            self._hand_out(Fetched(task), 0)

    def _file_read(self) -> Callable[[], None]:
        """A file was handed out, which stands until the adapter is told that its batch is over."""

        def done() -> None:
            with self._changed:
                self._files -= 1
                self._changed.notify_all()

        with self._changed:
            self._files += 1
        return done

    def _wait_for_files(self) -> None:
        with self._changed:
            while self._files and not self._closed.is_set():
                self._changed.wait(1.0)

    def _hand_out(self, fetched: Fetched, size: int) -> None:
        with self._changed:
            while self._bytes and self._bytes + size > AHEAD_BYTES and not self._closed.is_set():
                self._changed.wait(1.0)
            self._waiting.append((fetched, size))
            self._bytes += size
            self._changed.notify_all()


def _together(tasks: Iterable[Task], most: int) -> Iterator[list[Task]]:
    """``tasks`` in order, as many together as may be asked for at once; what is big alone."""
    some: list[Task] = []
    size = 0
    for task in tasks:
        own = task[1].size
        if some and (own > BIG_BYTES or len(some) >= most or size + own > BATCH_BYTES):
            yield some
            some, size = [], 0
        if own > BIG_BYTES:
            yield [task]
            continue
        some.append(task)
        size += own
    if some:
        yield some
