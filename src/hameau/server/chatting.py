"""A chat with a model alone, for the native API and for the pages: what is asked of the speaker, and what becomes of its answer.

Knows nothing of documents: the library as a model is asked through ``/api/v1/ask``.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from msgspec import UNSET

from hameau.kit import N_, BadInput, Cancelled, Refused
from hameau.models import Cancel, Chunk, GenerationRequest, InstalledModel, Message, Usage
from hameau.server.call import Call
from hameau.server.model_shapes import ChatAnswer, ChatMessage, ChatState, NewChat, ThoughtEvent
from hameau.server.shapes import TokenEvent
from hameau.server.speaker import FREEDOM, Wanted, is_library, speak

Step = ChatState | ThoughtEvent | TokenEvent | ChatAnswer


def chat(call: Call, wanted: NewChat, cancel: Cancel) -> Iterator[Step]:
    """What happens, step by step; the last one is the whole answer. Raises what the speaker raises, and ``BadInput``."""
    model = model_for(call, wanted.model)
    asked = Wanted(model.card.id, request_of(wanted), _given(wanted))
    heard = _Heard(model.card.id, time.monotonic())
    yield _state(call, model)
    for said in speak(call, asked, cancel):
        yield from heard.take(said.chunk)
    yield heard.whole(_held(call, model))


def whole(call: Call, wanted: NewChat, cancel: Cancel) -> ChatAnswer:
    """The whole answer. Raises what :func:`chat` raises."""
    for step in chat(call, wanted, cancel):
        if isinstance(step, ChatAnswer):
            return step
    raise Cancelled


def model_for(call: Call, name: str | None) -> InstalledModel:
    """The chat model called ``name``; for none the one that answers. Raises ``NotFound``, ``Missing``, ``BadInput``."""
    if name and is_library(name):
        raise Refused(
            N_("Here a model speaks alone, without your documents."), hint=N_("To ask the documents: /api/v1/ask.")
        )
    models = call.house.models
    model = models.resolve(name) if name else models.choose("chat", call.house.settings.chat_model or None)
    if model.card.kind != "chat":
        raise BadInput(
            N_("{model} is not a chat model."), hint=N_("Choose a model that writes."), model=model.card.title
        )
    return model


def request_of(wanted: NewChat) -> GenerationRequest:
    """What the engine is asked. Pure. Raises ``BadInput`` when nobody said anything."""
    messages, begun = list(wanted.messages), ""
    if messages[-1].role == "assistant":
        begun = messages.pop().content
    if not any(one.role == "user" and (one.content.strip() or one.images) for one in messages):
        raise BadInput(N_("The message is empty."), hint=N_("Write something to the model."))
    return GenerationRequest(
        tuple(_message(one) for one in messages),
        max_tokens=wanted.max_tokens,
        temperature=FREEDOM if wanted.temperature is UNSET else wanted.temperature,
        seed=None if wanted.seed is UNSET else wanted.seed,
        prefill=begun,
        think=wanted.think,
    )


def _message(one: ChatMessage) -> Message:
    return Message(one.role, one.content, images=one.images)


def _given(wanted: NewChat) -> frozenset[str]:
    chosen = {"messages", "max_tokens", "think"}
    chosen |= {name for name in ("temperature", "seed") if getattr(wanted, name) is not UNSET}
    return frozenset(chosen)


def _state(call: Call, model: InstalledModel) -> ChatState:
    card = model.card
    there = next((one for one in call.house.models.loaded() if one.model.weights == model.weights), None)
    if there is None:
        return ChatState("reading" if model.service else "loading", card.id, card.title)
    return ChatState("waiting" if there.waiting else "reading", card.id, card.title)


def _held(call: Call, model: InstalledModel) -> int:
    return next((one.memory_bytes for one in call.house.models.loaded() if one.model.weights == model.weights), 0)


@dataclass(slots=True)
class _Heard:
    """What was said so far, and when."""

    model: str
    began: float
    first: float = 0.0
    text: list[str] = field(default_factory=list)
    thought: list[str] = field(default_factory=list)
    finish: str = "stop"
    usage: Usage = field(default_factory=Usage)

    def take(self, chunk: Chunk) -> Iterator[Step]:
        if (chunk.text or chunk.reasoning) and not self.first:
            self.first = time.monotonic()
        if chunk.reasoning:
            self.thought.append(chunk.reasoning)
            yield ThoughtEvent(chunk.reasoning)
        if chunk.text:
            self.text.append(chunk.text)
            yield TokenEvent(chunk.text)
        if chunk.finish:
            self.finish = chunk.finish
        self.usage = chunk.usage or self.usage

    def whole(self, memory: int) -> ChatAnswer:
        ended, usage = time.monotonic(), self.usage
        writing = usage.completion_ms / 1000 or (ended - self.first if self.first else 0.0)
        return ChatAnswer(
            "".join(self.text),
            "".join(self.thought),
            self.model,
            "length" if self.finish == "length" else "cancelled" if self.finish == "cancelled" else "stop",
            usage.prompt_tokens,
            usage.cached_tokens,
            usage.completion_tokens,
            round((self.first - self.began) * 1000, 1) if self.first else 0.0,
            round((ended - self.began) * 1000, 1),
            round(usage.completion_tokens / writing, 2) if writing > 0 else 0.0,
            memory,
        )
