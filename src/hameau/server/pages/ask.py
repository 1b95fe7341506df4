"""The first page: ask, in a new conversation or in one that goes on. Without scripts, a form brings the whole answer."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from hameau.assistant import Answer, AnswerEvent, Conversation, Turn
from hameau.kit import N_, Cancelled, HameauError, NotFound, explain
from hameau.library import Source
from hameau.server.api.ask import question_of, whole_answer
from hameau.server.call import Call
from hameau.server.endpoint import read_bounded
from hameau.server.errors import BadShape, status_of
from hameau.server.events import unless_hung_up
from hameau.server.forms import fields_of
from hameau.server.pages.render import Visit, go, page
from hameau.server.shapes import MAX_BODY, NewQuestion
from hameau.server.source_shown import choosable
from hameau.server.telling import told_answer, told_turn

log = logging.getLogger(__name__)

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
    web: bool = False
    """Whether the web is to be asked too."""
    web_query: str = ""
    """What it would be asked, word for word."""
    look: bool = False
    """What would leave stands in the form now, and was not seen before."""


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
        sources=[Choice(f"source:{one.id}", one.title or one.uri) for one in _places(call, draft.scope)],
        documents=_choices(call, draft.scope),
        web=_web_host(call),
        keepers=_keepers(call) if turns else [],
        said=visit.query.get("said", ""),
    )


def _keepers(call: Call) -> list[Source]:
    """Sources where a summary can be kept as a new file."""
    if not (call.near and call.visitor.may("admin")):
        return []
    return [one for one in call.house.library.sources("home") if one.kind == "webdav" and not one.paused_at]


def _web_host(call: Call) -> str:
    """Who would be asked for the web; empty where nobody may be, and for visitors who let nothing leave."""
    web = call.house.web
    return web.host() if call.visitor.may("admin") and web.url() and web.allowed() else ""


def _scope(source: str, document: str) -> str:
    is_number = document.isascii() and document.isdigit() and len(document) < 19
    return f"document:{document}" if is_number else f"source:{source}" if source else ""


def _places(call: Call, scope: str) -> list[Source]:
    return choosable(call.house.library.sources("home"), scope.removeprefix("source:"))


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
    fields = fields_of(await read_bounded(request, MAX_BODY))
    draft = _draft(fields)
    cancel = threading.Event()

    try:
        if draft.web and not draft.web_query and draft.question.strip():
            return await run_in_threadpool(_show_what_leaves, call, visit, draft, fields)
        question = question_of(_wanted(fields), call.visitor)

        def make(stop: threading.Event) -> Iterator[AnswerEvent]:
            return call.house.assistant.ask(question, stop, call.language)

        whole = await unless_hung_up(request.receive, whole_answer(make, cancel), cancel)
    except HameauError as error:  # what was typed stays in the form
        problem = error
        return await run_in_threadpool(lambda: show(call, visit, draft, problem=problem))
    if whole is None:
        raise Cancelled
    answer, trouble = whole.answer, whole.trouble
    if answer.conversation and trouble is None:
        return go(f"/conversations/{answer.conversation}#last")
    return await run_in_threadpool(lambda: show(call, visit, draft, answer=answer, problem=trouble))


def _show_what_leaves(call: Call, visit: Visit, draft: Draft, fields: dict[str, str]) -> Response:
    """The question as it would leave, to be read and changed first: nothing has left yet."""
    asked = fields.get("conversation") or None
    proposed = call.house.assistant.web_question(draft.question, asked)
    conversation = call.house.assistant.conversation(asked) if asked else None
    turns = tuple(call.house.assistant.turns(asked)) if asked else ()
    return show(call, visit, replace(draft, web_query=proposed, look=True), conversation, turns)


def _draft(fields: dict[str, str]) -> Draft:
    """What stands in the form, as far as the form can show it again."""
    kind, _, place = fields.get("scope", "").partition(":")
    task = fields.get("task", "")
    return Draft(
        fields.get("question", ""),
        task if task in TASKS else "answer",
        _scope(place if kind == "source" else "", place if kind == "document" else ""),
        fields.get("template", ""),
        fields.get("web") == "yes" and task in ("", "answer"),
        " ".join(fields.get("web_query", "").split())[:1000],
    )


def _wanted(fields: dict[str, str]) -> NewQuestion:
    """The question that the form makes. Raises ``BadShape``: only a form that was tampered with can't be read."""
    kind, _, place = fields.get("scope", "").partition(":")
    wanted = {
        "question": fields.get("question", ""),
        "task": fields.get("task") or "answer",
        "template": fields.get("template", ""),
        "web_query": _draft(fields).web_query if _draft(fields).web else "",
        "conversation": fields.get("conversation") or None,
        "source": place if kind == "source" else None,
        "document": place if kind == "document" else None,
    }
    try:
        return msgspec.convert(wanted, NewQuestion, strict=False)
    except msgspec.ValidationError as error:
        log.info("a form of the first page can't be read: %s", error)
        raise BadShape(
            N_("This form can't be read."), hint=N_("Choose again what to do and where to look, then ask again.")
        ) from error
