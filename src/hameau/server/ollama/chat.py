"""``POST /api/chat`` and ``POST /api/generate``: a model speaks, line by line or whole."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from msgspec import UNSET, UnsetType
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from hameau.assistant import Citation
from hameau.kit import N_, BadInput, say
from hameau.models import Chunk, InstalledModel, Token, context_of
from hameau.server.call import Call
from hameau.server.endpoint import Endpoint
from hameau.server.events import NDJSON, gathered, streamed
from hameau.server.ollama import told
from hameau.server.ollama.asked import ChatAsked, GenerateAsked, Speaking
from hameau.server.ollama.errors import last_line
from hameau.server.ollama.memory import remember
from hameau.server.ollama.reading import name_of, seconds_of, wanted_of_chat, wanted_of_generate
from hameau.server.ollama.telling import Calls, logprobs_told, measured, moment, reason_told
from hameau.server.replies import json_bytes, json_reply
from hameau.server.shapes import NoParameters
from hameau.server.speaker import Said, Wanted, model_of, speak
from hameau.server.visitors import must

MAX_REQUEST = 64_000_000
"""Bytes of a request: it may hold pictures."""
_IGNORED = N_("The field “template” is left aside: a model is spoken to by the template in its own file.")


class Chat:
    """How an answer looks at ``/api/chat``."""

    def __init__(self, body: ChatAsked) -> None:
        self.logprobs = bool(body.logprobs)
        self._model = name_of(body)

    def frame(self, text: str, thinking: str, calls: Calls | None = None, **more: Any) -> told.Frame:
        """One piece."""
        said = told.MessageTold(
            "assistant", text, thinking=thinking or UNSET, tool_calls=calls.told() if calls else UNSET
        )
        return told.ChatFrame(model=self._model, created_at=moment(), message=said, **more)

    def ending(self, _: str) -> dict[str, Any]:
        """What else the last piece holds."""
        return {}


class Generated:
    """How it looks at ``/api/generate``."""

    def __init__(self, body: GenerateAsked, wanted: Wanted | None, language: str) -> None:
        self.logprobs = bool(body.logprobs)
        self._model = name_of(body)
        self._messages = wanted.request.messages if wanted else ()
        self._notice = say(_IGNORED, language) if body.template else ""

    def frame(self, text: str, thinking: str, calls: Calls | None = None, **more: Any) -> told.Frame:
        """One piece. There are no tools here."""
        return told.GenerateFrame(
            model=self._model, created_at=moment(), response=text, thinking=thinking or UNSET, **more
        )

    def ending(self, said: str) -> dict[str, Any]:
        """What else the last piece holds."""
        ending: dict[str, Any] = {"notice": self._notice} if self._notice else {}
        if self._messages and (context := remember(self._messages, said)):
            ending["context"] = context
        return ending


Form = Chat | Generated


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request, understood. ``wanted`` is ``None`` when it only wants the model loaded or put away."""

    model: InstalledModel | None
    """``None`` for the library."""
    wanted: Wanted | None
    form: Form


async def chat(request: Request, call: Call, _: NoParameters, body: ChatAsked) -> Response:
    return await _answer(request, call, body, await run_in_threadpool(_understood_chat, call, body))


async def generate(request: Request, call: Call, _: NoParameters, body: GenerateAsked) -> Response:
    return await _answer(request, call, body, await run_in_threadpool(_understood_generate, call, body))


def _understood_chat(call: Call, body: ChatAsked) -> Prepared:
    model = model_of(call, name_of(body))
    return Prepared(model, wanted_of_chat(body, model) if body.messages else None, Chat(body))


def _understood_generate(call: Call, body: GenerateAsked) -> Prepared:
    model = model_of(call, name_of(body))
    wanted = wanted_of_generate(body, model) if body.prompt or body.suffix or body.images else None
    return Prepared(model, wanted, Generated(body, wanted, call.language))


