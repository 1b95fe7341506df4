"""Keeps the library in line with its sources, in the background: text first, vectors after, people before both.

One process at a time indexes a home; another one that adds a source writes a job into the database, and the one that indexes
notices within a second. Everything can be killed at any moment: what is half-done is done again, nothing is lost or doubled.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from hameau.kit import N_, BadInput, Conflict, HameauError, Unavailable
from hameau.library.embedding import Embedding, PassageEmbedder
from hameau.library.jobs import TEXT_INDEX
from hameau.library.library import Library
from hameau.library.ports import Extractor, SourceAdapter
from hameau.library.progress import Board, Progress
from hameau.library.turn import Turn
from hameau.library.watching import Watching
from hameau.library.working import Work, step_back

logger = logging.getLogger(__name__)

MAX_FILE_BYTES = 200_000_000
RESCAN_SECONDS = 600.0
_LOOK_SECONDS = 1.0
_END_SECONDS = 10.0


def _ignore(progress: Progress) -> None:
    """Nobody wants to know."""


class PeopleFirst(Protocol):
    """What the indexer needs of the gate; ``hameau.models.Gate`` is one."""

    def wait_for_quiet(self, timeout: float | None = None) -> bool: ...

    def listen(self, listener: Callable[[bool], None]) -> Callable[[], None]: ...


class Indexer:
    """The one that reads. ``adapters`` by kind of source; ``background_embedder`` is asked when vectors are to be made and may
    say ``None``; ``notify`` is told of each new state. ``home`` is the folder whose lock says whose turn it is.
    """

    def __init__(
        self,
        library: Library,
        *,
        adapters: Mapping[str, SourceAdapter],
        extractor: Extractor,
        background_embedder: Callable[[], PassageEmbedder | None] = lambda: None,
        gate: PeopleFirst | None = None,
        notify: Callable[[Progress], object] = _ignore,
        home: Path | None = None,
        max_file_bytes: int = MAX_FILE_BYTES,
        rescan_seconds: float = RESCAN_SECONDS,
        readers: int | None = None,
    ) -> None:
        self._library, self._adapters, self._extractor = library, dict(adapters), extractor
        self._gate, self._notify = gate, notify
        self._turn = Turn(home)
        self._board = Board()
        self._stopping, self._wake = threading.Event(), threading.Event()
        self._embedding = Embedding(library, background_embedder, self._board, self._stopping)
        self._watching = Watching(
            library,
            self._adapter,
            self._stopping,
            rescan_seconds=rescan_seconds,
            max_file_bytes=max_file_bytes,
            asked=self._wake.set,
        )
        self._work = Work(
            library,
            self._adapter,
            extractor,
            self._board,
            self._stopping,
            self._quiet,
            readers=readers or max(1, (os.cpu_count() or 2) - 1),
            max_file_bytes=max_file_bytes,
            watching=self._watching,
            rested=self._rested,
        )
        self._threads: list[threading.Thread] = []
        self._following: threading.Thread | None = None
        self._forget: Callable[[], None] = lambda: None
        self._resumed = False

    def check(self, kind: str, uri: str, settings: Mapping[str, object] | None = None) -> str:
        """The canonical form of a source's address. Raises ``BadInput``, ``NotFound`` or ``Refused`` when it can't be one."""
        if kind not in self._adapters:
            raise BadInput(
                N_("Sources of the kind {kind} are not known here."),
                hint=N_("Those that are: {kinds}"),
                kind=kind[:60],
                kinds=", ".join(self._adapters),
            )
        return self._adapter(kind).check(uri, settings or {})

    def progress(self) -> Progress:
        """What goes on now. Costs nothing."""
        return self._board.read()

    def next_look(self, source_id: str) -> float | None:
        """Seconds until a source is compared by itself; nothing when this process follows none, or the source is paused."""
        return self._watching.next_look(source_id)

    def try_lock(self) -> bool:
        """Whether this process may index the home now; it keeps the turn until :meth:`stop`."""
        return self._turn.take()

    def notices(self) -> tuple[str, ...]:
        """What a person should know of how the sources are followed, as gettext ids."""
        return self._watching.notices()

    def start(self) -> None:
        """Begins to follow the sources, in background threads. Returns at once; waits in the background for its turn."""
        if self._threads:
            return
        self._stopping.clear()
        self._listen()
        self._threads = [
            threading.Thread(target=self._follow, name="hameau-intake", daemon=True),
            threading.Thread(target=self._embed_all, name="hameau-vectors", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends the background work at the next step; what is unfinished is taken up again at the next start."""
        self._stopping.set()
        self._wake.set()
        self._forget()
        self._forget = lambda: None
        pause = getattr(self._extractor, "pause", None)
        if pause is not None:
            pause(False)
        self._work.join(_END_SECONDS)
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(timeout=_END_SECONDS)
        self._threads = []
        self._turn.give_back()

    def sync(self, source_id: str, *, retry: bool = True) -> None:
        """Synchronises one source now, in this thread; ``retry`` tries failed files again.

        Raises ``NotFound`` for an unknown source and ``Conflict`` when another process indexes this home.
        """
        self._take_turn()
        self._work.synchronise(source_id, retry=retry)

    def run_until_idle(self, progress: Callable[[Progress], object] = _ignore, *, vectors: bool = True) -> None:
        """Does all that is asked for and returns when texts (and ``vectors``) are complete.

        ``progress`` is told about twice a second. Raises ``Conflict`` when another process indexes this home.
        """
        self._take_turn()
        self._stopping.clear()
        self._listen()
        over = threading.Event()

        def tell() -> None:
            while not over.wait(0.5):
                progress(self.progress())

        teller = threading.Thread(target=tell, name="hameau-progress", daemon=True)
        teller.start()
        try:
            self._resume()
            while self._work.begin():
                self._work.wait(_LOOK_SECONDS)
            while vectors and self._embedding.work():
                if self._stopping.is_set():
                    break
            while self._work.begin():  # what the vectors left to tidy up
                self._work.wait(_LOOK_SECONDS)
        finally:
            over.set()
            teller.join()
            self._forget()
            progress(self.progress())

    # Threads

    def _follow(self) -> None:
        step_back()
        while not self._stopping.is_set():
            try:
                if not self._turn.take():
                    self._board.phase("elsewhere")
                else:
                    self._resume()
                    self._watch()
                    self._work.begin(stepping_back=True)
                    if (trouble := self._work.take_trouble()) is not None:
                        raise trouble
            except HameauError as error:  # the edge of the thread: the database itself refused; look again later
                logger.warning("the indexer stands still: %s", error)
                self._board.phase("paused", error.message, error.hint)
            except Exception:
                logger.exception("the indexer stumbled")
            self._wake.wait(_LOOK_SECONDS)
            self._wake.clear()

    def _embed_all(self) -> None:
        step_back()
        while not self._stopping.is_set():
            worked = False
            try:
                if not self._board.texts_first() and self._turn.take():
                    self._quiet()
                    worked = self._embedding.work()
            except Exception:  # the edge of the thread
                logger.exception("the vectors stumbled")
            if not worked:
                self._stopping.wait(_LOOK_SECONDS)

    # Steps

    def _resume(self) -> None:
        """Once: whether the text index is of an older version; everything else that is unfinished stands among the jobs."""
        if not self._resumed:
            if self._library.refresh_text_index():
                self._library.jobs.ask(TEXT_INDEX)
            self._resumed = True

    def _watch(self) -> None:
        if self._following is None or not self._following.is_alive():
            self._watching.open()
            self._following = threading.Thread(target=self._watching.run, name="hameau-watching", daemon=True)
            self._following.start()

    def _rested(self) -> None:
        self._wake.set()
        self._notify(self.progress())

    def _adapter(self, kind: str) -> SourceAdapter:
        adapter = self._adapters.get(kind)
        if adapter is None:
            raise Unavailable(N_("Sources of the kind {kind} are not known here."), kind=kind)
        return adapter

    def _take_turn(self) -> None:
        if not self._turn.take():
            raise Conflict(
                N_("Another Hameau is reading documents into this home right now."),
                hint=N_("It reads what you add by itself; `hameau status` says how far it is."),
            )

    def _listen(self) -> None:
        pause = getattr(self._extractor, "pause", None)
        if self._gate is not None and pause is not None:
            self._forget = self._gate.listen(pause)

    def _quiet(self) -> None:
        """Waits while people wait for the cores, but never past a stop."""
        while self._gate is not None and not self._gate.wait_for_quiet(0.5) and not self._stopping.is_set():
            pass
