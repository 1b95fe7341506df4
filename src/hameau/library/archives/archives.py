"""The archives of a house: each in a process of its own, asked together, read page by page."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from hameau.kit import N_, Corrupt, HameauError, NotEnough, NotFound, Unavailable
from hameau.library.archives import believing
from hameau.library.archives.process import FOLDER_PREFIX, Reader, Stuck
from hameau.library.archives.types import ArchiveFacts, Article, Hit, Hits, Named, Thing
from hameau.library.archives.wire import PATH_CHARACTERS, QUESTION_CHARACTERS, Answer, Order
from hameau.library.extraction.trust import seemly
from hameau.library.ports import AskedAnswer, AskedPassage
from hameau.library.types import Locator, Source

logger = logging.getLogger(__name__)

MEMORY_BYTES = 512 << 20
"""Private memory of one archive's process; the archive itself is mapped, and counts as nobody's."""
SECONDS = 15
"""For one order; a process that takes longer is ended."""
PATIENCE = 2.0
"""Seconds that a search waits for its archives; those that have not answered by then are left out of it."""
OPENING = 10.0
"""The same while one of them has yet to be opened, as in a command that runs alone."""
TRY_AGAIN = 60.0
"""Seconds for which an archive that could not be opened, or broke its process, is left alone."""
_KEPT = 256
_State = tuple[int, int, int]


@dataclass(slots=True)
class _Held:
    """An archive that is open, or why it is not. ``state`` is its file's; another one is another archive."""

    state: _State
    facts: ArchiveFacts = ArchiveFacts()  # noqa: RUF009 - frozen
    reader: Reader | None = None
    error: HameauError | None = None
    until: float = 0.0
    ready: bool = False