async def load(request: Request, call: Call, body: Speaking, prepared: Prepared) -> Response:
    """A request that says nothing: the model is loaded, or put away when it shall stay for no time."""
    alive = seconds_of(body.keep_alive)
    model = prepared.model

    def work(_: threading.Event) -> str:
        must(call.visitor, "read" if model is None else "chat")
        if model is None:
            return "load"
        if model.card.kind != "chat":
            raise BadInput(
                N_("{model} is not a chat model."),
                hint=N_("It turns texts into vectors: ask it for embeddings."),
                model=model.card.title,
            )
        if alive == 0:
            call.house.models.unload(model.card.id)
            return "unload"
        wanted = context_of(body.options or {}) or context_of(model.recipe.options)
        call.house.models.generator(model.card.id, context=wanted, keep_alive=alive)
        return "load"

    began = time.monotonic_ns()
    reason = await gathered(request, work)
    took = time.monotonic_ns() - began
    times: dict[str, Any] = {"total_duration": took, "load_duration": took} if reason == "load" else {}
    return json_reply(prepared.form.frame("", "", done=True, done_reason=reason, **times))


async def _answer(request: Request, call: Call, body: Speaking, prepared: Prepared) -> Response:
    wanted, form = prepared.wanted, prepared.form
    if wanted is None:
        return await load(request, call, body, prepared)
    began = time.monotonic_ns()
    if body.stream is False:
        return json_reply(await gathered(request, lambda stop: whole(speak(call, wanted, stop), form, began)))

    def failed(error: Exception) -> bytes:
        return last_line(error, call.language)

    return await streamed(request, lambda stop: lines(speak(call, wanted, stop), form, began), failed, NDJSON)


def lines(answer: Iterator[Said], form: Form, began: int) -> Iterator[bytes]:
    """The answer as a stream: one frame a line, the figures in the last one."""
    text: list[str] = []
    calls = Calls()
    for said in answer:
        chunk = said.chunk
        calls.add(chunk.tools)
        if chunk.text or chunk.reasoning or (chunk.tokens and form.logprobs):
            text.append(chunk.text)
            yield json_bytes(form.frame(chunk.text, chunk.reasoning, logprobs=_logprobs(form, chunk.tokens))) + b"\n"
        if chunk.finish:
            if calls:
                yield json_bytes(form.frame("", "", calls)) + b"\n"
            yield json_bytes(_last(form, chunk, began, "", "", said.citations, spoken="".join(text))) + b"\n"


def whole(answer: Iterator[Said], form: Form, began: int) -> told.Frame:
    """The answer in one frame."""
    text: list[str] = []
    reasoning: list[str] = []
    tokens: list[Token] = []
    calls = Calls()
    last = Chunk(finish="stop")
    citations: tuple[Citation, ...] = ()
    for said in answer:
        text.append(said.chunk.text)
        reasoning.append(said.chunk.reasoning)
        tokens += said.chunk.tokens
        calls.add(said.chunk.tools)
        if said.chunk.finish:
            last, citations = said.chunk, said.citations
    logprobs = _logprobs(form, tokens)
    return _last(form, last, began, "".join(text), "".join(reasoning), citations, calls=calls, logprobs=logprobs)


def _last(
    form: Form,
    chunk: Chunk,
    began: int,
    text: str,
    reasoning: str,
    citations: tuple[Citation, ...],
    *,
    spoken: str = "",
    calls: Calls | None = None,
    logprobs: tuple[told.Logprob, ...] | UnsetType = UNSET,
) -> told.Frame:
    return form.frame(
        text,
        reasoning,
        calls,
        done=True,
        done_reason=reason_told(chunk.finish),
        logprobs=logprobs,
        citations=citations or UNSET,
        **measured(began, chunk.usage),
        **form.ending(spoken or text),
    )


def _logprobs(form: Form, tokens: Any) -> tuple[told.Logprob, ...] | UnsetType:
    return logprobs_told(tokens) if form.logprobs and tokens else UNSET


ENDPOINTS = (
    Endpoint(
        "POST",
        "/api/chat",
        "A chat goes on; hanging up stops it",
        chat,
        body=ChatAsked,
        answer=told.ChatFrame,
        events=(("", told.ChatFrame),),
        stream=NDJSON,
        live=True,
        limit=MAX_REQUEST,
        tag="ollama",
        face="ollama",
    ),
    Endpoint(
        "POST",
        "/api/generate",
        "A text goes on; hanging up stops it",
        generate,
        body=GenerateAsked,
        answer=told.GenerateFrame,
        events=(("", told.GenerateFrame),),
        stream=NDJSON,
        live=True,
        limit=MAX_REQUEST,
        tag="ollama",
        face="ollama",
    ),
)
