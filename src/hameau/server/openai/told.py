"""What OpenAI's clients are told: the shapes of the answers, whole and in pieces."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from hameau.assistant import Citation

Reason = Literal["stop", "length", "tool_calls", "function_call"]


class CompletionUsage(msgspec.Struct, frozen=True):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: PromptDetails


class PromptDetails(msgspec.Struct, frozen=True):
    """``cached_tokens``: how many of the prompt's tokens were not read again."""

    cached_tokens: int


class Timings(msgspec.Struct, frozen=True):
    """Ours, in llama.cpp's names: milliseconds, as the engine measured them."""

    cache_n: int
    prompt_n: int
    prompt_ms: float
    predicted_n: int
    predicted_ms: float


class FunctionCalled(msgspec.Struct, frozen=True):
    name: str
    arguments: str


class ToolCalled(msgspec.Struct, frozen=True):
    id: str
    function: FunctionCalled
    type: Literal["function"] = "function"


class TopLogprob(msgspec.Struct, frozen=True):
    token: str
    logprob: float
    bytes: list[int] | None


class TokenLogprob(msgspec.Struct, frozen=True):
    token: str
    logprob: float
    bytes: list[int] | None
    top_logprobs: tuple[TopLogprob, ...]


class ChoiceLogprobs(msgspec.Struct, frozen=True):
    content: tuple[TokenLogprob, ...] | None
    refusal: None = None


class ChatMessage(msgspec.Struct, frozen=True):
    """``reasoning_content``: what a thinking model said to itself, where llama.cpp and others say it too."""

    content: str | None
    role: Literal["assistant"] = "assistant"
    refusal: None = None
    reasoning_content: str | UnsetType = UNSET
    tool_calls: tuple[ToolCalled, ...] | UnsetType = UNSET
    function_call: FunctionCalled | UnsetType = UNSET


class ChatChoice(msgspec.Struct, frozen=True):
    index: int
    message: ChatMessage
    finish_reason: Reason
    logprobs: ChoiceLogprobs | None = None


class ChatCompletion(msgspec.Struct, frozen=True):
    """A whole answer. ``citations``: what the library's answer stands on; with the model ``hameau/library`` only."""

    id: str
    created: int
    model: str
    choices: tuple[ChatChoice, ...]
    usage: CompletionUsage
    object: Literal["chat.completion"] = "chat.completion"
    system_fingerprint: str | None = None
    citations: tuple[Citation, ...] | UnsetType = UNSET
    timings: Timings | UnsetType = UNSET


class FunctionPiece(msgspec.Struct, frozen=True, omit_defaults=True):
    arguments: str | UnsetType = UNSET
    name: str | UnsetType = UNSET


class ToolPieceTold(msgspec.Struct, frozen=True, omit_defaults=True):
    index: int
    function: FunctionPiece
    id: str | UnsetType = UNSET
    type: Literal["function"] | UnsetType = UNSET


class Delta(msgspec.Struct, frozen=True):
    role: Literal["assistant"] | UnsetType = UNSET
    content: str | UnsetType | None = UNSET
    reasoning_content: str | UnsetType = UNSET
    tool_calls: tuple[ToolPieceTold, ...] | UnsetType = UNSET
    function_call: FunctionPiece | UnsetType = UNSET


class ChunkChoice(msgspec.Struct, frozen=True):
    index: int
    delta: Delta
    finish_reason: Reason | None = None
    logprobs: ChoiceLogprobs | None = None


class ChatChunk(msgspec.Struct, frozen=True):
    """A piece of a streamed answer."""

    id: str
    created: int
    model: str
    choices: tuple[ChunkChoice, ...]
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    system_fingerprint: str | None = None
    usage: CompletionUsage | UnsetType | None = UNSET
    citations: tuple[Citation, ...] | UnsetType = UNSET
    timings: Timings | UnsetType = UNSET


class TextLogprobs(msgspec.Struct, frozen=True):
    tokens: list[str]
    token_logprobs: list[float]
    top_logprobs: list[dict[str, float]] | None
    text_offset: list[int]


class TextChoice(msgspec.Struct, frozen=True):
    index: int
    text: str
    finish_reason: Reason | None
    logprobs: TextLogprobs | None = None


class TextCompletion(msgspec.Struct, frozen=True):
    """A whole text, or a piece of a streamed one."""

    id: str
    created: int
    model: str
    choices: tuple[TextChoice, ...]
    object: Literal["text_completion"] = "text_completion"
    system_fingerprint: str | None = None
    usage: CompletionUsage | UnsetType | None = UNSET
    citations: tuple[Citation, ...] | UnsetType = UNSET


class EmbeddingTold(msgspec.Struct, frozen=True):
    embedding: list[float] | str
    index: int
    object: Literal["embedding"] = "embedding"


class EmbeddingUsage(msgspec.Struct, frozen=True):
    prompt_tokens: int
    total_tokens: int


class Embeddings(msgspec.Struct, frozen=True):
    data: list[EmbeddingTold]
    model: str
    usage: EmbeddingUsage
    object: Literal["list"] = "list"


class ModelTold(msgspec.Struct, frozen=True):
    """A model. ``kind``, ``context``, ``abilities`` and ``title`` are ours."""

    id: str
    created: int
    kind: Literal["chat", "embedding"]
    title: str
    context: int
    abilities: list[str]
    owned_by: str = "hameau"
    object: Literal["model"] = "model"


class ModelList(msgspec.Struct, frozen=True):
    data: list[ModelTold]
    object: Literal["list"] = "list"


class Deleted(msgspec.Struct, frozen=True):
    id: str
    object: str
    deleted: bool = True
