"""A server with OpenAI's protocol: vLLM, llama.cpp, another Hameau, and many more. Answers as server-sent events.

What is not OpenAI's own (``top_k``, thinking, going on from a prefill) is asked for in the words of vLLM and llama.cpp; a
server that does not know one of them and says so is asked again without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec

from hameau.kit import Cancelled
from hameau.models.engines.remote.asking import Unrepeated, check, clean, data_url, messages_of, raw_of
from hameau.models.engines.remote.desk import WRITING, Desk, Refusal, words_of
from hameau.models.engines.remote.embedding import RemoteEmbedder, Role
from hameau.models.ports import Cancel, Embedder, Generator
from hameau.models.types import (
    Ability,
    Alternative,
    Chunk,
    Finish,
    GenerationRequest,
    Message,
    ModelCard,
    RemoteModel,
    Service,
    Token,
    Tool,
    ToolPiece,
    Usage,
)
from hameau.perimeter import Answer, Client

_MODELS = 1000
_EMBEDS = re.compile(r"embed|(^|[/-])(bge|gte|e5)-|minilm|multilingual-e5", re.IGNORECASE)
_ABILITIES: tuple[Ability, ...] = ("tools", "vision", "insert", "thinking")
_EXTENSIONS = (
    "chat_template_kwargs", "continue_final_message", "add_generation_prompt", "top_k", "min_p", "repeat_penalty",
    "repetition_penalty", "repeat_last_n", "stream_options", "parallel_tool_calls", "input_type",
)  # fmt: skip
_WHOLE = 64 << 20
_DONE = b"[DONE]"


Count = Annotated[int, msgspec.Meta(ge=0)]
Place = Annotated[int, msgspec.Meta(ge=0, lt=128)]


class _Meta(msgspec.Struct):
    n_ctx_train: int | None = 0


class _Listed(msgspec.Struct):
    id: str
    owned_by: str | None = ""
    max_model_len: int | None = 0
    """vLLM's."""
    meta: _Meta | None = None
    """llama.cpp's."""
    kind: str | None = ""
    """Hameau's, as are the next two."""
    context: int | None = 0
    abilities: list[str] | None = None


class _List(msgspec.Struct):
    data: list[_Listed] | None = None


class _Vector(msgspec.Struct):
    embedding: list[float]
    index: int = 0


class _Vectors(msgspec.Struct):
    data: list[_Vector]


class _FunctionPiece(msgspec.Struct):
    name: str | None = ""
    arguments: str | None = ""


class _CallPiece(msgspec.Struct):
    index: Place | None = 0
    id: str | None = ""
    function: _FunctionPiece | None = None


class _Delta(msgspec.Struct):
    content: str | None = ""
    reasoning_content: str | None = ""
    reasoning: str | None = ""
    tool_calls: list[_CallPiece] | None = None


class _Weighed(msgspec.Struct):
    token: str
    logprob: float
    bytes: list[int] | None = None


class _Written(_Weighed):
    top_logprobs: list[_Weighed] | None = None


class _Logprobs(msgspec.Struct):
    """Of a chat: ``content``; of a completion, in the old form, the others."""

    content: list[_Written] | None = None
    tokens: list[str] | None = None
    token_logprobs: list[float | None] | None = None
    top_logprobs: list[dict[str, float] | None] | None = None


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    message: _Delta | None = None
    text: str | None = ""
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class _Cached(msgspec.Struct):
    cached_tokens: Count | None = 0


class _Usage(msgspec.Struct):
    prompt_tokens: Count | None = 0
    completion_tokens: Count | None = 0
    prompt_tokens_details: _Cached | None = None


class _Timings(msgspec.Struct):
    """llama.cpp's."""

    prompt_ms: float | None = 0.0
    predicted_ms: float | None = 0.0


