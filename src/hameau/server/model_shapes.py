"""What requests about models carry and what answers hold: the list of models, those on their way, a chat with one alone."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from hameau.models import InstalledModel, Memory, ModelCard, Nearby, Unfinished
from hameau.server.shapes import MAX_QUESTION, Ask, Identifier

MAX_CHAT = 24_000_000
"""Bytes of one chat, its pictures in base64 included."""


class NewModel(Ask, frozen=True):
    """``model`` is an id of the catalogue, or the path of a GGUF file or of a folder on this machine.
    ``consent`` is the person's yes to the one download that some models need."""

    model: Annotated[str, Meta(min_length=1, max_length=4096)]
    consent: bool = False


class Arrival(msgspec.Struct, frozen=True):
    """A model on its way here. ``done`` and ``total`` are bytes; ``total`` is 0 while it is not known. ``paused``: what came is
    kept, and it can go on; ``stopped``: what came is thrown away."""

    id: str
    model: str
    state: Literal["running", "paused", "stopped", "done", "failed"]
    done: int
    total: int
    message: str = ""
    hint: str = ""


class LicenceTold(msgspec.Struct, frozen=True):
    """A licence in plain words, in the reader's language: at work, passing it on, what must be said. Its own text, at ``url``,
    stays the rule. ``free``: for any use by anybody."""

    name: str
    url: str
    free: bool
    summary: str
    work: str
    share: str
    credit: str
    beware: str


class LoadedNow(msgspec.Struct, frozen=True):
    """A model in memory. ``memory_bytes`` is 0 where it is not this machine's; ``until`` (RFC 3339) is when it is put away if
    nobody asks, null: when its memory is needed. ``running`` answers are being written, ``waiting`` ones stand in line."""

    id: str
    title: str
    context: int
    memory_bytes: int
    since: str
    until: str | None
    running: int
    waiting: int


class Models(msgspec.Struct, frozen=True):
    """What is on this machine, what can come, what is on its way, what came half (``unfinished``), what is in memory now, and
    how much memory there is."""

    installed: tuple[InstalledModel, ...]
    catalogue: tuple[ModelCard, ...]
    arrivals: tuple[Arrival, ...]
    unfinished: tuple[Unfinished, ...]
    loaded: tuple[LoadedNow, ...]
    memory: Memory


class OneModel(msgspec.Struct, frozen=True):
    """A model that can be used. ``host`` is the machine that runs it, when it is another one."""

    model: InstalledModel
    licence: LicenceTold
    host: str
    loaded: LoadedNow | None


class FoundNearby(msgspec.Struct, frozen=True):
    """Models on sticks and in folders of other programs; ``what`` is what adding one takes as ``model``."""

    models: tuple[Nearby, ...]


class ChatMessage(Ask, frozen=True):
    """One message. ``images`` are pictures in base64 (JPEG, PNG), for models that see."""

    role: Literal["system", "user", "assistant"]
    content: Annotated[str, Meta(max_length=MAX_QUESTION)] = ""
    images: Annotated[tuple[bytes, ...], Meta(max_length=8)] = ()


class NewChat(Ask, frozen=True):
    """A chat with a model alone: it knows nothing of the documents, and nothing of it is kept. When the last message is the
    assistant's, its text is gone on with. ``max_tokens`` -1: until the model stops. Without a ``model``: the one that answers."""

    messages: Annotated[tuple[ChatMessage, ...], Meta(min_length=1, max_length=500)]
    model: Identifier | None = None
    stream: bool = False
    temperature: Annotated[float, Meta(ge=0, le=2)] | UnsetType = UNSET
    max_tokens: Annotated[int, Meta(ge=-1, le=1_000_000)] = 2048
    seed: Annotated[int, Meta(ge=0, le=2**32 - 1)] | UnsetType = UNSET
    think: bool = False


class ChatState(msgspec.Struct, frozen=True):
    """What the reader waits for: that the model is ``loading`` into memory, that it has answers to others to write first
    (``waiting``), or that it is ``reading`` what was said."""

    state: Literal["loading", "waiting", "reading"]
    model: str
    title: str


class ThoughtEvent(msgspec.Struct, frozen=True):
    """A piece of what a model that thinks says to itself before it answers."""

    text: str


class ChatAnswer(msgspec.Struct, frozen=True):
    """What a model said, why it ended (``length``: there was no more room), and what it took: tokens, milliseconds, bytes of
    memory that the model holds (0 when it is not this machine's)."""

    text: str
    thought: str
    model: str
    finish: Literal["stop", "length", "cancelled"]
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    first_token_ms: float
    total_ms: float
    tokens_per_second: float
    memory_bytes: int
