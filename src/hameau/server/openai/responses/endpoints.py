"""``/v1/responses``: made, streamed, made in the background; read again, stopped and forgotten."""

from __future__ import annotations

import contextvars
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response as Reply

from hameau.kit import N_, Unavailable
from hameau.server.call import Call
from hameau.server.endpoint import Endpoint
from hameau.server.errors import known
from hameau.server.events import SSE, event, gathered, streamed
from hameau.server.openai.chat import MAX_CHAT
from hameau.server.openai.errors import fault_of
from hameau.server.openai.reading import refuse
from hameau.server.openai.responses import told
from hameau.server.openai.responses.asked import Id, ResponseAsked
from hameau.server.openai.responses.kept import Kept, Responses
from hameau.server.openai.responses.making import Maker, base_of
from hameau.server.openai.responses.reading import check, items_of, wanted_of, wants_logprobs
from hameau.server.openai.responses.replaying import replay
from hameau.server.openai.told import Deleted
from hameau.server.replies import json_bytes, json_reply
from hameau.server.shapes import NoParameters
from hameau.server.speaker import Wanted, speak

log = logging.getLogger(__name__)
Json = dict[str, Any]
MAX_BACKGROUND = 8


class ByResponse(msgspec.Struct, frozen=True):
    response_id: Id


class Reading(msgspec.Struct, frozen=True):
    response_id: Id
    stream: bool = False
    starting_after: Annotated[int, Meta(ge=-1, le=2**31 - 1)] = -1


class Listing(msgspec.Struct, frozen=True):
    response_id: Id
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    order: Literal["asc", "desc"] = "desc"
    after: str = ""


def _shelf(request: Request) -> Responses:
    found: Responses = request.app.state.responses
    return found


def _owner(call: Call) -> str:
    """Who may read it again: the program with this key, or the person at this machine."""
    return call.visitor.key.id if call.visitor.key is not None else ""


def _prepared(request: Request, call: Call, body: ResponseAsked) -> tuple[Kept, Wanted]:
    check(body)
    own = items_of(body)
    items = [*_before(request, call, body), *_resolved(request, call, own)]
    return Kept(_owner(call), base_of(body), items, len(own)), wanted_of(body, items)


def _before(request: Request, call: Call, body: ResponseAsked) -> list[Json]:
    if body.previous_response_id is None:
        return []
    try:
        previous = _shelf(request).find(_owner(call), body.previous_response_id)
    except Exception as error:
        lost = known(error)
        raise refuse("previous_response_id", lost.message, lost.hint, id=body.previous_response_id) from error
    output: list[Json] = msgspec.to_builtins(previous.response.output)
    return [*previous.items, *output]


def _resolved(request: Request, call: Call, items: list[Json]) -> list[Json]:
    """``items`` with each pointer to an earlier one replaced by it."""
    return [
        _shelf(request).item(_owner(call), str(item["id"])) if item["type"] == "item_reference" else item
        for item in items
    ]


async def create(request: Request, call: Call, _: NoParameters, body: ResponseAsked) -> Reply:
    kept, wanted = _prepared(request, call, body)
    maker = Maker(kept.response, wants_logprobs(body))
    shelf = _shelf(request)
    if body.background:
        return json_reply(_in_background(shelf, kept, lambda: _fill(call, wanted, maker, kept.cancel), call, maker))

    def keep() -> None:
        kept.response = maker.response
        kept.done.set()
        if body.store is not False:
            shelf.keep(kept)

    if body.stream:
        return await streamed(request, lambda stop: _frames(call, wanted, maker, keep, stop), _nothing, SSE)

    def whole(stop: threading.Event) -> told.Response:
        _fill(call, wanted, maker, stop)
        keep()
        return maker.response

    return json_reply(await gathered(request, whole))


def _nothing(error: Exception) -> bytes:
    """A stream ends with ``response.failed``, which :func:`_frames` sends itself."""
    log.error("a response could not be told: %s", error)
    return b""


def _fill(call: Call, wanted: Wanted, maker: Maker, cancel: threading.Event) -> None:
    maker.begin()
    for said in speak(call, wanted, cancel):
        maker.take(said)
    maker.end()


def _lines(events: list[told.Event]) -> bytes:
    return b"".join(event(told.name_of(one), json_bytes(one)) for one in events)


def _frames(
    call: Call, wanted: Wanted, maker: Maker, keep: Callable[[], None], cancel: threading.Event
) -> Iterator[bytes]:
    head = _lines(maker.begin())
    try:
        for said in speak(call, wanted, cancel):
            if piece := head + _lines(maker.take(said)):
                yield piece
            head = b""
        last = maker.end()
    except Exception as error:
        if head:
            raise
        log.debug("the streamed response failed", exc_info=error)
        fault = fault_of(known(error), call.language)
        last = maker.fail(fault.code or "server_error", fault.message)
    keep()
    yield head + _lines(last)