class _Frame(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    timings: _Timings | None = None
    error: Any = None


class OpenAIServer:
    """A :class:`~hameau.models.ports.ServiceEngine`. An address without a path means the one under ``/v1``."""

    def __init__(self, service: Service, client: Client) -> None:
        bare = urlsplit(service.url).path in ("", "/")
        self._desk = Desk(replace(service, url=service.url.rstrip("/") + "/v1") if bare else service, client)
        self._unknown: set[str] = set()

    def models(self) -> tuple[RemoteModel, ...]:
        """What it has."""
        try:
            listed = self._desk.get("/models", _List).data
        except Refusal as refusal:
            raise self._desk.explained(refusal, "") from refusal
        if listed is None:
            raise self._desk.nonsense()
        return tuple(_model(one) for one in listed[:_MODELS])

    def generator(self, card: ModelCard, model: RemoteModel, context: int = 0) -> Generator:
        """See :class:`~hameau.models.ports.ServiceEngine`. How long its context is, the server decides."""
        return OpenAIGenerator(self._desk, card, model, self._unknown)

    def embedder(self, model: RemoteModel) -> Embedder:
        """See :class:`~hameau.models.ports.ServiceEngine`."""

        def embeds(texts: object, role: Role) -> list[list[float]]:
            body = {"model": model.name, "input": texts, "encoding_format": "float"}
            body |= {"input_type": role} if model.two_roles else {}
            try:
                said = self._desk.post("/embeddings", body, _Vectors)
            except Refusal as refusal:
                raise self._desk.explained(refusal, model.name) from refusal
            return [one.embedding for one in sorted(said.data, key=lambda one: one.index)]

        return RemoteEmbedder(self._desk.service.id, model, embeds)


class OpenAIGenerator:
    """A :class:`~hameau.models.Generator` that such a server runs. ``unknown`` are the words that it does not know, as far
    as it has said."""

    memory_bytes = 0

    def __init__(self, desk: Desk, card: ModelCard, model: RemoteModel, unknown: set[str]) -> None:
        self._desk = desk
        self._card = card
        self._model = model
        self._unknown = unknown

    @property
    def card(self) -> ModelCard:
        """What is known of it."""
        return self._card

    def close(self) -> None:
        """Nothing is held."""

    def stream(self, request: GenerationRequest, cancel: Cancel | None = None) -> Iterator[Chunk]:
        """See :class:`~hameau.models.Generator`."""
        check(request, self._desk.service.id)
        path, body = ("/completions", _completion(request)) if request.prompt else ("/chat/completions", _chat(request))
        body["model"] = self._model.name
        written = 0
        try:
            for _ in range(len(_EXTENSIONS) + 1):
                known = {name: value for name, value in body.items() if name not in self._unknown}
                try:
                    with self._desk.asked(path, known, cancel, WRITING) as answer:
                        for chunk in self._chunks(_frames(answer), Unrepeated(request.prefill), written):
                            written += bool(chunk.text or chunk.reasoning)
                            yield chunk
                        return
                except Refusal as refusal:
                    word = _unknown_word(refusal, known)
                    if not word:
                        raise self._desk.explained(refusal, self._model.name) from refusal
                    self._unknown.add(word)
        except Cancelled:
            yield Chunk(finish="cancelled", usage=Usage(completion_tokens=written))

    def _chunks(self, frames: Iterator[bytes], unrepeated: Unrepeated, written: int) -> Iterator[Chunk]:
        reason, said_usage, timings = "", None, None
        for data in frames:
            frame = self._desk.decoded(data, _Frame)
            if frame.error:
                raise self._desk.failed(words_of(frame.error) or str(frame.error))
            said_usage, timings = frame.usage or said_usage, frame.timings or timings
            for choice in frame.choices or ():
                if chunk := _chunk(choice, unrepeated):
                    written += bool(chunk.text or chunk.reasoning)
                    yield chunk
                reason = choice.finish_reason or reason
        if not reason:
            raise self._desk.hung_up()
        if rest := unrepeated.rest():
            yield Chunk(rest)
        yield Chunk(finish=_finish(reason), usage=_usage(said_usage, timings, written))


def _model(listed: _Listed) -> RemoteModel:
    embeds = listed.kind == "embedding" if listed.kind else bool(_EMBEDS.search(listed.id))
    trained = listed.meta.n_ctx_train if listed.meta else 0
    return RemoteModel(
        name=listed.id,
        kind="embedding" if embeds else "chat",
        context=listed.context or listed.max_model_len or trained or 0,
        abilities=tuple(ability for ability in _ABILITIES if ability in (listed.abilities or ())),
        two_roles=listed.owned_by == "hameau",
    )


def _chat(request: GenerationRequest) -> dict[str, Any]:
    body = _common(request) | {
        "messages": [_message(one) for one in messages_of(request)],
        "chat_template_kwargs": {"enable_thinking": request.think},
    }
    if request.prefill:
        body |= {"continue_final_message": True, "add_generation_prompt": False}
    if request.logprobs or request.top_logprobs:
        body["logprobs"] = True
        body |= {"top_logprobs": request.top_logprobs} if request.top_logprobs else {}
    if request.tools:
        named = request.tool_choice not in ("auto", "none", "required")
        choice = {"type": "function", "function": {"name": request.tool_choice}} if named else request.tool_choice
        body |= {"tools": [_tool(tool) for tool in request.tools], "tool_choice": choice}
        body |= {} if request.parallel_tool_calls else {"parallel_tool_calls": False}
    return body


def _completion(request: GenerationRequest) -> dict[str, Any]:
    body = _common(request) | {"prompt": clean(request.prompt)}
    if request.suffix:
        body["suffix"] = clean(request.suffix)
    if request.logprobs or request.top_logprobs:
        body["logprobs"] = request.top_logprobs
    return body


def _common(request: GenerationRequest) -> dict[str, Any]:
    body: dict[str, Any] = {
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": request.temperature,
        "top_p": request.top_p,
    }
    chosen: dict[str, Any] = {
        "max_tokens": request.max_tokens if request.max_tokens >= 0 else None,
        "seed": request.seed,
        "stop": [clean(one) for one in request.stop] or None,
        "presence_penalty": request.presence_penalty or None,
        "frequency_penalty": request.frequency_penalty or None,
        "logit_bias": {str(token): bias for token, bias in request.logit_bias.items()} or None,
        "top_k": request.top_k,
        "min_p": request.min_p,
        "repeat_last_n": request.repeat_last_n,
    }
    if request.repeat_penalty != 1.0:
        chosen |= {"repeat_penalty": request.repeat_penalty, "repetition_penalty": request.repeat_penalty}
    if request.json_schema is not None:
        schema = {"name": "answer", "schema": request.json_schema, "strict": True}
        form = {"type": "json_schema", "json_schema": schema} if request.json_schema else {"type": "json_object"}
        chosen["response_format"] = form
    return body | {name: value for name, value in chosen.items() if value is not None}


def _message(message: Message) -> dict[str, Any]:
    said: dict[str, Any] = {"role": message.role, "content": clean(message.content)}
    if message.images:
        pictures = [{"type": "image_url", "image_url": {"url": data_url(image)}} for image in message.images]
        said["content"] = [{"type": "text", "text": said["content"]}, *pictures]
    if message.tool_calls:
        said["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    if message.role == "tool":
        said["tool_call_id"] = message.tool_call_id
    elif message.name:
        said["name"] = message.name
    return said


def _tool(tool: Tool) -> dict[str, Any]:
    parameters = dict(tool.parameters) or {"type": "object", "properties": {}}
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": parameters},
    }


def _frames(answer: Answer) -> Iterator[bytes]:
    """The JSON of each event (WHATWG, server-sent events); of a server that does not stream, the one document."""
    if "json" in answer.header("content-type").lower():
        yield answer.read(_WHOLE)
        return
    for line in answer.lines():
        name, colon, data = line.partition(b":")
        data = data.strip()
        if not colon or name not in (b"data", b"error") or not data:
            continue
        if data == _DONE:
            return
        yield data if name == b"data" else b'{"error":' + data + b"}"


def _chunk(choice: _Choice, unrepeated: Unrepeated) -> Chunk | None:
    said = choice.delta or choice.message or _Delta(choice.text)
    text = unrepeated(said.content or "")
    reasoning = said.reasoning_content or said.reasoning or ""
    tools = tuple(_piece(place, one) for place, one in enumerate(said.tool_calls or ()))
    tokens = _tokens(choice.logprobs) if choice.logprobs else ()
    return Chunk(text, tokens, reasoning=reasoning, tools=tools) if text or reasoning or tools or tokens else None


def _piece(place: int, said: _CallPiece) -> ToolPiece:
    function = said.function or _FunctionPiece()
    index = place if said.index is None else said.index
    return ToolPiece(index, said.id or "", function.name or "", function.arguments or "")


def _tokens(said: _Logprobs) -> tuple[Token, ...]:
    if said.content is not None:
        return tuple(
            Token(
                one.token,
                one.logprob,
                raw_of(one.token, one.bytes),
                tuple(
                    Alternative(other.token, other.logprob, raw_of(other.token, other.bytes))
                    for other in one.top_logprobs or ()
                ),
            )
            for one in said.content
        )
    tops = [*(said.top_logprobs or ()), *([None] * len(said.tokens or ()))]
    return tuple(
        Token(
            token,
            logprob or 0.0,
            token.encode("utf-8", "replace"),
            _old_alternatives(top or {}),
        )
        for token, logprob, top in zip(said.tokens or (), said.token_logprobs or (), tops, strict=False)
    )


def _old_alternatives(top: dict[str, float]) -> tuple[Alternative, ...]:
    return tuple(Alternative(token, weight, raw_of(token, None)) for token, weight in top.items())


def _unknown_word(refusal: Refusal, body: dict[str, Any]) -> str:
    """The word of ours, of those in ``body`` that are not OpenAI's own, that the server says it does not know."""
    if refusal.status not in (400, 422):
        return ""
    told = f"{refusal.reason} {refusal.said.get('param', '')}"
    return next((name for name in _EXTENSIONS if name in body and name in told), "")


def _finish(reason: str) -> Finish:
    if reason in ("length", "max_tokens"):
        return "length"
    return "tool_calls" if reason in ("tool_calls", "function_call") else "stop"


def _usage(said: _Usage | None, timings: _Timings | None, written: int) -> Usage:
    if said is None:
        return Usage(completion_tokens=written)
    cached, times = said.prompt_tokens_details or _Cached(), timings or _Timings()
    return Usage(
        prompt_tokens=said.prompt_tokens or 0,
        cached_tokens=cached.cached_tokens or 0,
        completion_tokens=said.completion_tokens or 0,
        prompt_ms=times.prompt_ms or 0.0,
        completion_ms=times.predicted_ms or 0.0,
    )
