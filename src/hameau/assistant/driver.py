"""Drives a turn: performs what it asks for, passes on what it shows. The only place where the assistant reaches out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from hameau.assistant.commands import (
    AskWeb,
    Listen,
    Measure,
    Measured,
    OpenPages,
    Read,
    ReadDocuments,
    Search,
    Speak,
    Turn,
    Weigh,
)
from hameau.assistant.ports import Measures, Outside, Reader, Speakers
from hameau.assistant.types import AnswerEvent, Question, WebUsed
from hameau.kit import N_, Cancelled, HameauError, Missing
from hameau.library import Document
from hameau.models import Cancel, Chunk
from hameau.websearch import WebPage

_log = logging.getLogger(__name__)

_AT_ONCE = 100
Command = Search | Weigh | Speak | Listen | ReadDocuments | AskWeb | OpenPages | Measure
_COMMANDS = (Search, Weigh, Speak, Listen, ReadDocuments, AskWeb, OpenPages, Measure)


@dataclass(frozen=True, slots=True)
class World:
    """All that a turn may reach, by what it asks for."""

    reader: Reader
    speakers: Speakers
    web: Outside | None = None
    measures: Callable[[], Measures | None] = lambda: None


def drive(
    turn: Turn,
    question: Question,
    world: World,
    cancel: Cancel | None = None,
    heard: Callable[[Chunk], None] = lambda _: None,
) -> Iterator[AnswerEvent]:
    """The events of ``turn``, as they happen. Closing the iterator stops the model. ``heard`` is told all that it says.

    Raises ``Cancelled`` when ``cancel`` is set.
    """
    driver = _Driver(question, world, cancel, heard)
    reply: Any = None
    try:
        while True:
            if cancel is not None and cancel.is_set():
                raise Cancelled
            try:
                step = turn.send(reply)
            except StopIteration:
                return
            if isinstance(step, _COMMANDS):
                reply = driver.perform(step)
            else:
                reply = None
                yield step
    finally:
        driver.close()
        turn.close()


class _Driver:
    def __init__(
        self,
        question: Question,
        world: World,
        cancel: Cancel | None,
        heard: Callable[[Chunk], None],
    ) -> None:
        self._question = question
        self._world = world
        self._reader = world.reader
        self._cancel = cancel
        self._heard = heard
        self._chunks: Iterator[Chunk] | None = None

    def perform(self, step: Command) -> object:
        match step:
            case Search():
                return self._reader.search(
                    step.query,
                    limit=step.limit,
                    space=self._question.space,
                    source_id=self._question.source_id,
                    document_id=self._question.document_id,
                )
            case Weigh():
                return self._reader.term_weights(step.terms)
            case Speak():
                return self._speak(step)
            case Listen():
                return self._listen()
            case ReadDocuments():
                return self._read(step)
            case AskWeb():
                return self._ask_web(step)
            case OpenPages():
                return self._open(step)
            case Measure():
                return self._measure(step)

    def _read(self, step: ReadDocuments) -> list[Read]:
        asked = self._question
        if asked.document_id is not None:
            documents: Iterator[Document] = iter([self._reader.document(asked.document_id)])
        else:
            documents = self._documents()
        with_text = (document for document in documents if document.passages and document.space == asked.space)
        return [Read(one, tuple(self._reader.passages(one.id))) for one in islice(with_text, step.documents)]

    def _documents(self) -> Iterator[Document]:
        """Those of the source, by and by: before the first one with text may stand many that could not be read."""
        asked, offset = self._question, 0
        while found := self._reader.documents(
            source_id=asked.source_id, space=asked.space, limit=_AT_ONCE, offset=offset
        ):
            yield from found
            offset += len(found)

    def _speak(self, step: Speak) -> str | None:
        try:
            generator = self._world.speakers.generator(self._question.model)
        except Missing as missing:
            if self._question.model:
                raise
            _log.info("no chat model: answering with sentences of the documents (%s)", missing.message)
            return None
        self._chunks = generator.stream(step.request, self._cancel)
        return generator.card.id

    def _listen(self) -> Chunk | None:
        chunk = next(self._chunks, None) if self._chunks is not None else None
        if chunk is not None:
            self._heard(chunk)
        return chunk

    def _ask_web(self, step: AskWeb) -> WebUsed:
        """What the web gave, or why nothing: the library's answer comes all the same."""
        web = self._world.web
        if web is None:
            return WebUsed(step.query, "", trouble=N_("No search engine of the web was chosen."))
        try:
            found = web.search(step.query, language=step.language, cancel=self._cancel)
        except Cancelled:
            raise
        except HameauError as error:
            _log.info("the web was not asked: %s", error)
            fields = {
                key: value if isinstance(value, int | float) else str(value) for key, value in error.fields.items()
            }
            return WebUsed(step.query, web.host(), trouble=error.message, hint=error.hint, fields=fields)
        return WebUsed(found.query, found.host, found.hits, found.refused, took_ms=found.took_ms)

    def _open(self, step: OpenPages) -> Sequence[WebPage]:
        return self._world.web.read(step.hits, most=step.most, cancel=self._cancel) if self._world.web else ()

    def _measure(self, step: Measure) -> Measured:
        """How near texts that are in no index are to the question; words alone decide when no embedder can be had."""
        embedder = self._world.measures()
        if embedder is None:
            return Measured()
        try:
            asked = embedder.embed_queries([step.question])
            cosines = (embedder.embed_passages(step.texts) @ asked.T).ravel()
            return Measured(tuple(map(float, cosines)), embedder.id)
        except HameauError as error:
            _log.warning("what the web says could not be embedded, words alone decide: %s", error)
            return Measured()

    def close(self) -> None:
        """Stops the model if it still speaks."""
        close = getattr(self._chunks, "close", None)
        if close is not None:
            close()
        self._chunks = None
