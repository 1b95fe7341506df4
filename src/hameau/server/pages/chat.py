"""Talk with a model, without the documents. What was said stays in the page: without scripts, in the form itself."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import msgspec
from msgspec import UNSET, UnsetType
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message as Part

from hameau.kit import N_, HameauError, explain
from hameau.models import InstalledModel
from hameau.server.api.models import host_of
from hameau.server.call import Call
from hameau.server.chatting import whole
from hameau.server.endpoint import read_bounded
from hameau.server.errors import BadShape, status_of
from hameau.server.events import gathered
from hameau.server.model_shapes import MAX_CHAT, ChatAnswer, ChatMessage, NewChat
from hameau.server.pages.render import Visit, page
from hameau.server.shapes import MAX_BODY, MAX_QUESTION

log = logging.getLogger(__name__)

TONES: Mapping[str, float | UnsetType] = {"precise": 0.0, "usual": UNSET, "inventive": 1.1}
"""What the page calls how freely a model chooses its words, and the temperature of each; unset: as the model is made."""
MAX_PICTURES = 4


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the form."""

    message: str = ""
    model: str = ""
    system: str = ""
    tone: str = "usual"
    pictures: tuple[bytes, ...] = ()
    history: tuple[ChatMessage, ...] = field(default=())

    def wanted(self) -> NewChat:
        """What the model is asked. Raises ``BadShape`` for what is too long."""
        system = [ChatMessage("system", self.system)] if self.system.strip() else []
        asked = ChatMessage("user", self.message, self.pictures)
        heat = TONES.get(self.tone, UNSET)
        messages = (*system, *self.history, asked)
        if len(self.message) > MAX_QUESTION or len(self.system) > MAX_QUESTION or len(messages) > 500:
            raise BadShape(N_("That is more than one chat can hold."), hint=N_("Begin a new one."))
        return NewChat(messages, self.model or None, temperature=heat)


def show(call: Call, visit: Visit) -> Response:
    """An empty chat; the address may choose the model."""
    return _page(call, Draft(model=visit.query.get("model", "")[:200]))


def _page(call: Call, draft: Draft, answer: ChatAnswer | None = None, problem: HameauError | None = None) -> Response:
    models = chat_models(call)
    return page(
        call,
        Visit("/chat", {}, {}, {}),
        "chat.html",
        status_of(problem) if problem else 200,
        draft=draft,
        models=models,
        chosen=draft.model or default_model(call),
        sees={one.card.id for one in models if "vision" in one.abilities},
        turns=_pairs(draft.history),
        history=msgspec.json.encode(draft.history).decode(),
        answer=answer,
        host_of=partial(host_of, call),
        problem=explain(problem, call.language) if problem else None,
    )


async def post(request: Request, call: Call) -> Response:
    """The form without scripts: waits for the whole answer; leaving the page stops it."""
    draft = await _draft(request)
    try:
        wanted = draft.wanted()
        answer = await gathered(request, lambda stop: whole(call, wanted, stop))
    except HameauError as error:  # what was typed stays in the form
        problem = error
        return await run_in_threadpool(lambda: _page(call, draft, problem=problem))
    said = (ChatMessage("user", draft.message), ChatMessage("assistant", answer.text))
    kept = Draft("", draft.model, draft.system, draft.tone, (), (*draft.history, *said))
    return await run_in_threadpool(lambda: _page(call, kept, answer))


def chat_models(call: Call) -> list[InstalledModel]:
    """The models that a person can talk with."""
    return [one for one in call.house.models.installed() if one.card.kind == "chat"]


def default_model(call: Call) -> str:
    """The one that writes answers; empty when there is none."""
    try:
        return call.house.models.choose("chat", call.house.settings.chat_model or None).card.id
    except HameauError as error:
        log.debug("no model to talk with: %s", error)
        return ""


async def form_of(request: Request) -> tuple[dict[str, str], tuple[bytes, ...]]:
    """The fields of a form, as any browser sends it, and its pictures. Raises ``TooLarge`` or ``BadShape``."""
    body = await read_bounded(request, MAX_CHAT)

    async def receive() -> Part:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        form = await Request(request.scope, receive).form(max_files=MAX_PICTURES, max_fields=20, max_part_size=MAX_BODY)
    except HTTPException as error:
        raise BadShape(N_("The form did not arrive as expected."), hint=N_("Go back and try again.")) from error
    try:
        files = [one for one in form.getlist("picture") if isinstance(one, UploadFile) and one.size]
        pictures = tuple([await one.read() for one in files])
        return {name: one.replace("\r\n", "\n") for name, one in form.items() if isinstance(one, str)}, pictures
    finally:
        await form.close()


async def _draft(request: Request) -> Draft:
    fields, pictures = await form_of(request)
    try:
        history = msgspec.json.decode(fields.get("history") or "[]", type=tuple[ChatMessage, ...])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadShape(N_("This form can't be read."), hint=N_("Begin a new one.")) from error
    tone = fields.get("tone", "")
    return Draft(
        fields.get("message", ""),
        fields.get("model", "")[:200],
        fields.get("system", ""),
        tone if tone in TONES else "usual",
        pictures,
        history,
    )


def _pairs(history: tuple[ChatMessage, ...]) -> list[tuple[str, str]]:
    """Each question with its answer."""
    said = [one.content for one in history if one.role != "system"]
    return list(zip(said[::2], said[1::2], strict=False))
