"""What Ollama's clients send. Fields that we don't know are left aside; a known one of the wrong type is an error.

https://github.com/ollama/ollama/blob/main/docs/api.md and api/types.go. Every body is bounded by its endpoint.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

Json = dict[str, Any]
ModelName = Annotated[str, Meta(max_length=300)]
Pictures = Annotated[list[str], Meta(max_length=32)]
KeepAlive = float | str | None
Weighed = Annotated[int, Meta(ge=0, le=20)]
Thinking = bool | str | None
Form = str | Json | None
"""``json``, a JSON schema, or nothing."""


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """Whatever is about one model: ``model``, or ``name`` as older clients say."""

    model: ModelName | None = None
    name: ModelName | None = None


class FunctionCalled(msgspec.Struct, frozen=True):
    name: Annotated[str, Meta(min_length=1, max_length=128)]
    arguments: Json | str | None = None


class CallGiven(msgspec.Struct, frozen=True):
    function: FunctionCalled
    id: str | None = None


class MessageGiven(msgspec.Struct, frozen=True):
    role: str
    content: str | None = None
    thinking: str | None = None
    images: Pictures | None = None
    tool_calls: list[CallGiven] | None = None
    tool_name: str | None = None
    tool_call_id: str | None = None


class FunctionTold(msgspec.Struct, frozen=True):
    name: Annotated[str, Meta(min_length=1, max_length=128)]
    description: str | None = None
    parameters: Json | None = None


class ToolTold(msgspec.Struct, frozen=True):
    function: FunctionTold
    type: str | None = "function"


class Speaking(Named, frozen=True, kw_only=True):
    """What ``chat`` and ``generate`` have in common."""

    stream: bool | None = None
    format: Form = None
    options: Json | None = None
    keep_alive: KeepAlive = None
    think: Thinking = None
    logprobs: bool | None = None
    top_logprobs: Weighed | None = None


class ChatAsked(Speaking, frozen=True, kw_only=True):
    """``POST /api/chat``."""

    messages: list[MessageGiven] | None = None
    tools: Annotated[list[ToolTold], Meta(max_length=256)] | None = None


class GenerateAsked(Speaking, frozen=True, kw_only=True):
    """``POST /api/generate``."""

    prompt: str | None = None
    suffix: str | None = None
    system: str | None = None
    template: str | None = None
    context: list[Annotated[int, Meta(ge=0, le=2**31 - 1)]] | None = None
    raw: bool | None = None
    images: Pictures | None = None


class EmbedAsked(Named, frozen=True, kw_only=True):
    """``POST /api/embed``. ``input_type`` is ours: ``query`` for a question, else passages."""

    input: str | Annotated[list[str], Meta(max_length=2048)] | None = None
    truncate: bool | None = None
    dimensions: Annotated[int, Meta(ge=0, le=65536)] | None = None
    options: Json | None = None
    keep_alive: KeepAlive = None
    input_type: str | None = None


class EmbeddingsAsked(Named, frozen=True, kw_only=True):
    """``POST /api/embeddings``, which newer clients no longer use."""

    prompt: str | None = None
    options: Json | None = None
    keep_alive: KeepAlive = None


class ShowAsked(Named, frozen=True, kw_only=True):
    """``POST /api/show``."""

    verbose: bool | None = None


class CopyAsked(msgspec.Struct, frozen=True):
    """``POST /api/copy``."""

    source: ModelName
    destination: ModelName


class PullAsked(Named, frozen=True, kw_only=True):
    """``POST /api/pull`` and ``/api/push``."""

    stream: bool | None = None


class CreateAsked(Named, frozen=True, kw_only=True):
    """``POST /api/create``: the fields of a Modelfile, or its text. ``files`` and ``adapters`` name blobs that were sent
    before, by their digest."""

    stream: bool | None = None
    from_: ModelName | None = msgspec.field(default=None, name="from")
    files: Annotated[dict[str, str], Meta(max_length=256)] | None = None
    adapters: Annotated[dict[str, str], Meta(max_length=8)] | None = None
    template: str | None = None
    license: str | Annotated[list[str], Meta(max_length=100)] | None = None
    system: str | None = None
    parameters: Json | None = None
    messages: Annotated[list[MessageGiven], Meta(max_length=1000)] | None = None
    modelfile: Annotated[str, Meta(max_length=4_000_000)] | None = None
    path: str | None = None
    quantize: str | None = None
