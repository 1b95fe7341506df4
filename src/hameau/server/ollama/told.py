"""What Ollama's clients read. Durations are whole nanoseconds."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from hameau.assistant import Citation


class Version(msgspec.Struct, frozen=True):
    """``version`` is that of Ollama whose protocol this is, ``hameau`` our own."""

    version: str
    hameau: str


class Details(msgspec.Struct, frozen=True):
    parent_model: str
    format: str
    family: str
    families: list[str]
    parameter_size: str
    quantization_level: str
    context_length: int | UnsetType = UNSET
    embedding_length: int | UnsetType = UNSET


class ModelTold(msgspec.Struct, frozen=True):
    name: str
    model: str
    modified_at: str
    size: int
    digest: str
    details: Details
    capabilities: list[str]
    remote_host: str | UnsetType = UNSET
    remote_model: str | UnsetType = UNSET


class ModelList(msgspec.Struct, frozen=True):
    models: list[ModelTold]


class LoadedTold(msgspec.Struct, frozen=True):
    name: str
    model: str
    size: int
    digest: str
    details: Details
    expires_at: str
    size_vram: int
    context_length: int


class LoadedList(msgspec.Struct, frozen=True):
    models: list[LoadedTold]


class MessageKept(msgspec.Struct, frozen=True):
    role: str
    content: str


class Shown(msgspec.Struct, frozen=True):
    """``POST /api/show``. ``template`` is in Jinja, as model files hold it."""

    modelfile: str
    parameters: str
    template: str
    details: Details
    model_info: dict[str, Any]
    capabilities: list[str]
    modified_at: str
    license: str | UnsetType = UNSET
    system: str | UnsetType = UNSET
    messages: list[MessageKept] | UnsetType = UNSET
    remote_host: str | UnsetType = UNSET
    remote_model: str | UnsetType = UNSET


class FunctionTold(msgspec.Struct, frozen=True):
    index: int
    name: str
    arguments: dict[str, Any]


class CallTold(msgspec.Struct, frozen=True):
    id: str
    function: FunctionTold


class MessageTold(msgspec.Struct, frozen=True):
    role: str
    content: str
    thinking: str | UnsetType = UNSET
    tool_calls: tuple[CallTold, ...] | UnsetType = UNSET


class Weighed(msgspec.Struct, frozen=True):
    token: str
    logprob: float
    bytes: list[int]


class Logprob(msgspec.Struct, frozen=True):
    token: str
    logprob: float
    bytes: list[int]
    top_logprobs: tuple[Weighed, ...] | UnsetType = UNSET


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """What every answer of a model has: one line of a stream, or the whole. The last one has the rest."""

    model: str
    created_at: str
    done: bool = False
    done_reason: str | UnsetType = UNSET
    total_duration: int | UnsetType = UNSET
    load_duration: int | UnsetType = UNSET
    prompt_eval_count: int | UnsetType = UNSET
    prompt_eval_duration: int | UnsetType = UNSET
    eval_count: int | UnsetType = UNSET
    eval_duration: int | UnsetType = UNSET
    logprobs: tuple[Logprob, ...] | UnsetType = UNSET
    citations: tuple[Citation, ...] | UnsetType = UNSET
    """Ours: what the library relies on, when it speaks."""
    notice: str | UnsetType = UNSET
    """Ours: what was left aside."""


class ChatFrame(Frame, frozen=True, kw_only=True):
    message: MessageTold


class GenerateFrame(Frame, frozen=True, kw_only=True):
    response: str
    thinking: str | UnsetType = UNSET
    context: list[int] | UnsetType = UNSET
    """Opaque: what a program sends back to go on with the conversation."""


class Embedded(msgspec.Struct, frozen=True):
    model: str
    embeddings: list[list[float]]
    total_duration: int
    load_duration: int
    prompt_eval_count: int


class EmbeddedOne(msgspec.Struct, frozen=True):
    embedding: list[float]


class Status(msgspec.Struct, frozen=True):
    """How far a longer work has come: one line of its stream."""

    status: str
    digest: str | UnsetType = UNSET
    total: int | UnsetType = UNSET
    completed: int | UnsetType = UNSET
