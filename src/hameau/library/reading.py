"""Reads the files of a source: is each what it was, what text does it hold, what will be stored of it. Writes nothing.

Several files are read at once, in the threads of a pool; plain text, which costs less than handing it over, right in the
thread that asks. What lies elsewhere is asked for ahead, several things at once, where its source can do that.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, replace
from functools import partial

from hameau.kit import N_, Corrupt, HameauError, NotEnough, NotFound, Refused, Unavailable
from hameau.library.fetching import Fetched, Fetching, Task
from hameau.library.library import Library
from hameau.library.opening import open_document
from hameau.library.plan import is_light
from hameau.library.ports import BatchSource, Content, Extractor, Item, SourceAdapter, SourceContext
from hameau.library.preparing import Prepared, prepare
from hameau.library.progress import Board
from hameau.library.types import Document, Extracted

logger = logging.getLogger(__name__)
_BLOCK = 1 << 20
_LOOK_SECONDS = 0.02

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
STUMBLED = Corrupt(
    N_("Hameau stumbled over this file; this is a mistake of Hameau, not of the file."),
    hint=N_("The other files are read all the same. A newer version may read it."),
)

NOT_ANSWERED = Corrupt(
    N_("The other side did not hand this out."), hint=N_("It may do so later: synchronise the source again.")
)


class Stopped(Exception):
    """The indexer is asked to stop, or to leave this source alone."""


class Halt:
    """Says of the work on one source whether it is to end: ``house`` is set when all work is, :meth:`set` ends this one."""

    def __init__(self, house: threading.Event) -> None:
        self._house, self._own = house, threading.Event()

    def is_set(self) -> bool:
        """Whether it is."""
        return self._house.is_set() or self._own.is_set()

    def set(self) -> None:
        """This source is to be left alone."""
        self._own.set()

    def wait(self, seconds: float) -> bool:
        """Waits so long, or until it is to end; whether it is."""
        end = time.monotonic() + seconds
        while not self.is_set() and (left := end - time.monotonic()) > 0:
            self._house.wait(min(left, 0.5))
        return self.is_set()


@dataclass(frozen=True, slots=True)
class Tools:
    """What a synchronisation works with."""

    library: Library
    extractor: Extractor
    board: Board
    readers: Executor
    width: int
    """How many files may be in the hands of the readers at once."""
    stopping: Halt
    quiet: Callable[[], object]
    """Returns when no person waits for the cores."""
    max_file_bytes: int

    def pause(self) -> None:
        """Lets people go first; ends the work when asked, by :class:`Stopped`."""
        self.quiet()
        if self.stopping.is_set():
            raise Stopped


@dataclass(frozen=True, slots=True)
class Outcome:
    """What reading a file gave: a text, the news that it is what it was (neither ``prepared`` nor ``error``), or why not."""

    document: Document
    prepared: Prepared | None = None
    error: HameauError | None = None
    vanished: bool = False
    kept_out: bool = False
    """A person had this content forgotten, at another place."""


class Reading:
    """Reads what one source listed."""

    def __init__(
        self, tools: Tools, adapter: SourceAdapter, context: SourceContext, kept_out: Callable[[str], bool]
    ) -> None:
        """``kept_out`` says of the hash of a content whether it is not to be read."""
        self._tools, self._adapter, self._context, self._kept_out = tools, adapter, context, kept_out

    def read_all(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Hands out what is done, never more than ``width`` files ahead. Raises :class:`Stopped`, and ``Unavailable`` when
        nothing can be read at all now."""
        if isinstance(self._adapter, BatchSource):
            yield from self._read_fetched(Fetching(self._adapter, self._context, tasks))
            return
        flying: set[Future[Outcome]] = set()
        source_id = self._context.source.id
        try:
            for document, item in tasks:
                self._tools.pause()
                light = is_light(item.uri)
                self._tools.board.texts(source_id, light)
                if light:
                    yield self._read(document, item)
                    continue
                flying.add(self._tools.readers.submit(self._read, document, item))
                while len(flying) >= self._tools.width:
                    yield from self._landed(flying)
            while flying:
                yield from self._landed(flying)
        finally:
            self._tools.board.texts(source_id, False)
            for future in flying:
                future.cancel()

    def _read_fetched(self, fetching: Fetching) -> Iterator[Outcome]:
        flying: set[Future[Outcome]] = set()
        submit = self._tools.readers.submit
        try:
            while True:
                self._tools.pause()
                try:
                    one = fetching.take(_LOOK_SECONDS if flying else 1.0)
                except StopIteration:
                    break
                except Unavailable:
                    while flying:  # what was handed out holds
                        yield from self._landed(flying)
                    raise
                if one is not None:
                    document, item = one.task
                    if one.content is not None:
                        flying.add(submit(self._read_fetched_one, one, one.content))
                    elif one.asked:
                        yield _not_had(one)
                    else:
                        flying.add(submit(self._read, document, item))
                if len(flying) >= self._tools.width or (one is None and flying):
                    yield from self._landed(flying)
            while flying:
                yield from self._landed(flying)
        finally:
            fetching.close()
            for future in flying:
                future.cancel()

    def _read_fetched_one(self, one: Fetched, content: Content) -> Outcome:
        document, item = one.task
        try:
            outcome = self._guarded(document, item, partial(self._read_content, content=content))
        finally:
            one.done()
        if (outcome.error or outcome.vanished) and content.path is not None and not content.path.exists():
            raise Unavailable(
                NOT_ANSWERED.message, hint=NOT_ANSWERED.hint
            )  # the line broke, and its files went with it
        return outcome

    def hash_or_nothing(self, item: Item) -> str:
        """The hash of the content, or an empty text for what can't be read now: reading it will say why."""
        if self._too_big(item):
            return ""
        try:
            with self._adapter.content(self._context, item.uri) as content:
                return self._hash(content)[0]
        except (HameauError, OSError):
            return ""

    def _landed(self, flying: set[Future[Outcome]]) -> Iterator[Outcome]:
        done, _ = wait(flying, timeout=1.0, return_when=FIRST_COMPLETED)
        self._tools.pause()
        for future in done:
            flying.discard(future)
            yield future.result()

    def _read(self, document: Document, item: Item) -> Outcome:
        """One file, in whichever thread. Never raises but ``Unavailable``: a bad file is an outcome."""
        if self._too_big(item):
            return Outcome(document, error=TOO_BIG)
        return self._guarded(document, item, self._fetch_and_read)

    def _fetch_and_read(self, document: Document, item: Item) -> Outcome:
        with self._adapter.content(self._context, item.uri) as content:
            return self._read_content(document, item, content)

    def _guarded(self, document: Document, item: Item, read: Callable[[Document, Item], Outcome]) -> Outcome:
        """One file, read by ``read``: whatever is wrong with it is an outcome."""
        self._tools.board.reading(item.uri)
        try:
            return read(document, item)
        except Unavailable:
            raise
        except (NotFound, FileNotFoundError):
            return Outcome(document, vanished=True)
        except HameauError as error:
            return Outcome(document, error=error)
        except OSError as error:
            logger.info("%s: %s", item.uri, error)
            return Outcome(document, error=NOT_ALLOWED if isinstance(error, PermissionError) else NOT_HANDED_OUT)
        except Exception:  # the edge of one file: a mistake of ours must not keep all the others from being read
            logger.exception("stumbled over %s", item.uri)
            return Outcome(document, error=STUMBLED)

    def _read_content(self, document: Document, item: Item, content: Content) -> Outcome:
        content_hash, data = self._hash(content)
        if document.content_hash == content_hash:
            return Outcome(document)
        if self._kept_out(content_hash):
            return Outcome(document, kept_out=True)
        try:
            extracted = self._plain(content.name, data) if data else None
            if extracted is None:
                extracted = self._extract(content)
        except HameauError as error:
            gone = content.path is not None and not content.path.exists()
            return Outcome(document, error=error, vanished=gone)
        known = self._parts_of(document) if extracted.parts else {}
        return Outcome(document, prepare(document, knowing_better(extracted, content), content_hash, known=known))

    def _parts_of(self, document: Document) -> Mapping[str, str]:
        """What is known inside a document that was read before."""
        return self._tools.library.part_hashes(document.id) if document.content_hash or document.passages else {}

    def _extract(self, content: Content) -> Extracted:
        if content.path is None:
            return self._tools.extractor.extract_data(content.name, content.data, content.media_type)
        return self._tools.extractor.extract(content.path, content.media_type, beneath=content.beneath)

    def _too_big(self, item: Item) -> bool:
        return item.size > self._tools.max_file_bytes

    def _plain(self, name: str, data: bytes) -> Extracted | None:
        """The text of a small file that is text already: it need not be opened twice."""
        read = getattr(self._tools.extractor, "plain", None)
        found: Extracted | None = read(name, data) if read is not None else None
        return found

    def _hash(self, content: Content) -> tuple[str, bytes]:
        """BLAKE2b (RFC 7693) of the content, 128 bits: decides whether it is what was read. And the content itself, of a file
        that is no longer than a block.

        Since it was listed the file may have become something else. Raises ``OSError`` for a pipe, a device or a link, which
        might never end, and ``NotEnough`` for one that has grown too big.
        """
        digest, size, data = hashlib.blake2b(digest_size=16), 0, b""
        if content.path is None:
            if len(content.data) > self._tools.max_file_bytes:
                raise TOO_BIG
            digest.update(content.data)
            told = (content.title, content.dated_at, content.authors, content.thread, content.warning)
            if any(told):
                digest.update("\0".join(told).encode("utf-8", "surrogatepass"))
            return digest.hexdigest(), content.data if len(content.data) <= _BLOCK else b""
        with os.fdopen(open_document(content.path, content.beneath), "rb", buffering=0) as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                data = b"" if size else block
                size += len(block)
                if size > self._tools.max_file_bytes:
                    raise TOO_BIG
        return digest.hexdigest(), data


def _not_had(one: Fetched) -> Outcome:
    document, _ = one.task
    if isinstance(one.error, NotFound):
        return Outcome(document, vanished=True)
    return Outcome(document, error=one.error or NOT_ANSWERED)


def knowing_better(extracted: Extracted, content: Content) -> Extracted:
    """What was extracted, with what the source knows better."""
    return replace(
        extracted,
        media_type=content.media_type or extracted.media_type,
        title=content.title or extracted.title,
        dated_at=content.dated_at or extracted.dated_at,
        authors=content.authors or extracted.authors,
        link=content.link or extracted.link,
        thread=content.thread or extracted.thread,
        warnings=(content.warning, *extracted.warnings) if content.warning else extracted.warnings,
    )