def _in_background(shelf: Responses, kept: Kept, fill: Callable[[], None], call: Call, maker: Maker) -> told.Response:
    if shelf.running() >= MAX_BACKGROUND:
        raise Unavailable(
            N_("{most} responses are being made in the background."), hint=N_("Ask again later."), most=MAX_BACKGROUND
        )
    shelf.keep(kept)

    def work() -> None:
        try:
            fill()
            if kept.cancel.is_set():
                maker.stop()
        except Exception as error:
            log.debug("the response in the background failed", exc_info=error)
            fault = fault_of(known(error), call.language)
            maker.fail(fault.code or "server_error", fault.message)
        kept.response = maker.response
        kept.done.set()
        shelf.update(kept)

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(work,), name="response", daemon=True).start()
    return kept.response


async def retrieve(request: Request, call: Call, wanted: Reading) -> Reply:
    kept = _shelf(request).find(_owner(call), wanted.response_id)
    if not wanted.stream:
        return json_reply(kept.response)

    def make(cancel: threading.Event) -> Iterator[bytes]:
        while not kept.done.wait(0.1):
            if cancel.is_set():
                return
        for one in replay(kept.response):
            if one.sequence_number > wanted.starting_after:
                yield _lines([one])
        yield b": end\n\n"

    return await streamed(request, make, _nothing, SSE)


async def delete(request: Request, call: Call, wanted: ByResponse) -> Reply:
    _shelf(request).delete(_owner(call), wanted.response_id)
    return json_reply(Deleted(wanted.response_id, "response"))


async def cancel(request: Request, call: Call, wanted: ByResponse) -> Reply:
    kept = _shelf(request).find(_owner(call), wanted.response_id)
    if not kept.response.background:
        raise refuse("response_id", N_("Only a response that is made in the background can be stopped here."))
    kept.cancel.set()

    def ended(stop: threading.Event) -> told.Response:
        while not kept.done.wait(0.05) and not stop.is_set():
            continue
        return kept.response

    return json_reply(await gathered(request, ended))


async def input_items(request: Request, call: Call, wanted: Listing) -> Reply:
    kept = _shelf(request).find(_owner(call), wanted.response_id)
    items = kept.items[len(kept.items) - kept.own :]
    if wanted.order == "desc":
        items = items[::-1]
    ids = [str(item["id"]) for item in items]
    start = ids.index(wanted.after) + 1 if wanted.after in ids else 0
    page = items[start : start + wanted.limit]
    more = start + len(page) < len(items)
    first, last = (str(page[0]["id"]), str(page[-1]["id"])) if page else (None, None)
    return json_reply(told.ItemList(page, first, last, more))


async def input_tokens(request: Request, call: Call, _: NoParameters, body: ResponseAsked) -> Reply:
    """Counted by reading: the model remembers what it read, so that the response that follows begins at once."""
    wanted = _prepared(request, call, body)[1]
    one = replace(wanted, request=replace(wanted.request, max_tokens=1), given=wanted.given | {"max_tokens"})
    return json_reply(await gathered(request, lambda stop: _counted(call, one, stop)))


def _counted(call: Call, wanted: Wanted, cancel: threading.Event) -> told.InputTokens:
    tokens = 0
    for said in speak(call, wanted, cancel):
        tokens = said.chunk.usage.prompt_tokens if said.chunk.usage else tokens
    return told.InputTokens(tokens)


def _endpoint(method: str, path: str, summary: str, handler: Callable[..., Any], **more: Any) -> Endpoint:
    return Endpoint(method, path, summary, handler, live=True, tag="openai", face="openai", **more)


_EVENTS = tuple((told.name_of(one), one) for one in told.EVENTS)
ENDPOINTS: tuple[Endpoint, ...] = (
    _endpoint(
        "POST",
        "/v1/responses",
        "A response to what is said; hanging up stops it",
        create,
        body=ResponseAsked,
        answer=told.Response,
        events=_EVENTS,
        limit=MAX_CHAT,
    ),
    _endpoint(
        "POST",
        "/v1/responses/input_tokens",
        "How long an input is, in tokens",
        input_tokens,
        body=ResponseAsked,
        answer=told.InputTokens,
        limit=MAX_CHAT,
    ),
    _endpoint(
        "GET",
        "/v1/responses/{response_id}",
        "A response that was made",
        retrieve,
        parameters=Reading,
        answer=told.Response,
        events=_EVENTS,
    ),
    _endpoint(
        "DELETE", "/v1/responses/{response_id}", "Forget a response", delete, parameters=ByResponse, answer=Deleted
    ),
    _endpoint(
        "POST",
        "/v1/responses/{response_id}/cancel",
        "Stop a response that is made in the background",
        cancel,
        parameters=ByResponse,
        answer=told.Response,
    ),
    _endpoint(
        "GET",
        "/v1/responses/{response_id}/input_items",
        "What a response was made from",
        input_items,
        parameters=Listing,
        answer=told.ItemList,
    ),
)