class Archives:
    """Sources that are asked instead of read. Thread-safe. ``source`` finds one by its id (it raises ``NotFound``);
    processes start when an archive is first needed and leave by themselves when nobody asks."""

    kinds = frozenset({"zim"})

    def __init__(
        self,
        source: Callable[[str], Source],
        *,
        scratch: Path | None = None,
        memory_bytes: int = MEMORY_BYTES,
        seconds: float = SECONDS,
    ) -> None:
        self._source = source
        self._scratch, self._memory_bytes, self._seconds = scratch, memory_bytes, seconds
        self._starter = ThreadPoolExecutor(
            1, "archive"
        )  # the kernel ends a process with the very thread that started it
        self._askers = ThreadPoolExecutor(8, "asking")
        self._lock = threading.Lock()
        self._opening: dict[str, threading.Lock] = {}
        self._held: dict[str, _Held] = {}
        self._answers: OrderedDict[tuple[str, _State, str, int], Hits] = OrderedDict()
        if scratch is not None:
            for left in scratch.glob(f"{FOLDER_PREFIX}*"):
                shutil.rmtree(left, ignore_errors=True)

    # What an archive says of itself

    def about(self, path: Path) -> ArchiveFacts:
        """What the archive at ``path`` says of itself. Raises ``Unavailable``, ``Corrupt`` or ``NotEnough``."""
        return self._open(str(path)).facts

    def facts(self, source_id: str) -> ArchiveFacts:
        """The same of a source. Raises ``NotFound`` for what is no archive too."""
        return self.about(Path(self._of(source_id).uri))

    # Reading

    def article(self, source_id: str, path: str) -> Article:
        """The page at ``path``; its own ``path`` is another when it stands elsewhere. Raises ``NotFound``."""
        answer = self._do(source_id, Order("page", path))
        if answer.moved:
            answer = self._do(source_id, Order("page", answer.moved))
        if answer.article is None:
            raise _no_page()
        return believing.article(answer.article)

    def thing(self, source_id: str, path: str) -> Thing:
        """The picture at ``path``. Raises ``NotFound``, for what is no picture too."""
        answer = self._do(source_id, Order("thing", path))
        thing = believing.thing(answer.thing) if answer.thing is not None else None
        if thing is None:
            raise _no_page()
        return thing

    def titles(self, source_id: str, begins: str, limit: int = 20) -> list[Named]:
        """Pages whose titles hold the words of ``begins``, the last of which may be unfinished."""
        answer = self._do(source_id, Order("titles", begins[:QUESTION_CHARACTERS], limit))
        return [Named(one.path[:PATH_CHARACTERS], seemly(one.title)) for one in answer.titles]

    def chance(self, source_id: str) -> str:
        """The path of some page."""
        return self._do(source_id, Order("chance")).moved[:PATH_CHARACTERS]

    # Asking

    def ask(
        self, sources: Sequence[Source], question: str, languages: frozenset[str] = frozenset(), count: int = 8
    ) -> list[AskedAnswer]:
        """The passages that each of ``sources`` finds for ``question``, at most ``count`` each; only archives that are in one
        of ``languages``, when there are any. One that can't be asked now is left out, and the log says why."""
        patience = PATIENCE if all(self._is_open(one.uri) for one in sources) else OPENING
        asked = {self._askers.submit(self._ask, one, question, languages, count): one for one in sources}
        done, late = wait(asked, patience)
        for future in late:
            future.cancel()
            logger.warning("the archive %s did not answer in time", asked[future].id)
        return [answer for future in asked if future in done and (answer := self._heard(future, asked[future]))]

    def warm(self, sources: Sequence[Source]) -> None:
        """Opens ``sources`` ahead, without waiting."""
        for one in sources:
            self._askers.submit(self._ask, one, "", frozenset(), 1)

    def close(self) -> None:
        """Ends every process. May be called twice; whoever asks afterwards is refused."""
        self._askers.shutdown(wait=False, cancel_futures=True)
        self._starter.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            held, self._held = self._held, {}
        for one in held.values():
            if one.reader is not None:
                one.reader.end()

    def _heard(self, future: Future[AskedAnswer | None], source: Source) -> AskedAnswer | None:
        try:
            return future.result()
        except HameauError as error:  # an edge: the other archives and the library still answer
            logger.warning("the archive %s could not be asked: %s", source.id, error)
            return None

    def _ask(self, source: Source, question: str, languages: frozenset[str], count: int) -> AskedAnswer | None:
        held = self._open(source.uri)
        if (languages and held.facts.language not in languages) or not question:
            return None
        key = (source.uri, held.state, question[:QUESTION_CHARACTERS], count)
        with self._lock:
            hits = self._answers.get(key)
        if hits is None:
            answer = self._order(source.uri, Order("ask", key[2], count))
            hits = believing.hits(answer.hits) if answer.hits is not None else Hits()
            with self._lock:
                self._answers[key] = hits
                while len(self._answers) > _KEPT:
                    self._answers.popitem(last=False)
        language = held.facts.language
        return AskedAnswer(tuple(_passage(source, hit, language) for hit in hits.hits), dict(hits.weights))

    # Processes

    def _of(self, source_id: str) -> Source:
        source = self._source(source_id)
        if source.kind not in self.kinds:
            raise _no_page()
        return source

    def _do(self, source_id: str, order: Order) -> Answer:
        if len(order.text) > PATH_CHARACTERS or "\0" in order.text:
            raise _no_page()
        return self._order(self._of(source_id).uri, order)

    def _order(self, uri: str, order: Order) -> Answer:
        for again in (True, False):
            held = self._open(uri)
            if held.reader is None:
                break
            try:
                answer = held.reader.do(order, self._seconds)
            except EOFError:  # it left because nobody asked, or died: a new one is asked, once
                held.reader.end()
                if again:
                    continue
                self._give_up(held, _broken())
            except (Stuck, ValueError) as error:
                logger.warning("the process of an archive was ended: %r", error)
                self._give_up(held, _broken())
            else:
                return self._said(answer)
        raise held.error or _broken()

    def _said(self, answer: Answer) -> Answer:
        if answer.reason == "gone":
            raise _no_page()
        if answer.reason == "too_much_memory":
            raise NotEnough(N_("This page needs more memory than Hameau gives an archive."))
        if answer.reason:
            logger.info("an archive could not answer: %s", answer.detail)
            raise Corrupt(
                N_("This page of the archive is damaged."), hint=N_("Get the archive anew where you had it from.")
            )
        return answer

    def _give_up(self, held: _Held, error: HameauError) -> None:
        held.error, held.until = error, time.monotonic() + TRY_AGAIN

    def _is_open(self, uri: str) -> bool:
        with self._lock:
            held = self._held.get(uri)
        return held is not None and (
            held.error is not None or (held.ready and held.reader is not None and held.reader.alive)
        )

    def _open(self, uri: str) -> _Held:
        """The archive at ``uri``, open. Raises why it can't be."""
        state = _state(uri)
        with self._lock:
            opening = self._opening.setdefault(uri, threading.Lock())
        with opening:
            with self._lock:
                held = self._held.get(uri)
            if held is not None and held.state == state:
                if held.error is not None and time.monotonic() < held.until:
                    raise held.error
                if held.error is None and held.reader is not None and held.reader.alive:
                    return held
            if held is not None and held.reader is not None:
                held.reader.end()
            held = _Held(state)
            with self._lock:
                self._held[uri] = held
            self._start(held, uri)
        if held.error is not None:
            raise held.error
        return held

    def _start(self, held: _Held, uri: str) -> None:
        try:
            held.reader = self._starter.submit(Reader, Path(uri), self._scratch, self._memory_bytes).result()
            opened = held.reader.greet()
        except (EOFError, Stuck, ValueError, OSError, RuntimeError) as error:
            logger.warning("an archive could not be opened: %r", error)
            self._give_up(held, _broken())
            return
        if opened.reason:
            logger.info("an archive could not be opened: %s", opened.detail)
            self._give_up(held, _broken())
            return
        held.facts, held.ready = believing.facts(opened.facts), True


def _state(uri: str) -> _State:
    try:
        status = Path(uri).stat()
    except (OSError, ValueError) as error:
        raise Unavailable(
            N_("The archive is not there right now."), hint=N_("Connect the disk it lies on, or remove the source.")
        ) from error
    return status.st_size, status.st_mtime_ns, status.st_ino


def _passage(source: Source, hit: Hit, language: str) -> AskedPassage:
    end = hit.start + len(hit.text)
    at = quote(hit.path)
    return AskedPassage(
        source_id=source.id,
        uri=f"{source.uri}#{at}",
        link=f"/reader/{source.id}/{at}?start={hit.start}&end={end}#quote",
        title=hit.title,
        text=hit.text,
        locator=Locator(hit.start, end, None, hit.heading),
        language=language,
        fit=hit.fit,
    )


def _no_page() -> NotFound:
    return NotFound(N_("The archive has no such page."), hint=N_("Search for it, or begin at its first page."))


def _broken() -> Corrupt:
    return Corrupt(
        N_("This archive is damaged, or is none that Hameau can read."),
        hint=N_("Compare its size with that of the original, and get it anew if it is shorter."),
    )
