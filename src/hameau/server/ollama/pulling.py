"""``POST /api/pull`` and ``/api/push``: models come from the catalogue of Hameau; none is sent away."""

from __future__ import annotations

import contextvars
import queue
import threading
import time
from collections.abc import Iterator

from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response

from hameau.kit import N_, NotFound, Refused
from hameau.models import ModelCard, alike
from hameau.perimeter import asked_by
from hameau.server.call import Call
from hameau.server.endpoint import Endpoint
from hameau.server.events import NDJSON, gathered, streamed
from hameau.server.ollama.asked import PullAsked
from hameau.server.ollama.errors import last_line
from hameau.server.ollama.reading import name_of
from hameau.server.ollama.told import Status
from hameau.server.replies import json_bytes, json_reply
from hameau.server.shapes import NoParameters

_EVERY = 0.25  # seconds between two lines about how far it is


async def pull(request: Request, call: Call, _: NoParameters, body: PullAsked) -> Response:
    """Hanging up stops it; what came is kept for the next time."""

    def make(stop: threading.Event) -> Iterator[bytes]:
        for status in arriving(call, body, stop):
            yield json_bytes(status) + b"\n"

    def work(stop: threading.Event) -> Status:
        last = Status("success")
        for status in arriving(call, body, stop):
            last = status
        return last

    if body.stream is False:
        return json_reply(await gathered(request, work))
    return await streamed(request, make, lambda error: last_line(error, call.language), NDJSON)


def card_of(call: Call, name: str) -> ModelCard:
    """The card of the catalogue that is called so. Raises :class:`NotFound` with the names that there are."""
    cards = call.house.models.cards()
    if (found := next((card for card in cards if card.id == name or alike(name, card.id)), None)) is not None:
        return found
    raise NotFound(
        N_("The catalogue of Hameau has no model called “{model}”."),
        hint=N_("It has: {known}. What Ollama keeps on this machine comes with: hameau models import"),
        model=name[:100],
        known=", ".join(card.id for card in cards),
    )


def arriving(call: Call, body: PullAsked, cancel: threading.Event) -> Iterator[Status]:
    """How far it is, a few times a second. Whatever is wrong before anything comes is raised at the first step."""
    card = card_of(call, name_of(body))
    models = call.house.models
    there = any(model.card.id == card.id for model in models.installed())
    if not there and models.consent_for(card.id, asked_by()) is not None:
        raise Refused(
            N_("{model} comes from the internet, and only a person can say yes to that."),
            hint=N_("On the page of models, or with: hameau models add {id}"),
            model=card.title,
            id=card.id,
        )
    digest = f"sha256:{card.sha256}" if card.sha256 else UNSET
    yield Status("pulling manifest")
    if not there:
        for done, total in _adding(call, card, cancel):
            yield Status(f"pulling {card.sha256[:12] or card.id}", digest, total, done)
        yield Status("verifying sha256 digest")
    yield Status("writing manifest")
    yield Status("success")


def _adding(call: Call, card: ModelCard, cancel: threading.Event) -> Iterator[tuple[int, int]]:
    """Adds the model in a thread of its own; how many bytes of how many are there."""
    told: queue.SimpleQueue[tuple[int, int] | Exception | None] = queue.SimpleQueue()
    last = [0.0]

    def progress(done: int, total: int) -> None:
        if time.monotonic() - last[0] >= _EVERY or done == total:
            last[0] = time.monotonic()
            told.put((done, total))

    def work() -> None:
        try:
            call.house.models.add(card.id, progress, cancel=cancel)
            told.put(None)
        except Exception as error:  # noqa: BLE001 - the edge of a thread: it is raised where the answer is made
            told.put(error)

    threading.Thread(target=contextvars.copy_context().run, args=(work,), name=f"pull {card.id}", daemon=True).start()
    try:
        while (step := told.get()) is not None:
            if isinstance(step, Exception):
                raise step
            yield step
    except GeneratorExit:  # nobody listens any more
        cancel.set()
        raise


def push(_: Call, __: NoParameters, ___: PullAsked) -> Response:
    raise Refused(
        N_("Nothing is sent away from here: there is no push."),
        hint=N_("To hand a model on, copy its file to a stick: hameau models show says where it lies."),
    )


ENDPOINTS = (
    Endpoint(
        "POST", "/api/pull", "A model of the catalogue comes here", pull, body=PullAsked, answer=Status,
        events=(("", Status),), stream=NDJSON, live=True, tag="ollama", face="ollama",
    ),
    Endpoint("POST", "/api/push", "Refused: nothing is sent away", push, body=PullAsked, answer=Status, tag="ollama",
             face="ollama"),
)  # fmt: skip
