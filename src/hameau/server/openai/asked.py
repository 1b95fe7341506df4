"""What OpenAI's clients send. Fields that we don't know are left aside; a known one of the wrong type is an error.

https://platform.openai.com/docs/api-reference. Every body is bounded by the endpoint; numbers have the bounds of the protocol.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Json = dict[str, Any]
Text = str
Name = Annotated[str, Meta(min_length=1, max_length=256)]
ToolName = Annotated[str, Meta(min_length=1, max_length=128)]
Stops = (
    Annotated[str, Meta(max_length=1000)] | Annotated[list[Annotated[str, Meta(max_length=1000)]], Meta(max_length=64)]
)
Temperature = Annotated[float, Meta(ge=0, le=2)]
Part01 = Annotated[float, Meta(ge=0, le=1)]
Penalty = Annotated[float, Meta(ge=-2, le=2)]
Seed = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
MaxTokens = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Choices = Annotated[int, Meta(ge=1, le=128)]
Weighed = Annotated[int, Meta(ge=0, le=20)]
Effort = Annotated[str, Meta(max_length=40)]


class TextPart(msgspec.Struct, frozen=True, tag="text"):
    text: str


class ImageUrl(msgspec.Struct, frozen=True):
    url: str


class ImagePart(msgspec.Struct, frozen=True, tag="image_url"):
    image_url: ImageUrl


class AudioPart(msgspec.Struct, frozen=True, tag="input_audio"):
    """Not served: it is here to be refused in words."""


class FilePart(msgspec.Struct, frozen=True, tag="file"):
    """Not served: it is here to be refused in words."""


class RefusalPart(msgspec.Struct, frozen=True, tag="refusal"):
    refusal: str


Part = TextPart | ImagePart | AudioPart | FilePart | RefusalPart
Content = str | list[Part]


class FunctionAsked(msgspec.Struct, frozen=True):
    name: ToolName
    arguments: str = ""


class CallGiven(msgspec.Struct, frozen=True):
    """A tool call of an earlier answer."""

    id: str = ""
    function: FunctionAsked | None = None
    type: str = "function"


class SystemMessage(msgspec.Struct, frozen=True, tag_field="role", tag="system"):
    content: Content


class DeveloperMessage(msgspec.Struct, frozen=True, tag_field="role", tag="developer"):
    content: Content


class UserMessage(msgspec.Struct, frozen=True, tag_field="role", tag="user"):
    content: Content
    name: str | None = None


class AssistantMessage(msgspec.Struct, frozen=True, tag_field="role", tag="assistant"):
    content: Content | None = None
    refusal: str | None = None
    tool_calls: list[CallGiven] | None = None
    function_call: FunctionAsked | None = None


class ToolMessage(msgspec.Struct, frozen=True, tag_field="role", tag="tool"):
    content: Content | None = None
    tool_call_id: str = ""
    name: str | None = None


class FunctionMessage(msgspec.Struct, frozen=True, tag_field="role", tag="function"):
    name: str
    content: Content | None = None


AnyMessage = SystemMessage | DeveloperMessage | UserMessage | AssistantMessage | ToolMessage | FunctionMessage


class FunctionTold(msgspec.Struct, frozen=True):
    name: ToolName
    description: str | None = None
    parameters: Json | None = None
    strict: bool | None = None


class ToolTold(msgspec.Struct, frozen=True):
    type: str
    function: FunctionTold | None = None


class Named(msgspec.Struct, frozen=True):
    name: ToolName


class Allowed(msgspec.Struct, frozen=True):
    mode: Literal["auto", "required"]
    tools: list[ToolTold]


class ToolChosen(msgspec.Struct, frozen=True):
    type: str
    function: Named | None = None
    allowed_tools: Allowed | None = None


class FormatText(msgspec.Struct, frozen=True, tag="text"):
    """Plain text."""


class FormatObject(msgspec.Struct, frozen=True, tag="json_object"):
    """Any JSON object."""


class SchemaNamed(msgspec.Struct, frozen=True):
    name: str = ""
    schema: Json | None = None
    strict: bool | None = None


class FormatSchema(msgspec.Struct, frozen=True, tag="json_schema"):
    json_schema: SchemaNamed


Format = FormatText | FormatObject | FormatSchema


class StreamOptions(msgspec.Struct, frozen=True):
    include_usage: bool | None = None


class Sampling(msgspec.Struct, frozen=True, kw_only=True):
    """What ``chat/completions`` and ``completions`` have in common. ``top_k``, ``min_p``, ``repeat_penalty``, ``grammar`` and
    ``keep_alive`` are ours and llama.cpp's."""

    model: Name
    temperature: Temperature | None = None
    top_p: Part01 | None = None
    presence_penalty: Penalty | None = None
    frequency_penalty: Penalty | None = None
    seed: Seed | None = None
    stop: Stops | None = None
    logit_bias: dict[str, Annotated[float, Meta(ge=-100, le=100)]] | None = None
    n: Choices | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    user: str | None = None
    top_k: Annotated[int, Meta(ge=-1, le=2**31 - 1)] | None = None
    min_p: Part01 | None = None
    repeat_penalty: Annotated[float, Meta(ge=0, le=100)] | None = None
    grammar: str | None = None
    keep_alive: Annotated[float, Meta(ge=-1e9, le=1e9)] | None = None


class TemplateChoices(msgspec.Struct, frozen=True):
    enable_thinking: bool | None = None


class ChatAsked(Sampling, frozen=True, kw_only=True):
    """``POST /v1/chat/completions``."""

    messages: Annotated[list[AnyMessage], Meta(min_length=1, max_length=10_000)]
    max_tokens: MaxTokens | None = None
    max_completion_tokens: MaxTokens | None = None
    tools: Annotated[list[ToolTold], Meta(max_length=512)] | None = None
    tool_choice: Literal["auto", "none", "required"] | ToolChosen | None = None
    parallel_tool_calls: bool | None = None
    functions: Annotated[list[FunctionTold], Meta(max_length=512)] | None = None
    function_call: Literal["auto", "none"] | Named | None = None
    response_format: Format | None = None
    logprobs: bool | None = None
    top_logprobs: Weighed | None = None
    reasoning_effort: Effort | None = None
    chat_template_kwargs: TemplateChoices | None = None
    modalities: list[str] | None = None
    audio: Json | None = None
    web_search_options: Json | None = None
    moderation: Json | None = None


class CompletionAsked(Sampling, frozen=True, kw_only=True):
    """``POST /v1/completions``."""

    prompt: str | list[str | int | list[int]] | None = None
    suffix: str | None = None
    max_tokens: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None
    echo: bool | None = None
    logprobs: Weighed | None = None
    best_of: Choices | None = None


class EmbeddingAsked(msgspec.Struct, frozen=True):
    """``POST /v1/embeddings``. ``input_type`` is an extension: vectors of questions are made in another way than those of the
    texts that may answer them."""

    input: str | list[str | int | list[int]]
    model: Name
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    user: str | None = None
    input_type: Literal["query", "passage", "search_query", "search_document"] | None = None
