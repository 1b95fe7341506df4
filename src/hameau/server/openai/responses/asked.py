"""What ``POST /v1/responses`` is sent. Items are kept as they came, and read as :class:`Item`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from hameau.server.openai.asked import MaxTokens, Name, Part01, Temperature, ToolName, Weighed

Json = dict[str, Any]
Id = Annotated[str, Meta(min_length=1, max_length=128)]


class FlatTool(msgspec.Struct, frozen=True):
    type: str
    name: ToolName | None = None
    description: str | None = None
    parameters: Json | None = None
    strict: bool | None = None


class ChosenTool(msgspec.Struct, frozen=True):
    type: str
    name: ToolName | None = None
    mode: Literal["auto", "required"] = "auto"
    tools: list[FlatTool] | None = None


class TextFormat(msgspec.Struct, frozen=True):
    type: Literal["text", "json_object", "json_schema"]
    name: str | None = None
    schema: Json | None = None
    strict: bool | None = None
    description: str | None = None


class TextAsked(msgspec.Struct, frozen=True):
    format: TextFormat | None = None
    verbosity: str | None = None


class Reasoning(msgspec.Struct, frozen=True):
    effort: Annotated[str, Meta(max_length=40)] | None = None
    summary: str | None = None


class ResponseAsked(msgspec.Struct, frozen=True, kw_only=True):
    model: Name
    input: str | Annotated[list[Json], Meta(max_length=10_000)] | None = None
    instructions: str | None = None
    max_output_tokens: MaxTokens | None = None
    temperature: Temperature | None = None
    top_p: Part01 | None = None
    tools: Annotated[list[FlatTool], Meta(max_length=512)] | None = None
    tool_choice: Literal["auto", "none", "required"] | ChosenTool | None = None
    parallel_tool_calls: bool | None = None
    text: TextAsked | None = None
    reasoning: Reasoning | None = None
    top_logprobs: Weighed | None = None
    include: list[str] | None = None
    previous_response_id: Id | None = None
    store: bool | None = None
    background: bool | None = None
    stream: bool | None = None
    metadata: dict[str, str] | None = None
    user: str | None = None
    truncation: str | None = None
    conversation: str | Json | None = None
    prompt: Json | None = None
    moderation: Json | None = None


class Item(msgspec.Struct, frozen=True):
    """One thing of the input, whatever its type: a message, a call, what a call gave, a pointer to one of those."""

    type: str = "message"
    id: str | None = None
    role: Literal["system", "developer", "user", "assistant"] | None = None
    content: str | list[Json] | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None
    output: str | list[Json] | None = None
    status: str | None = None


class Piece(msgspec.Struct, frozen=True):
    """One part of a message's content."""

    type: str
    text: str | None = None
    refusal: str | None = None
    image_url: str | None = None
