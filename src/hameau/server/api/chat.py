"""Chat with a model alone, without the documents: the whole answer at once, or as server-sent events while it is made.

Events: ``state`` (once: what is waited for), ``thought``, ``token``, ``done`` (the whole answer), or ``error``. Nothing is kept.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator, Iterator

from starlette.requests import Request
from starlette.responses import Response

from hameau.server.call import Call
from hameau.server.chatting import Step, chat, whole
from hameau.server.endpoint import Endpoint, decode_json, read_bounded
from hameau.server.errors import Failure, failure_of, known
from hameau.server.events import StreamResponse, event, gathered, steps
from hameau.server.model_shapes import MAX_CHAT, ChatAnswer, ChatState, NewChat, ThoughtEvent
from hameau.server.replies import json_bytes, json_reply
from hameau.server.shapes import NoParameters, TokenEvent

log = logging.getLogger(__name__)

NAMES: dict[type, str] = {ChatState: "state", ThoughtEvent: "thought", TokenEvent: "token", ChatAnswer: "done"}


async def answer(request: Request, call: Call, _: NoParameters) -> Response:
    wanted = decode_json(await read_bounded(request, MAX_CHAT), NewChat)
    if not wanted.stream:
        return json_reply(await gathered(request, lambda stop: whole(call, wanted, stop)))
    cancel = threading.Event()
    return StreamResponse(_events(call, wanted, cancel), cancel)


async def _events(call: Call, wanted: NewChat, cancel: threading.Event) -> AsyncIterator[bytes]:
    def make(stop: threading.Event) -> Iterator[Step]:
        return chat(call, wanted, stop)

    try:
        async for step in steps(make, cancel):
            yield event(NAMES[type(step)], json_bytes(step))
    except Exception as error:
        log.debug("the streamed chat failed", exc_info=error)
        yield event("error", json_bytes(failure_of(known(error), call.language)))


EVENTS = (*((name, shape) for shape, name in NAMES.items()), ("error", Failure))

ENDPOINTS = (
    Endpoint(
        "POST",
        "/api/v1/chat",
        "Chat with a model alone, without the documents; hanging up stops the answer",
        answer,
        body=NewChat,
        answer=ChatAnswer,
        events=EVENTS,
        raw=True,
        tag="chat",
    ),
)
