"""A response, its items, and the events in which it streams; the names are OpenAI's."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from hameau.assistant import Citation
from hameau.server.openai.told import TokenLogprob

Json = dict[str, Any]
Status = Literal["completed", "failed", "in_progress", "cancelled", "queued", "incomplete"]
ItemStatus = Literal["in_progress", "completed", "incomplete"]


class UrlCitation(msgspec.Struct, frozen=True, tag_field="type", tag="url_citation"):
    """A footnote of the library: ``url`` is where the document lies."""

    start_index: int
    end_index: int
    title: str
    url: str


class OutputText(msgspec.Struct, frozen=True, tag_field="type", tag="output_text"):
    text: str
    annotations: tuple[UrlCitation, ...] = ()
    logprobs: tuple[TokenLogprob, ...] = ()


class ReasoningText(msgspec.Struct, frozen=True, tag_field="type", tag="reasoning_text"):
    text: str


class OutputMessage(msgspec.Struct, frozen=True, tag_field="type", tag="message"):
    id: str
    status: ItemStatus
    content: tuple[OutputText, ...]
    role: Literal["assistant"] = "assistant"


class CallItem(msgspec.Struct, frozen=True, tag_field="type", tag="function_call"):
    id: str
    call_id: str
    name: str
    arguments: str
    status: ItemStatus


class ReasoningItem(msgspec.Struct, frozen=True, tag_field="type", tag="reasoning"):
    id: str
    content: tuple[ReasoningText, ...]
    status: ItemStatus
    summary: tuple[()] = ()


OutputItem = OutputMessage | CallItem | ReasoningItem


class InputDetails(msgspec.Struct, frozen=True):
    cached_tokens: int
    cache_write_tokens: int = 0


class OutputDetails(msgspec.Struct, frozen=True):
    reasoning_tokens: int = 0


class ResponseUsage(msgspec.Struct, frozen=True):
    input_tokens: int
    input_tokens_details: InputDetails
    output_tokens: int
    output_tokens_details: OutputDetails
    total_tokens: int


class Incomplete(msgspec.Struct, frozen=True):
    reason: Literal["max_output_tokens"]


class ResponseFault(msgspec.Struct, frozen=True):
    code: str
    message: str


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """A response: what was asked, how far it is, and what was said."""

    id: str
    created_at: int
    status: Status
    model: str
    output: tuple[OutputItem, ...] = ()
    object: Literal["response"] = "response"
    completed_at: int | None = None
    background: bool = False
    error: ResponseFault | None = None
    incomplete_details: Incomplete | None = None
    instructions: str | None = None
    max_output_tokens: int | None = None
    metadata: dict[str, str] = {}
    parallel_tool_calls: bool = True
    previous_response_id: str | None = None
    reasoning: Json | None = None
    store: bool = True
    temperature: float | None = None
    text: Json
    tool_choice: str | Json
    tools: list[Json]
    top_logprobs: int = 0
    top_p: float | None = None
    truncation: Literal["disabled"] = "disabled"
    usage: ResponseUsage | None = None
    user: str | None = None
    citations: tuple[Citation, ...] | UnsetType = UNSET


class ItemList(msgspec.Struct, frozen=True):
    data: list[Json]
    first_id: str | None
    last_id: str | None
    has_more: bool
    object: Literal["list"] = "list"


class InputTokens(msgspec.Struct, frozen=True):
    input_tokens: int
    object: Literal["response.input_tokens"] = "response.input_tokens"


class Event(msgspec.Struct, frozen=True, tag_field="type", kw_only=True):
    """One event of a streamed response. They are counted."""

    sequence_number: int


class Created(Event, frozen=True, tag="response.created"):
    response: Response


class InProgress(Event, frozen=True, tag="response.in_progress"):
    response: Response


class Completed(Event, frozen=True, tag="response.completed"):
    response: Response


class IncompleteEvent(Event, frozen=True, tag="response.incomplete"):
    response: Response


class Failed(Event, frozen=True, tag="response.failed"):
    response: Response


class ItemAdded(Event, frozen=True, tag="response.output_item.added"):
    output_index: int
    item: OutputItem


class ItemDone(Event, frozen=True, tag="response.output_item.done"):
    output_index: int
    item: OutputItem


class InItem(Event, frozen=True):
    """Something inside an item."""

    item_id: str
    output_index: int


class PartAdded(InItem, frozen=True, tag="response.content_part.added"):
    part: OutputText | ReasoningText
    content_index: int = 0


class PartDone(InItem, frozen=True, tag="response.content_part.done"):
    part: OutputText | ReasoningText
    content_index: int = 0


class TextDelta(InItem, frozen=True, tag="response.output_text.delta"):
    delta: str
    logprobs: tuple[TokenLogprob, ...] = ()
    content_index: int = 0


class TextDone(InItem, frozen=True, tag="response.output_text.done"):
    text: str
    logprobs: tuple[TokenLogprob, ...] = ()
    content_index: int = 0


class AnnotationAdded(InItem, frozen=True, tag="response.output_text.annotation.added"):
    annotation: UrlCitation
    annotation_index: int
    content_index: int = 0


class ReasoningDelta(InItem, frozen=True, tag="response.reasoning_text.delta"):
    delta: str
    content_index: int = 0


class ReasoningDone(InItem, frozen=True, tag="response.reasoning_text.done"):
    text: str
    content_index: int = 0


class ArgumentsDelta(InItem, frozen=True, tag="response.function_call_arguments.delta"):
    delta: str


class ArgumentsDone(InItem, frozen=True, tag="response.function_call_arguments.done"):
    name: str
    arguments: str


EVENTS: tuple[type[Event], ...] = (
    Created, InProgress, ItemAdded, PartAdded, TextDelta, AnnotationAdded, TextDone, PartDone, ReasoningDelta,
    ReasoningDone, ArgumentsDelta, ArgumentsDone, ItemDone, Completed, IncompleteEvent, Failed,
)  # fmt: skip


def name_of(event: Event | type[Event]) -> str:
    """What the event is called on the line."""
    tag = event.__struct_config__.tag
    return str(tag)
