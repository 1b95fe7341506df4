"""Two models, one question, side by side. Nothing is kept: not the answers, not which one was preferred."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from hameau.kit import Cancelled, HameauError, explain
from hameau.server.api.models import host_of
from hameau.server.call import Call
from hameau.server.chatting import whole
from hameau.server.errors import status_of
from hameau.server.events import gathered
from hameau.server.model_shapes import ChatAnswer
from hameau.server.pages.chat import TONES, Draft, chat_models, default_model, form_of
from hameau.server.pages.render import Visit, page

ENOUGH = 600
"""Tokens: to be compared, an answer need not be long."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: its model, and its answer or what went wrong."""

    model: str
    answer: ChatAnswer | None = None
    problem: tuple[str, str] | None = None


def show(call: Call, visit: Visit) -> Response:
    """The form; the address may choose the models."""
    first = visit.query.get("left", "")[:200] or default_model(call)
    others = [one.card.id for one in chat_models(call) if one.card.id != first]
    second = visit.query.get("right", "")[:200] or (others[0] if others else first)
    return _page(call, Draft(), (Side(first), Side(second)))


def _page(call: Call, draft: Draft, sides: tuple[Side, Side], problem: HameauError | None = None) -> Response:
    return page(
        call,
        Visit("/compare", {}, {}, {}),
        "compare.html",
        status_of(problem) if problem else 200,
        draft=draft,
        models=chat_models(call),
        sides=sides,
        host_of=partial(host_of, call),
        problem=explain(problem, call.language) if problem else None,
    )


async def post(request: Request, call: Call) -> Response:
    """Without scripts: one after the other, so that neither slows the other down; leaving the page stops them."""
    fields, _ = await form_of(request)
    tone = fields.get("tone", "")
    draft = Draft(fields.get("message", ""), "", fields.get("system", ""), tone if tone in TONES else "usual")
    wanted = [Draft(draft.message, fields.get(name, "")[:200], draft.system, draft.tone) for name in ("left", "right")]
    blank = Side(wanted[0].model), Side(wanted[1].model)
    try:
        if not draft.message.strip():
            return await run_in_threadpool(lambda: _page(call, draft, blank))
        sides = [await _side(request, call, one) for one in wanted]
    except HameauError as error:
        problem = error
        return await run_in_threadpool(lambda: _page(call, draft, blank, problem))
    return await run_in_threadpool(lambda: _page(call, draft, (sides[0], sides[1])))


async def _side(request: Request, call: Call, draft: Draft) -> Side:
    """One model's answer, or why there is none: the other one still gets its turn."""
    wanted = msgspec.structs.replace(draft.wanted(), max_tokens=ENOUGH)
    try:
        return Side(draft.model, await gathered(request, lambda stop: whole(call, wanted, stop)))
    except Cancelled:
        raise
    except HameauError as error:
        return Side(draft.model, problem=explain(error, call.language))
