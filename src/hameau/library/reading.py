"""Reads the files of a source: is each what it was, what text does it hold, what will be stored of it. Writes nothing.

Several files are read at once, in the threads of a pool; plain text, which costs less than handing it over, right in the
thread that asks.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from pathlib import Path

from hameau.kit import N_, Corrupt, HameauError, NotEnough, NotFound, Refused, Unavailable
from hameau.library.library import Library
from hameau.library.opening import open_document
from hameau.library.plan import is_light
from hameau.library.ports import Extractor, Item, SourceAdapter, SourceContext
from hameau.library.preparing import Prepared, prepare
from hameau.library.progress import Board
from hameau.library.types import Document, Extracted

logger = logging.getLogger(__name__)
_BLOCK = 1 << 20

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


Task = tuple[Document, Item]
"""A document that was begun, and how it was listed."""


class Reading:
    """Reads what one source listed."""

    def __init__(
        self, tools: Tools, adapter: SourceAdapter, context: SourceContext, kept_out: Callable[[str], bool]
    ) -> None:
        """``kept_out`` says of the hash of a content whether it is not to be read."""
        self._tools, self._adapter, self._context, self._kept_out = tools, adapter, context, kept_out
        self._top = Path(context.source.uri)

    def read_all(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Hands out what is done, never more than ``width`` files ahead. Raises :class:`Stopped`, and ``Unavailable`` when
        nothing can be read at all now."""
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

    def hash_or_nothing(self, item: Item) -> str:
        """The hash of the content, or an empty text for what can't be read now: reading it will say why."""
        try:
            return "" if self._too_big(item) else self._hash(self._path(item))[0]
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
        self._tools.board.reading(item.uri)
        if self._too_big(item):
            return Outcome(document, error=TOO_BIG)
        try:
            path = self._path(item)
            content_hash, data = self._hash(path)
            if document.content_hash == content_hash:
                return Outcome(document)
            if self._kept_out(content_hash):
                return Outcome(document, kept_out=True)
            extracted = self._plain(path.name, data) if data else None
            if extracted is None:
                extracted = self._tools.extractor.extract(path, beneath=self._top)
            return Outcome(document, prepare(document, extracted, content_hash))
        except Unavailable:
            raise
        except (NotFound, FileNotFoundError):
            return Outcome(document, vanished=True)
        except HameauError as error:
            return Outcome(document, error=error, vanished=not self._path(item).exists())
        except OSError as error:
            logger.info("%s: %s", item.uri, error)
            return Outcome(document, error=NOT_ALLOWED if isinstance(error, PermissionError) else NOT_HANDED_OUT)
        except Exception:  # the edge of one file: a mistake of ours must not keep all the others from being read
            logger.exception("stumbled over %s", item.uri)
            return Outcome(document, error=STUMBLED)

    def _path(self, item: Item) -> Path:
        return self._adapter.path(self._context, item.uri)

    def _too_big(self, item: Item) -> bool:
        return item.size > self._tools.max_file_bytes

    def _plain(self, name: str, data: bytes) -> Extracted | None:
        """The text of a small file that is text already: it need not be opened twice."""
        read = getattr(self._tools.extractor, "plain", None)
        found: Extracted | None = read(name, data) if read is not None else None
        return found

    def _hash(self, path: Path) -> tuple[str, bytes]:
        """BLAKE2b (RFC 7693) of the content, 128 bits: decides whether a file is the one that was read. And the content
        itself, of a file that is no longer than a block.

        Since it was listed the file may have become something else. Raises ``OSError`` for a pipe, a device or a link, which
        might never end, and ``NotEnough`` for one that has grown too big.
        """
        digest, size, data = hashlib.blake2b(digest_size=16), 0, b""
        with os.fdopen(open_document(path, self._top), "rb", buffering=0) as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                data = b"" if size else block
                size += len(block)
                if size > self._tools.max_file_bytes:
                    raise TOO_BIG
        return digest.hexdigest(), data
