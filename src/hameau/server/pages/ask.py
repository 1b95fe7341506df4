"""The first page: ask, in a new conversation or in one that goes on. Without scripts, a form brings the whole answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from hameau.assistant import Answer, AnswerEvent, Conversation, Turn
from hameau.kit import Cancelled, HameauError, NotFound, explain
from hameau.server.api.ask import question_of, whole_answer
from hameau.server.call import Call
from hameau.server.endpoint import bad_shape, read_bounded
from hameau.server.errors import status_of
from hameau.server.events import unless_hung_up
from hameau.server.forms import fields_of
from hameau.server.pages.render import Visit, go, page
from hameau.server.shapes import MAX_BODY, NewQuestion
from hameau.server.telling import told_answer, told_turn

SHOWN_DOCUMENTS = 200
"""How many documents the choice « in what » offers; any other is reached from its own page."""
TASKS = ("answer", "summary", "draft")


@dataclass(frozen=True, slots=True)
class Choice:
    """One place to look in: a source or a document."""

    value: str
    title: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the form."""

    question: str = ""
    task: str = "answer"
    scope: str = ""
    template: str = ""


def first(call: Call, visit: Visit) -> Response:
    """An empty conversation; the address may fill the form, never send it."""
    task = visit.query.get("task", "answer")
    draft = Draft(
        visit.query.get("q", "")[:2000],
        task if task in TASKS else "answer",
        _scope(visit.query.get("source", ""), visit.query.get("document", "")),
    )
    return show(call, visit, draft)


def going_on(call: Call, visit: Visit) -> Response:
    """A kept conversation, with the form to go on."""
    assistant = call.house.assistant
    conversation = assistant.conversation(visit.ids["id"])
    return show(call, visit, Draft(), conversation, tuple(assistant.turns(conversation.id)))


def show(
    call: Call,
    visit: Visit,
    draft: Draft,
    conversation: Conversation | None = None,
    turns: tuple[Turn, ...] = (),
    *,
    answer: Answer | None = None,
    problem: HameauError | None = None,
) -> Response:
    """The page in any of its states."""
    library = call.house.library
    return page(
        call,
        visit,
        "ask.html",
        status_of(problem) if problem else 200,
        draft=draft,
        conversation=conversation,
        turns=[told_turn(one, call.language) for one in turns],
        answer=told_answer(answer, call.language) if answer else None,
        problem=explain(problem, call.language) if problem else None,
        status=library.status("home"),
        can_answer=any(one.card.kind == "chat" for one in call.house.models.installed()),
        sources=[Choice(f"source:{one.id}", one.title or one.uri) for one in library.sources("home")],
        documents=_choices(call, draft.scope),
    )


def _scope(source: str, document: str) -> str:
    return f"document:{document}" if document.isdigit() else f"source:{source}" if source else ""


def _choices(call: Call, scope: str) -> list[Choice]:
    found = call.house.library.documents(space="home", state="indexed", limit=SHOWN_DOCUMENTS)
    choices = [Choice(f"document:{one.id}", one.title or one.uri) for one in found]
    if scope.startswith("document:") and all(one.value != scope for one in choices):
        try:
            wanted = call.house.library.document(int(scope.partition(":")[2]))
        except NotFound:
            return choices
        choices.insert(0, Choice(scope, wanted.title or wanted.uri))
    return choices


async def post(request: Request, call: Call) -> Response:
    """The form without scripts: waits for the whole answer; leaving the page stops it."""
    visit = Visit("/", {}, {}, {})
    draft, wanted = _read(fields_of(await read_bounded(request, MAX_BODY)))
    question = question_of(_convert(wanted))
    cancel = threading.Event()

    def make(stop: threading.Event) -> Iterator[AnswerEvent]:
        return call.house.assistant.ask(question, stop, call.language)

    try:
        answer = await unless_hung_up(request.receive, whole_answer(make, cancel), cancel)
    except HameauError as error:  # what was typed stays in the form
        problem = error
        return await run_in_threadpool(lambda: show(call, visit, draft, problem=problem))
    if answer is None:
        raise Cancelled
    if answer.conversation:
        return go(f"/conversations/{answer.conversation}#last")
    return await run_in_threadpool(lambda: show(call, visit, draft, answer=answer))


def _read(fields: dict[str, str]) -> tuple[Draft, dict[str, str | None]]:
    """What stands in the form, and the question that it makes."""
    kind, _, place = fields.get("scope", "").partition(":")
    draft = Draft(*(fields.get(name, "") for name in ("question", "task", "scope", "template")))
    wanted = {
        "question": draft.question,
        "task": draft.task or "answer",
        "template": draft.template,
        "conversation": fields.get("conversation") or None,
        "source": place if kind == "source" else None,
        "document": place if kind == "document" else None,
    }
    return draft, wanted


def _convert(wanted: dict[str, str | None]) -> NewQuestion:
    try:
        return msgspec.convert(wanted, NewQuestion, strict=False)
    except msgspec.ValidationError as error:
        raise bad_shape(error) from error
