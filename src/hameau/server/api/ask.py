"""Ask the documents: the whole answer at once, or as server-sent events while it is made.

Events: ``evidence``, ``best`` (once at most), ``token``, ``sentence``, ``done`` (the whole answer), or ``error``; ``error``
after ``done`` when the answer is whole but could not be kept. When the web is asked too, ``web`` says what it gave (its hits,
then the pages that were opened), and ``evidence`` comes a second time, with both.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from hameau.assistant import (
    Answer,
    AnswerEvent,
    BestSentence,
    Done,
    EvidenceFound,
    Question,
    SentenceChecked,
    TokenSaid,
    WebFound,
    WebUsed,
    told_web,
)
from hameau.kit import N_, BadInput, Cancelled, HameauError
from hameau.server.call import Call
from hameau.server.endpoint import Endpoint, decode_json, read_bounded
from hameau.server.errors import Failure, failure_of, known
from hameau.server.events import Make, StreamResponse, event, steps, unless_hung_up
from hameau.server.replies import json_bytes, json_reply
from hameau.server.shapes import MAX_BODY, NewQuestion, NoParameters, SentenceEvent, TokenEvent
from hameau.server.telling import told_answer, told_sentence
from hameau.server.visitors import Visitor, must

log = logging.getLogger(__name__)


def question_of(wanted: NewQuestion, visitor: Visitor) -> Question:
    """The question as the assistant takes it. An answer needs words, a summary words or a place, a draft neither.

    Raises ``BadInput``, and ``Refused`` where ``visitor`` may not let anything leave.
    """
    if wanted.web_query.strip():
        must(visitor, "admin")  # a key that only reads sends nothing out
    if not wanted.question.strip():
        if wanted.task == "answer":
            raise BadInput(N_("The question is empty."), hint=N_("Write what you would like to know."))
        if wanted.task == "summary" and wanted.document is None and wanted.source is None:
            raise BadInput(
                N_("What should be summarised?"), hint=N_("Write a subject, or choose a document or a folder.")
            )
    return Question(
        text=wanted.question,
        space=wanted.space,
        conversation=wanted.conversation,
        model=wanted.model or None,
        task=wanted.task,
        document_id=wanted.document,
        source_id=wanted.source,
        template=wanted.template,
        web_query=wanted.web_query,
        web_pages=wanted.web_pages,
    )


async def ask(request: Request, call: Call, _: NoParameters) -> Response:
    wanted = decode_json(await read_bounded(request, MAX_BODY), NewQuestion)
    question = question_of(wanted, call.visitor)
    cancel = threading.Event()

    def make(stop: threading.Event) -> Iterator[AnswerEvent]:
        events: Iterator[AnswerEvent] = call.house.assistant.ask(question, stop, call.language)
        return events

    if wanted.stream:
        return StreamResponse(_events(make, cancel, call.language), cancel)
    whole = await unless_hung_up(request.receive, whole_answer(make, cancel), cancel)
    if whole is None:
        raise Cancelled
    return json_reply(told_answer(whole.answer, call.language))


@dataclass(frozen=True, slots=True)
class Whole:
    """An answer, and what went wrong after it was made: it could not be kept."""

    answer: Answer
    trouble: HameauError | None = None


async def whole_answer(make: Make[AnswerEvent], cancel: threading.Event) -> Whole:
    """Lets the events pass and gives the answer of the last one. What goes wrong after that is written to the log."""
    answer: Answer | None = None
    try:
        async for step in steps(make, cancel):
            if isinstance(step, Done):
                answer = step.answer
    except Exception as error:
        if answer is None:
            raise
        log.warning("an answer was made and not kept: %s", error)
        return Whole(answer, known(error))
    if answer is None:
        raise Cancelled
    return Whole(answer)


async def _events(make: Make[AnswerEvent], cancel: threading.Event, language: str) -> AsyncIterator[bytes]:
    try:
        async for step in steps(make, cancel):
            name, value = named(step, language)
            yield event(name, json_bytes(value))
    except Exception as error:
        log.debug("the streamed answer failed", exc_info=error)
        yield event("error", json_bytes(failure_of(known(error), language)))


def named(step: AnswerEvent, language: str) -> tuple[str, object]:
    """The event's name and what it carries."""
    match step:
        case EvidenceFound():
            return "evidence", step
        case WebFound(web):
            return "web", told_web(web, language)
        case BestSentence():
            return "best", step
        case TokenSaid(text):
            return "token", TokenEvent(text)
        case SentenceChecked(sentence, citations):
            return "sentence", SentenceEvent(told_sentence(sentence, language), citations)
        case Done(answer):
            return "done", told_answer(answer, language)


EVENTS = (
    ("evidence", EvidenceFound),
    ("web", WebUsed),
    ("best", BestSentence),
    ("token", TokenEvent),
    ("sentence", SentenceEvent),
    ("done", Answer),
    ("error", Failure),
)

ENDPOINTS = (
    Endpoint(
        "POST",
        "/api/v1/ask",
        "Ask the documents; hanging up stops the answer",
        ask,
        body=NewQuestion,
        answer=Answer,
        events=EVENTS,
        raw=True,
        tag="ask",
    ),
)
