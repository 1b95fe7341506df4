"""``POST /v1/chat/completions``: a chat goes on, whole or piece by piece."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from msgspec import UNSET, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from hameau.assistant import Citation
from hameau.models import Chunk, Usage
from hameau.server.call import Call
from hameau.server.endpoint import Endpoint
from hameau.server.errors import known
from hameau.server.events import SSE, event, gathered, streamed
from hameau.server.openai import told
from hameau.server.openai.asked import ChatAsked
from hameau.server.openai.errors import OpenAiFailure, fault_of
from hameau.server.openai.reading import wanted_of_chat
from hameau.server.openai.telling import (
    NO_USAGE,
    Calls,
    Gathered,
    fresh_id,
    logprobs_told,
    reason_told,
    timings_told,
    usage_told,
)
from hameau.server.replies import json_bytes, json_reply
from hameau.server.shapes import NoParameters
from hameau.server.speaker import Said, Wanted, speak

MAX_CHAT = 64_000_000
"""Bytes of a request: it may hold pictures."""
END = b"data: [DONE]\n\n"


async def chat(request: Request, call: Call, _: NoParameters, body: ChatAsked) -> Response:
    wanted = wanted_of_chat(body)
    if body.stream:
        return await streamed(request, lambda stop: frames(call, wanted, body, stop), failing(call), SSE)
    return json_reply(await gathered(request, lambda stop: whole(call, wanted, body, stop)))


def failing(call: Call) -> Callable[[Exception], bytes]:
    """The last piece of a stream that fails."""

    def failed(error: Exception) -> bytes:
        return event("", json_bytes(OpenAiFailure(fault_of(known(error), call.language))))

    return failed


def takes(call: Call, wanted: Wanted, count: int, cancel: threading.Event) -> Iterator[Iterator[Said]]:
    """``count`` answers, one after the other: each draws its own luck, a fixed seed goes up by one."""
    for number in range(count):
        seed = wanted.request.seed
        changed = {"seed": (seed + number) & 0xFFFFFFFF} if seed is not None and number else {}
        yield speak(call, replace(wanted, request=replace(wanted.request, **changed)), cancel)  # type: ignore[arg-type]


def whole(call: Call, wanted: Wanted, body: ChatAsked, cancel: threading.Event) -> told.ChatCompletion:
    """Every choice, complete."""
    choices: list[told.ChatChoice] = []
    uses: list[Usage] = []
    citations: tuple[Citation, ...] | UnsetType = UNSET
    for index, answer in enumerate(takes(call, wanted, body.n or 1, cancel)):
        made = Gathered()
        for said in answer:
            made.add(said.chunk)
            citations = said.citations or citations
        uses.append(made.usage)
        choices.append(_choice(index, made, body))
    return told.ChatCompletion(
        fresh_id("chatcmpl-"),
        int(time.time()),
        body.model,
        tuple(choices),
        usage_told(uses),
        citations=citations,
        timings=timings_told(uses[-1]),
    )


def _choice(index: int, made: Gathered, body: ChatAsked) -> told.ChatChoice:
    calls = made.calls.all()
    text = "".join(made.text)
    message = told.ChatMessage(
        text if text or not calls else None, reasoning_content="".join(made.reasoning) if made.reasoning else UNSET
    )
    reason = reason_told(made.finish, called=bool(calls))
    if calls and body.functions is not None:
        message = told.ChatMessage(message.content, function_call=calls[0].function)
        reason = "function_call"
    elif calls:
        message = told.ChatMessage(message.content, reasoning_content=message.reasoning_content, tool_calls=calls)
    logprobs = told.ChoiceLogprobs(logprobs_told(made.tokens)) if body.logprobs else None
    return told.ChatChoice(index, message, reason, logprobs)


class Frames:
    """The pieces of one streamed answer, as bytes."""

    def __init__(self, body: ChatAsked) -> None:
        self._head = (fresh_id("chatcmpl-"), int(time.time()), body.model)
        self._usage = bool(body.stream_options and body.stream_options.include_usage)
        self._old = body.functions is not None
        self._logprobs = bool(body.logprobs)

    def _piece(self, *choices: told.ChunkChoice, **more: object) -> bytes:
        usage = None if self._usage else UNSET
        return event("", json_bytes(told.ChatChunk(*self._head, choices, **({"usage": usage} | more))))  # type: ignore[arg-type]

    def begin(self, index: int) -> bytes:
        """Who speaks."""
        return self._piece(told.ChunkChoice(index, told.Delta(role="assistant", content="")))

    def go_on(self, index: int, chunk: Chunk, calls: Calls) -> bytes:
        """What ``chunk`` says, if anything."""
        if not (chunk.text or chunk.reasoning or chunk.tools or (chunk.tokens and self._logprobs)):
            return b""
        pieces = tuple(calls.add(piece) for piece in chunk.tools)
        delta = told.Delta(
            content=chunk.text if chunk.text or not (chunk.reasoning or chunk.tools) else UNSET,
            reasoning_content=chunk.reasoning or UNSET,
        )
        if pieces and self._old:
            first = told.FunctionPiece(pieces[0].arguments, pieces[0].name or UNSET)
            delta = told.Delta(function_call=first)
        elif pieces:
            told_pieces = tuple(
                told.ToolPieceTold(
                    piece.index,
                    told.FunctionPiece(piece.arguments, piece.name or UNSET),
                    piece.id or UNSET,
                    "function" if piece.id else UNSET,
                )
                for piece in pieces
            )
            delta = told.Delta(content=delta.content, reasoning_content=delta.reasoning_content, tool_calls=told_pieces)
        logprobs = told.ChoiceLogprobs(logprobs_told(chunk.tokens)) if self._logprobs and chunk.tokens else None
        return self._piece(told.ChunkChoice(index, delta, logprobs=logprobs))

    def end(self, index: int, chunk: Chunk, calls: Calls, citations: tuple[Citation, ...]) -> bytes:
        """Why it ended."""
        reason = reason_told(chunk.finish, called=bool(calls))
        if reason == "tool_calls" and self._old:
            reason = "function_call"
        timings = timings_told(chunk.usage) if chunk.usage else UNSET
        choice = told.ChunkChoice(index, told.Delta(), reason)
        return self._piece(choice, citations=citations or UNSET, timings=timings)

    def cost(self, uses: list[Usage]) -> bytes:
        """What it took, for who asked."""
        return self._piece(usage=usage_told(uses)) if self._usage else b""


def frames(call: Call, wanted: Wanted, body: ChatAsked, cancel: threading.Event) -> Iterator[bytes]:
    """The stream. The first piece is made when the model has said something: what goes wrong before has a status."""
    made = Frames(body)
    uses: list[Usage] = []
    for index, answer in enumerate(takes(call, wanted, body.n or 1, cancel)):
        calls = Calls()
        head = made.begin(index)
        uses.append(NO_USAGE)
        for said in answer:
            piece = head + made.go_on(index, said.chunk, calls)
            head = b""
            if said.chunk.finish:
                uses[-1] = said.chunk.usage or NO_USAGE
                piece += made.end(index, said.chunk, calls, said.citations)
            if piece:
                yield piece
    yield made.cost(uses) + END


ENDPOINTS = (
    Endpoint(
        "POST",
        "/v1/chat/completions",
        "A chat goes on; hanging up stops it",
        chat,
        body=ChatAsked,
        answer=told.ChatCompletion,
        events=(("", told.ChatChunk),),
        live=True,
        limit=MAX_CHAT,
        tag="openai",
        face="openai",
    ),
)
