"""``POST /v1/completions``: a text goes on, without a chat's template."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hameau.kit import N_
from hameau.models import Finish, Token, Usage
from hameau.server.call import Call
from hameau.server.endpoint import Endpoint
from hameau.server.events import SSE, event, gathered, streamed
from hameau.server.openai import told
from hameau.server.openai.asked import CompletionAsked
from hameau.server.openai.chat import END, MAX_CHAT, failing, takes
from hameau.server.openai.reading import refuse, wanted
from hameau.server.openai.telling import NO_USAGE, Gathered, fresh_id, reason_told, usage_told
from hameau.server.replies import json_bytes, json_reply
from hameau.server.shapes import NoParameters
from hameau.server.speaker import Wanted

SHORT = 16
"""Tokens that the protocol gives when nobody says how many."""
MAX_PROMPTS = 256


async def complete(request: Request, call: Call, _: NoParameters, body: CompletionAsked) -> Response:
    prompts = prompts_of(body)
    _check(body)
    ready = [_wanted(body, prompt) for prompt in prompts]
    if body.stream:
        return await streamed(request, lambda stop: frames(call, ready, body, stop), failing(call), SSE)
    return json_reply(await gathered(request, lambda stop: whole(call, ready, body, stop)))


def prompts_of(body: CompletionAsked) -> list[str]:
    """The texts to go on from. Numbers of tokens are another model's."""
    given = body.prompt if body.prompt is not None else ""
    prompts = [given] if isinstance(given, str) else given
    if not prompts:
        raise refuse("prompt", N_("There is nothing to go on from."))
    if len(prompts) > MAX_PROMPTS:
        raise refuse("prompt", N_("At most {most} texts can be sent at once."), most=MAX_PROMPTS)
    texts = [one for one in prompts if isinstance(one, str)]
    if len(texts) != len(prompts):
        raise refuse(
            "prompt",
            N_("Text is expected, not numbers of tokens: they mean something else to each model."),
        )
    return texts


def _check(body: CompletionAsked) -> None:
    if body.echo and body.logprobs is not None:
        raise refuse("echo", N_("The tokens of the prompt can't be weighed: echo and logprobs exclude each other."))
    if body.best_of is not None and body.best_of < (body.n or 1):
        raise refuse("best_of", N_("best_of must be at least n."))
    if body.stream and (body.best_of or 1) > (body.n or 1):
        raise refuse("best_of", N_("The best of several answers can't be streamed."))


def _wanted(body: CompletionAsked, prompt: str) -> Wanted:
    fields: dict[str, Any] = {"prompt": prompt, "suffix": body.suffix or ""}
    drawn = (body.best_of or 1) > (body.n or 1)
    if body.logprobs is not None or drawn:
        fields |= {"logprobs": True, "top_logprobs": body.logprobs or 0}
    return wanted(body, fields, body.max_tokens, SHORT)


def whole(call: Call, ready: list[Wanted], body: CompletionAsked, cancel: threading.Event) -> told.TextCompletion:
    """Every choice of every prompt, complete."""
    choices: list[told.TextChoice] = []
    uses: list[Usage] = []
    count = body.n or 1
    for one in ready:
        drawn: list[Gathered] = []
        for answer in takes(call, one, max(count, body.best_of or 1), cancel):
            made = Gathered()
            for said in answer:
                made.add(said.chunk)
            drawn.append(made)
        uses.append(_together(drawn))
        for made in sorted(drawn, key=_luck)[:count] if len(drawn) > count else drawn:
            text = (one.request.prompt if body.echo else "") + "".join(made.text)
            choices.append(_choice(len(choices), text, made.finish, made.tokens, 0, body))
    return _answer(body, tuple(choices), usage=_all(uses))


def _luck(made: Gathered) -> float:
    """How unlikely the model found what it said, a token: the best first."""
    return -sum(token.logprob for token in made.tokens) / max(1, len(made.tokens))


def _together(drawn: list[Gathered]) -> Usage:
    first = drawn[0].usage
    return replace(first, completion_tokens=sum(made.usage.completion_tokens for made in drawn))


def _all(uses: list[Usage]) -> told.CompletionUsage:
    """The cost of several prompts."""
    each = [usage_told([use]) for use in uses]
    read, written = sum(one.prompt_tokens for one in each), sum(one.completion_tokens for one in each)
    cached = sum(one.prompt_tokens_details.cached_tokens for one in each)
    return told.CompletionUsage(read, written, read + written, told.PromptDetails(cached))


def _choice(
    index: int, text: str, finish: Finish | None, tokens: list[Token], offset: int, body: CompletionAsked
) -> told.TextChoice:
    logprobs = None
    if body.logprobs is not None and tokens:
        places: list[int] = []
        for token in tokens:
            places.append(offset)
            offset += len(token.text)
        logprobs = told.TextLogprobs(
            [token.text for token in tokens],
            [token.logprob for token in tokens],
            [{one.token: one.logprob for one in token.alternatives} for token in tokens] if body.logprobs else None,
            places,
        )
    return told.TextChoice(index, text, None if finish is None else reason_told(finish), logprobs)


def _answer(body: CompletionAsked, choices: tuple[told.TextChoice, ...], **more: Any) -> told.TextCompletion:
    return told.TextCompletion(fresh_id("cmpl-"), int(time.time()), body.model, choices, **more)


def frames(call: Call, ready: list[Wanted], body: CompletionAsked, cancel: threading.Event) -> Iterator[bytes]:
    """The stream: one prompt after the other, one choice after the other."""
    counted = bool(body.stream_options and body.stream_options.include_usage)
    more: dict[str, Any] = {"usage": None} if counted else {}
    head = _answer(body, (), **more)
    uses: list[Usage] = []
    index = 0
    for one in ready:
        for answer in takes(call, one, body.n or 1, cancel):
            echo = one.request.prompt if body.echo else ""
            length = 0
            for said in answer:
                chunk = said.chunk
                if chunk.finish:
                    uses.append(chunk.usage or NO_USAGE)
                if chunk.text or chunk.tokens or chunk.finish or echo:
                    finish = chunk.finish or None
                    choice = _choice(index, echo + chunk.text, finish, list(chunk.tokens), length, body)
                    yield event("", json_bytes(_with(head, choice)))
                    length += len(chunk.text)
                    echo = ""
            index += 1
    if counted:
        yield event("", json_bytes(told.TextCompletion(head.id, head.created, head.model, (), usage=_all(uses))))
    yield END


def _with(head: told.TextCompletion, choice: told.TextChoice) -> told.TextCompletion:
    return told.TextCompletion(head.id, head.created, head.model, (choice,), usage=head.usage)


ENDPOINTS = (
    Endpoint(
        "POST",
        "/v1/completions",
        "A text goes on; hanging up stops it",
        complete,
        body=CompletionAsked,
        answer=told.TextCompletion,
        events=(("", told.TextCompletion),),
        live=True,
        limit=MAX_CHAT,
        tag="openai",
        face="openai",
    ),
)
