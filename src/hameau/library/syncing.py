"""One synchronisation of one source: list, compare, read what is new, write, forget what is gone.

Stops at the next file when asked; can be cut short anywhere and begun again. Starts no thread but in the readers' pool.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from hameau.kit import N_, Corrupt, HameauError, NotEnough, NotFound, Refused, Unavailable
from hameau.library.library import Library
from hameau.library.opening import open_document
from hameau.library.plan import Plan, is_light, moves, plan
from hameau.library.ports import Extractor, Item, PartlyUnavailable, SourceAdapter, SourceContext
from hameau.library.progress import Board, SourceProgress
from hameau.library.types import Extracted, KnownDocument, Source

logger = logging.getLogger(__name__)
Result = TypeVar("Result")

RETRY_SECONDS = 5.0
_BLOCK = 1 << 20
FULL = N_("The disk is full: reading stands still and goes on by itself when there is room again.")
FULL_HINT = N_("Free some space on the disk that holds Hameau's home folder.")

TOO_BIG = NotEnough(
    N_("This file is bigger than one file may be."), hint=N_("Split the file, or raise the limit in the settings.")
)
NOT_ALLOWED = Refused(
    N_("Hameau is not allowed to read this file."),
    hint=N_("Give your account the right to read it, then synchronise again."),
)
NOT_HANDED_OUT = Corrupt(
    N_("The disk could not hand this file out."),
    hint=N_("Check the disk or the cable, then synchronise again."),
)


class Stopped(Exception):
    """The indexer is asked to stop."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a synchronisation works with."""

    library: Library
    extractor: Extractor
    board: Board
    readers: Executor
    width: int
    """How many files may be in the hands of the readers at once."""
    stopping: threading.Event
    quiet: Callable[[], object]
    """Returns when no person waits for the cores."""
    max_file_bytes: int


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What reading a file gave: a text, the news that it is what it was (both ``None``), or why not."""

    content_hash: str = ""
    extracted: Extracted | None = None
    error: HameauError | None = None
    vanished: bool = False


class Synchronisation:
    """Brings the library in line with ``source``, once."""

    def __init__(self, tools: Tools, adapter: SourceAdapter, source: Source, *, retry: bool) -> None:
        self._tools, self._adapter, self._source, self._retry = tools, adapter, source, retry
        self._context = SourceContext(source, tools.max_file_bytes)
        self._progress = SourceProgress(source.id, source.title or source.uri)
        self._top = Path(source.uri)
        self._removed = 0

    @property
    def counts(self) -> tuple[int, int, int]:
        """Documents that were read, that could not be, and that were taken out."""
        return self._progress.read, self._progress.failed, self._removed

    def run(self) -> HameauError | None:
        """Does it all; what is wrong with the source as a whole, if anything. Raises :class:`Stopped`, ``NotFound`` when the
        source was removed meanwhile, and ``Unavailable`` when nothing can be read at all now."""
        tools, library = self._tools, self._tools.library
        tools.board.phase("listing")
        listed, trouble = self._list()
        known = library.known(self._source.id)
        unseen: tuple[str, ...] = ()
        if isinstance(trouble, PartlyUnavailable):
            unseen = trouble.below
            if not any(uri.startswith(unseen) for uri in known):
                trouble = None  # folders that were never read: nothing to tell at each look
        complete = trouble is None or bool(unseen)
        todo = plan(listed, known, complete=complete, retry=self._retry, unseen=unseen)
        self._report(listed=len(listed), to_read=len(todo.look))
        tools.board.phase("reading")
        waiting, gone = self._settle_moves(todo, known)
        begun = [(self._begin(item), item) for item in waiting]
        for document_id, outcome in self._read_all(begun, known):
            self._keep(document_id, outcome)
            self._report(read=self._progress.read + 1, failed=self._progress.failed + (outcome.error is not None))
        if gone:
            self._check_there()
        for one in gone:
            self._remove(one.id)
            self._removed += 1
        tools.board.reading("")
        return trouble

    def _list(self) -> tuple[list[Item], HameauError | None]:
        """What the source holds, and what kept it from telling everything."""
        listed: list[Item] = []
        try:
            for item in self._adapter.items(self._context):
                listed.append(item)
                if len(listed) % 256 == 0:
                    self._pause()
                    self._report(listed=len(listed))
        except Unavailable as error:
            logger.warning("source %s: %s", self._source.id, error)
            return listed, error
        return listed, None

    def _settle_moves(self, todo: Plan, known: Mapping[str, KnownDocument]) -> tuple[list[Item], list[KnownDocument]]:
        """Gives documents that only moved their new place; what is left to read, and what is really gone."""
        movable = moves(todo.gone)
        if not movable:
            return list(todo.look), list(todo.gone)
        waiting = []
        for item in todo.look:
            self._pause()
            old = movable.get(self._hash_or_nothing(item)) if item.uri not in known else None
            if old is None:
                waiting.append(item)
                continue
            del movable[old.content_hash]
            self._move(old.id, item)
            self._report(read=self._progress.read + 1)
        moved = {one.id for one in moves(todo.gone).values()} - {one.id for one in movable.values()}
        return waiting, [one for one in todo.gone if one.id not in moved]

    def _begin(self, item: Item) -> int:
        return self._write(lambda: self._tools.library.begin_document(self._source.id, item)).id

    def _move(self, document_id: int, item: Item) -> None:
        self._write(lambda: self._tools.library.move_document(document_id, item))

    def _remove(self, document_id: int) -> None:
        self._write(lambda: self._tools.library.remove_document(document_id))

    def _check_there(self) -> None:
        """Before anything is forgotten: raises ``Unavailable`` when the source itself is away, so that this round ends here."""
        source = self._tools.library.source(
            self._source.id
        )  # with what is known by now: a source with documents is not bare
        try:
            next(iter(self._adapter.items(SourceContext(source, self._tools.max_file_bytes))), None)
        except PartlyUnavailable:
            return

    def _read_all(
        self, begun: Iterable[tuple[int, Item]], known: Mapping[str, KnownDocument]
    ) -> Iterator[tuple[int, _Outcome]]:
        """Reads in several threads, never more than ``width`` ahead, and hands out what is done. Plain text, which costs less
        than handing it over, is read right here."""
        flying: dict[Future[_Outcome], int] = {}
        try:
            for document_id, item in begun:
                self._pause()
                light = is_light(item.uri)
                self._tools.board.texts(light)
                if light:
                    yield document_id, self._read(item, known.get(item.uri))
                    continue
                flying[self._tools.readers.submit(self._read, item, known.get(item.uri))] = document_id
                while len(flying) >= self._tools.width:
                    yield from self._landed(flying)
            while flying:
                yield from self._landed(flying)
        finally:
            self._tools.board.texts(False)
            for future in flying:
                future.cancel()

    def _landed(self, flying: dict[Future[_Outcome], int]) -> Iterator[tuple[int, _Outcome]]:
        done, _ = wait(flying, timeout=1.0, return_when=FIRST_COMPLETED)
        self._pause()
        for future in done:
            yield flying.pop(future), future.result()

    def _read(self, item: Item, known: KnownDocument | None) -> _Outcome:
        """One file, in whichever thread. Never raises but ``Unavailable``: a bad file is an outcome."""
        self._tools.board.reading(item.uri)
        if self._too_big(item):
            return _Outcome(error=TOO_BIG)
        try:
            content_hash = self._hash(item)
            if known is not None and known.state != "failed" and known.content_hash == content_hash:
                return _Outcome(content_hash)
            return _Outcome(content_hash, self._tools.extractor.extract(self._path(item), beneath=self._top))
        except Unavailable:
            raise
        except (NotFound, FileNotFoundError):
            return _Outcome(vanished=True)
        except HameauError as error:
            return _Outcome(error=error, vanished=not self._path(item).exists())
        except OSError as error:
            logger.info("%s: %s", item.uri, error)
            return _Outcome(error=NOT_ALLOWED if isinstance(error, PermissionError) else NOT_HANDED_OUT)

    def _keep(self, document_id: int, outcome: _Outcome) -> None:
        library = self._tools.library
        if outcome.vanished:
            self._check_there()
            self._remove(document_id)
        elif (error := outcome.error) is not None:
            if error is NOT_HANDED_OUT:
                self._check_there()
            self._write(lambda: library.fail_document(document_id, error))
        elif (extracted := outcome.extracted) is not None:
            written = self._write(lambda: library.write_document(document_id, extracted, outcome.content_hash))
            self._tools.board.wrote(written.passages)
        else:
            self._write(lambda: library.keep_document(document_id))

    def _write(self, step: Callable[[], Result]) -> Result:
        """One transaction; when the disk is full it is tried again until there is room or the indexer stops."""
        while True:
            self._pause()
            try:
                return step()
            except NotEnough as error:
                logger.warning("writing to the library stands still: %s", error)
                self._tools.board.phase("paused", FULL, FULL_HINT)
                if self._tools.stopping.wait(RETRY_SECONDS):
                    raise Stopped from error
                self._tools.board.phase("reading")

    def _pause(self) -> None:
        """Lets people go first; ends the work when asked."""
        self._tools.quiet()
        if self._tools.stopping.is_set():
            raise Stopped

    def _path(self, item: Item) -> Path:
        return self._adapter.path(self._context, item.uri)

    def _too_big(self, item: Item) -> bool:
        return item.size > self._tools.max_file_bytes

    def _hash(self, item: Item) -> str:
        """BLAKE2b (RFC 7693) of the content, 128 bits: decides whether a file is the one that was read.

        Since it was listed the file may have become something else. Raises ``OSError`` for a pipe, a device or a link, which
        might never end, and ``NotEnough`` for one that has grown too big.
        """
        digest, size = hashlib.blake2b(digest_size=16), 0
        with os.fdopen(open_document(self._path(item), self._top), "rb", buffering=0) as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                size += len(block)
                if size > self._tools.max_file_bytes:
                    raise TOO_BIG
        return digest.hexdigest()

    def _hash_or_nothing(self, item: Item) -> str:
        """The hash, or an empty text for what can't be read now: reading it will say why."""
        try:
            return "" if self._too_big(item) else self._hash(item)
        except (HameauError, OSError):
            return ""

    def _report(self, **changes: int) -> None:
        self._progress = replace(self._progress, **changes)  # type: ignore[arg-type]  # only the counters
        self._tools.board.source(self._progress)
