"""One synchronisation of one source, or of some places in it: list, compare, read what is new, write, forget what is gone.

Stops at the next file when asked; can be cut short anywhere and begun again. Starts no thread but in the readers' pool.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from hameau.kit import N_, Cancelled, HameauError, NotEnough, Unavailable
from hameau.library.fetching import Task
from hameau.library.plan import Beginnings, Move, Plan, moves, plan
from hameau.library.ports import (
    FollowedSource,
    Item,
    Kept,
    Memory,
    OutwardSource,
    PartlyUnavailable,
    SourceAdapter,
    SourceContext,
    Watcher,
)
from hameau.library.preparing import Prepared
from hameau.library.progress import SourceProgress
from hameau.library.reading import NOT_HANDED_OUT, Outcome, Reading, Stopped, Tools
from hameau.library.types import KnownDocument, Source

logger = logging.getLogger(__name__)
Result = TypeVar("Result")
Thing = TypeVar("Thing")

RETRY_SECONDS = 5.0
BEGUN_AT_ONCE = 500
REMOVED_AT_ONCE = 50
BATCH_DOCUMENTS, BATCH_CHARACTERS, BATCH_SECONDS = 256, 2_000_000, 0.5
"""Documents are written together until there are so many, or that much text, or the first has waited that long."""
_DOUBTED, _DOUBTS = "listed-and-not-there", 3
"""What the memory of a source says of this, and how often in a row it is believed."""
FULL = N_("The disk is full: reading stands still and goes on by itself when there is room again.")
FULL_HINT = N_("Free some space on the disk that holds Hameau's home folder.")


class Synchronisation:
    """Brings the library in line with ``source``, once; only at ``uris`` and below them when they are given."""

    def __init__(
        self,
        tools: Tools,
        adapter: SourceAdapter,
        source: Source,
        *,
        retry: bool,
        watcher: Watcher | None = None,
        uris: Sequence[str] | None = None,
    ) -> None:
        self._tools, self._adapter, self._source, self._retry, self._uris = tools, adapter, source, retry, uris
        self._context = SourceContext(
            source,
            tools.max_file_bytes,
            watcher,
            memory=tools.library.memory(source.id),
            stop=tools.stopping,
            whole=retry or tools.library.unfinished(source.id),
        )
        self._excluded = tools.library.erasing.exclusions(source.id)
        self._reading = Reading(tools, adapter, self._context, self._excluded.holds_content)
        self._progress = SourceProgress(source.id, source.title or source.uri)
        self._removed = 0
        self._batch: list[Prepared] = []
        self._characters = 0
        self._same: list[int] = []
        self._since = 0.0
        self._kept: list[str] = []
        self._vanished: list[KnownDocument] = []

    @property
    def counts(self) -> tuple[int, int, int]:
        """Documents that were read, that could not be, and that were taken out."""
        return self._progress.read, self._progress.failed, self._removed

    @property
    def memory(self) -> Memory:
        """What the adapter noted, to be kept if this ends well."""
        return self._context.memory

    def run(self) -> HameauError | None:
        """Does it all; what is wrong with the source as a whole, if anything. Raises :class:`Stopped`, ``NotFound`` when the
        source was removed meanwhile, and ``Unavailable`` when nothing can be read at all now."""
        try:
            return self._run()
        except Cancelled as error:
            if not self._tools.stopping.is_set():
                raise Unavailable(error.message, hint=error.hint) from error
            raise Stopped from error

    def _run(self) -> HameauError | None:
        tools = self._tools
        tools.board.phase("listing")
        listed, trouble = self._list()
        if not listed and trouble is None and "" in self._kept:
            return None
        known = self._known()
        unseen: tuple[str, ...] = ()
        if isinstance(trouble, PartlyUnavailable):
            unseen = trouble.below
            hidden = Beginnings(unseen)
            if not any(hidden.hold(uri) for uri in known):
                trouble = None  # folders that were never read: nothing to tell at each look
        self._note_mounts(known)
        complete = trouble is None or bool(unseen)
        todo = plan(
            listed,
            known,
            complete=complete,
            retry=self._retry,
            unseen=(*unseen, *self._kept),
            as_listed=isinstance(self._adapter, OutwardSource),
        )
        if self._context.whole and trouble is None:
            self._let_go(listed, known)
        self._report(listed=len(listed), to_read=len(todo.look))
        tools.board.phase("reading")
        self._move(todo.moved)
        waiting, gone = self._settle_moves(todo, {*known} - {move.document.uri for move in todo.moved})
        try:
            for outcome in self._reading.read_all(self._begin(waiting)):
                self._keep(outcome)
        except Unavailable:
            self._flush()  # what was read until then is kept
            raise
        self._flush()
        self._forget([*gone, *self._vanished])
        self._doubt()
        tools.board.reading("")
        return trouble

    def _let_go(self, listed: Sequence[Item], known: dict[str, KnownDocument]) -> None:
        """What was begun before a kill and is listed no more, where all that can be read is listed: nobody would ever read it.
        What it was before stays; what was nothing yet goes."""
        kept, there = Beginnings(self._kept), {item.uri for item in listed}
        lost = [one for uri, one in known.items() if one.state == "pending" and uri not in there and kept.hold(uri)]
        self._write(partial(self._tools.library.keep_documents, [one.id for one in lost if one.content_hash]))
        empty = [one.id for one in lost if not one.content_hash and one.fingerprint]  # without: it waits to be mended
        self._write(partial(self._tools.library.remove_documents, empty))

    def _doubt(self) -> None:
        """What was listed and then was not there may be there after all: a server that stumbled. Nothing of this listing is
        remembered then, so that the next one tells of it again; a few times, for it may really be gone."""
        memory = self.memory
        times = memory.get(_DOUBTED)
        if self._vanished and isinstance(self._adapter, OutwardSource) and len(times) < _DOUBTS:
            memory.forget_noted()
            memory.note(_DOUBTED, times + "?")
        else:
            memory.note(_DOUBTED, "")

    def _list(self) -> tuple[list[Item], HameauError | None]:
        """What the source holds, and what kept it from telling everything."""
        listed: list[Item] = []
        try:
            for item in self._items():
                if isinstance(item, Kept):
                    self._kept.append(item.below)
                    continue
                if self._excluded.holds(item.uri):
                    continue
                listed.append(item)
                if len(listed) % 256 == 0:
                    self._tools.pause()
                    self._report(listed=len(listed))
        except Unavailable as error:
            logger.warning("source %s: %s", self._source.id, error)
            return listed, error
        return listed, None

    def _items(self) -> Iterator[Item | Kept]:
        if self._uris is not None and isinstance(self._adapter, FollowedSource):
            return self._adapter.look(self._context, self._uris)
        return self._adapter.items(self._context)

    def _known(self) -> dict[str, KnownDocument]:
        if self._uris is None or not isinstance(self._adapter, FollowedSource):
            return self._tools.library.known(self._source.id)
        return self._tools.library.known_below(self._source.id, self._uris)

    def _note_mounts(self, known: dict[str, KnownDocument]) -> None:
        """Remembers what is mounted in the source, and what was, as long as something that was read there is kept."""
        if self._uris is not None or not isinstance(self._adapter, FollowedSource):
            return
        here, away = self._adapter.mounts(self._context)
        held = [start.rstrip("/") for start in away if any(uri.startswith(start) for uri in known)]
        mounts = sorted({*here, *held})
        if mounts != sorted(self._source.mounts):
            self._write(partial(self._tools.library.note_mounts, self._source.id, mounts))

    def _move(self, moved: Sequence[Move]) -> None:
        """Gives documents that only moved their new place: all in one when one takes another's, else some at a time."""
        places = {move.document.uri for move in moved}
        chained = any(move.replaced is not None or move.item.uri in places for move in moved)
        for some in _parts(moved, len(moved) if chained else BEGUN_AT_ONCE):
            pairs = [(move.document.id, move.item) for move in some]
            replaced = [move.replaced.id for move in some if move.replaced is not None]
            self._write(partial(self._tools.library.move_documents, pairs, replaced))
            self._removed += len(replaced)

    def _settle_moves(self, todo: Plan, known: set[str]) -> tuple[list[Item], list[KnownDocument]]:
        """Files that moved and kept nothing but their content; what is left to read, and what is really gone."""
        movable = moves(todo.gone)
        sizes = {one.size for one in movable.values()}
        waiting, moved = [], set()
        for item in todo.look:
            old = None
            if movable and item.uri not in known and item.size in sizes:
                self._tools.pause()
                old = movable.pop(self._reading.hash_or_nothing(item), None)
            if old is None:
                waiting.append(item)
                continue
            moved.add(old.id)
            self._write(partial(self._tools.library.move_documents, [(old.id, item)]))
            self._report(read=self._progress.read + 1)
        return waiting, [one for one in todo.gone if one.id not in moved]

    def _begin(self, waiting: Sequence[Item]) -> list[Task]:
        """All of them at once, so that whoever looks sees how many there are."""
        begun: list[Task] = []
        for items in _parts(waiting, BEGUN_AT_ONCE):
            documents = self._write(partial(self._tools.library.begin_documents, self._source.id, items))
            listed = {item.uri: item for item in items}
            begun.extend((document, listed[document.uri]) for document in documents)
        return begun

    def _keep(self, outcome: Outcome) -> None:
        if outcome.kept_out:
            self._write(partial(self._tools.library.remove_document, outcome.document.id))
        elif outcome.vanished:
            one = outcome.document
            self._vanished.append(KnownDocument(one.id, one.uri, one.state, "", one.content_hash, one.size))
        elif (error := outcome.error) is not None:
            if error is NOT_HANDED_OUT:
                self._check_there()
            self._write(partial(self._tools.library.fail_document, outcome.document.id, error))
        elif outcome.prepared is not None:
            self._batch.append(outcome.prepared)
            self._characters += outcome.prepared.characters
        else:
            self._same.append(outcome.document.id)
        self._report(read=self._progress.read + 1, failed=self._progress.failed + (outcome.error is not None))
        if self._is_time():
            self._flush()

    def _is_time(self) -> bool:
        """Whether what was read should be written now."""
        many = len(self._batch) + len(self._same)
        if many == 1:
            self._since = time.monotonic()
        enough = many >= BATCH_DOCUMENTS or self._characters >= BATCH_CHARACTERS
        return enough or (many > 0 and time.monotonic() - self._since >= BATCH_SECONDS)

    def _flush(self) -> None:
        batch, same = self._batch, self._same
        self._batch, self._same, self._characters = [], [], 0
        if batch:
            written = self._write(partial(self._tools.library.write_documents, batch))
            self._tools.board.wrote(sum(document.passages for document in written))
        if same:
            self._write(partial(self._tools.library.keep_documents, same))

    def _forget(self, gone: Sequence[KnownDocument]) -> None:
        """Takes out what is gone, after one more look: reading the others may have taken hours."""
        for some in _parts(gone, REMOVED_AT_ONCE):
            there = self._there([one.uri for one in some])
            ids = [one.id for one in some if one.uri not in there]
            self._write(partial(self._tools.library.remove_documents, ids))
            self._removed += len(ids)

    def _there(self, uris: Sequence[str]) -> set[str]:
        """Which of ``uris`` are there, or may be. Raises ``Unavailable`` when the source itself is away."""
        if not isinstance(self._adapter, FollowedSource):
            self._check_there()
            return set()
        there: set[str] = set()
        below: tuple[str, ...] = ()
        try:
            there.update(item.uri for item in self._adapter.look(self._now(), uris))
        except PartlyUnavailable as error:
            below = error.below
        hidden = Beginnings(below)
        return there | {uri for uri in uris if hidden.hold(uri)}

    def _check_there(self) -> None:
        """Before anything is forgotten: raises ``Unavailable`` when the source itself is away, so that this round ends here."""
        self._adapter.present(self._now())

    def _now(self) -> SourceContext:
        """With what is known by now: a source with documents is not bare."""
        return replace(self._context, source=self._tools.library.source(self._source.id), watcher=None)

    def _write(self, step: Callable[[], Result]) -> Result:
        """One transaction; when the disk is full it is tried again until there is room or the indexer stops."""
        while True:
            self._tools.pause()
            try:
                return step()
            except NotEnough as error:
                logger.warning("writing to the library stands still: %s", error)
                self._tools.board.phase("paused", FULL, FULL_HINT)
                if self._tools.stopping.wait(RETRY_SECONDS):
                    raise Stopped from error
                self._tools.board.phase("reading")

    def _report(self, **changes: int) -> None:
        self._progress = replace(self._progress, **changes)  # type: ignore[arg-type]  # only the counters
        self._tools.board.source(self._progress)


def _parts(things: Sequence[Thing], count: int) -> Iterator[Sequence[Thing]]:
    """``things`` in order, at most ``count`` at a time."""
    return (things[at : at + count] for at in range(0, len(things), max(1, count)))
