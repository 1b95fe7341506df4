"""Drives a turn: performs what it asks for, passes on what it shows. The only place where the assistant reaches out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from hameau.assistant.ports import Reader, Speakers
from hameau.assistant.turn import Listen, Read, ReadDocuments, Search, Speak, Turn, Weigh
from hameau.assistant.types import AnswerEvent, Question
from hameau.kit import Cancelled, Missing
from hameau.library import Document
from hameau.models import Cancel, Chunk

_log = logging.getLogger(__name__)

_AT_ONCE = 100
Command = Search | Weigh | Speak | Listen | ReadDocuments
_COMMANDS = (Search, Weigh, Speak, Listen, ReadDocuments)


def drive(
    turn: Turn,
    question: Question,
    reader: Reader,
    speakers: Speakers,
    cancel: Cancel | None = None,
    heard: Callable[[Chunk], None] = lambda _: None,
) -> Iterator[AnswerEvent]:
    """The events of ``turn``, as they happen. Closing the iterator stops the model. ``heard`` is told all that it says.

    Raises ``Cancelled`` when ``cancel`` is set.
    """
    driver = _Driver(question, reader, speakers, cancel, heard)
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
        reader: Reader,
        speakers: Speakers,
        cancel: Cancel | None,
        heard: Callable[[Chunk], None],
    ) -> None:
        self._question = question
        self._reader = reader
        self._speakers = speakers
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
            generator = self._speakers.generator(self._question.model)
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

    def close(self) -> None:
        """Stops the model if it still speaks."""
        close = getattr(self._chunks, "close", None)
        if close is not None:
            close()
        self._chunks = None
