"""A server with Ollama's protocol (its docs/api.md): answers in lines of JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec

from hameau.kit import N_, BadInput, Cancelled, HameauError
from hameau.models.engines.remote.asking import Unrepeated, base64_of, check, clean, messages_of, raw_of
from hameau.models.engines.remote.desk import LISTING, WRITING, Desk, Refusal
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
from hameau.perimeter import Client

_MODELS = 500
_ABILITIES: dict[str, Ability] = {"tools": "tools", "vision": "vision", "insert": "insert", "thinking": "thinking"}
_MS = 1e6  # nanoseconds


Count = Annotated[int, msgspec.Meta(ge=0)]


class _Details(msgspec.Struct):
    family: str | None = ""
    parameter_size: str | None = ""
    quantization_level: str | None = ""


class _Listed(msgspec.Struct):
    name: str
    digest: str | None = ""
    details: _Details | None = None


class _Tags(msgspec.Struct):
    models: list[_Listed] | None = None


class _Shown(msgspec.Struct):
    capabilities: list[str] | None = None
    model_info: dict[str, Any] | None = None


class _Vectors(msgspec.Struct):
    embeddings: list[list[float]]


class _Function(msgspec.Struct):
    name: str
    arguments: dict[str, Any] | str | None = None


class _Call(msgspec.Struct):
    function: _Function
    id: str | None = ""


class _Weighed(msgspec.Struct):
    token: str
    logprob: float
    bytes: list[int] | None = None


class _Written(_Weighed):
    top_logprobs: list[_Weighed] | None = None


class _Said(msgspec.Struct):
    content: str | None = ""
    thinking: str | None = ""
    tool_calls: Annotated[list[_Call], msgspec.Meta(max_length=128)] | None = None


class _Frame(msgspec.Struct):
    """A line of the answer, of ``/api/chat`` or of ``/api/generate``."""

    message: _Said | None = None
    response: str | None = ""
    thinking: str | None = ""
    logprobs: list[_Written] | None = None
    done: bool = False
    done_reason: str | None = ""
    error: str | None = None
    prompt_eval_count: Count | None = 0
    prompt_eval_duration: Count | None = 0
    eval_count: Count | None = 0
    eval_duration: Count | None = 0


class OllamaServer:
    """A :class:`~hameau.models.ports.ServiceEngine`."""

    def __init__(self, service: Service, client: Client) -> None:
        self._desk = Desk(service, client)

    def models(self) -> tuple[RemoteModel, ...]:
        """What it has, with what it says that each can do."""
        try:
            listed = self._desk.get("/api/tags", _Tags).models or []
            return tuple(self._shown(one) for one in listed[:_MODELS])
        except Refusal as refusal:
            raise self._desk.explained(refusal, "") from refusal

    def generator(self, card: ModelCard, model: RemoteModel, context: int = 0) -> Generator:
        """See :class:`~hameau.models.ports.ServiceEngine`."""
        return OllamaGenerator(self._desk, card, model, context or card.context)

    def embedder(self, model: RemoteModel) -> Embedder:
        """See :class:`~hameau.models.ports.ServiceEngine`."""

        def embeds(texts: object, _role: Role) -> list[list[float]]:
            try:
                return self._desk.post("/api/embed", {"model": model.name, "input": texts}, _Vectors).embeddings
            except Refusal as refusal:
                raise self._desk.explained(refusal, model.name) from refusal

        return RemoteEmbedder(self._desk.service.id, model, embeds)

    def _shown(self, listed: _Listed) -> RemoteModel:
        shown = self._desk.post("/api/show", {"model": listed.name}, _Shown, LISTING)
        can, facts, details = shown.capabilities or [], shown.model_info or {}, listed.details or _Details()
        context = facts.get(f"{facts.get('general.architecture')}.context_length")
        return RemoteModel(
            name=listed.name,
            kind="embedding" if "embedding" in can and "completion" not in can else "chat",
            context=context if isinstance(context, int) else 0,
            abilities=tuple(ability for name, ability in _ABILITIES.items() if name in can),
            family=details.family or "",
            parameters=details.parameter_size or "",
            quantization=details.quantization_level or "",
            digest=listed.digest or "",
        )


class OllamaGenerator:
    """A :class:`~hameau.models.Generator` that an Ollama server runs."""

    memory_bytes = 0

    def __init__(self, desk: Desk, card: ModelCard, model: RemoteModel, context: int) -> None:
        self._desk = desk
        self._card = card
        self._model = model
        self._context = context

    @property
    def card(self) -> ModelCard:
        """What is known of it."""
        return self._card

    def close(self) -> None:
        """Nothing is held."""

    def stream(self, request: GenerationRequest, cancel: Cancel | None = None) -> Iterator[Chunk]:
        """See :class:`~hameau.models.Generator`."""
        path, body = self._body(request)
        written = 0
        try:
            with self._desk.asked(path, body, cancel, WRITING) as answer:
                for chunk in self._chunks(answer.lines(), Unrepeated(request.prefill)):
                    written += bool(chunk.text or chunk.reasoning)
                    yield chunk
        except Refusal as refusal:
            raise self._explained(refusal) from refusal
        except Cancelled:
            yield Chunk(finish="cancelled", usage=Usage(completion_tokens=written))

    def _chunks(self, lines: Iterator[bytes], unrepeated: Unrepeated) -> Iterator[Chunk]:
        calls = 0
        for line in lines:
            if not line.strip():
                continue
            frame = self._desk.decoded(line, _Frame)
            if frame.error:
                raise self._desk.failed(frame.error)
            said = frame.message or _Said(frame.response, frame.thinking)
            text = unrepeated(said.content or "") + (unrepeated.rest() if frame.done else "")
            tools = tuple(_piece(calls + place, call) for place, call in enumerate(said.tool_calls or ()))
            calls += len(tools)
            tokens = tuple(_token(one) for one in frame.logprobs or ())
            if text or tools or tokens or said.thinking:
                yield Chunk(text, tokens, reasoning=said.thinking or "", tools=tools)
            if frame.done:
                yield Chunk(finish=_finish(frame.done_reason, calls), usage=_usage(frame))
                return
        raise self._desk.hung_up()

    def _body(self, request: GenerationRequest) -> tuple[str, dict[str, object]]:
        check(request, self._desk.service.id)
        body: dict[str, object] = {
            "model": self._model.name,
            "stream": True,
            "options": _options(request, self._context),
        }
        body |= {"truncate": False, "shift": False}  # what does not fit is an error, and nothing is left out unseen
        if request.json_schema is not None:
            body["format"] = request.json_schema or "json"
        if request.logprobs or request.top_logprobs:
            body |= {"logprobs": True, "top_logprobs": request.top_logprobs}
        if "thinking" in self._model.abilities:
            body["think"] = request.think
        if request.prompt:
            insert = {"suffix": clean(request.suffix)} if request.suffix else {"raw": True}
            return "/api/generate", body | {"prompt": clean(request.prompt)} | insert
        body["messages"] = _messages(messages_of(request))
        if request.tools and request.tool_choice != "none":
            if request.tool_choice != "auto":
                raise BadInput(
                    N_("The service {service} can be offered tools, but not be made to use one."),
                    service=self._desk.service.id,
                )
            body["tools"] = [_tool(tool) for tool in request.tools]
        return "/api/chat", body

    def _explained(self, refusal: Refusal) -> HameauError:
        return self._desk.explained(refusal, self._model.name)


def _options(request: GenerationRequest, context: int) -> dict[str, object]:
    if request.logit_bias:
        raise BadInput(N_("This service can't weigh single tokens."))
    options: dict[str, object] = {
        "num_predict": request.max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "repeat_penalty": request.repeat_penalty,
        "presence_penalty": request.presence_penalty,
        "frequency_penalty": request.frequency_penalty,
    }
    chosen = {
        "num_ctx": context or None,
        "seed": request.seed,
        "stop": list(request.stop) or None,
        "top_k": request.top_k,
        "min_p": request.min_p,
        "repeat_last_n": request.repeat_last_n,
    }
    return options | {name: value for name, value in chosen.items() if value is not None}


def _messages(messages: tuple[Message, ...]) -> list[dict[str, object]]:
    names = {call.id: call.name for message in messages for call in message.tool_calls}
    found: list[dict[str, object]] = []
    for message in messages:
        one: dict[str, object] = {"role": message.role, "content": clean(message.content)}
        if message.images:
            one["images"] = [base64_of(image) for image in message.images]
        if message.tool_calls:
            one["tool_calls"] = [
                {"id": call.id, "function": {"name": call.name, "arguments": _arguments(call.arguments)}}
                for call in message.tool_calls
            ]
        if message.role == "tool":
            one["tool_name"] = message.name or names.get(message.tool_call_id, "")
            one["tool_call_id"] = message.tool_call_id
        found.append(one)
    return found


def _arguments(text: str) -> dict[str, object]:
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        raise BadInput(N_("The arguments of a tool call are no JSON object.")) from error
    if not isinstance(found, dict):
        raise BadInput(N_("The arguments of a tool call are no JSON object."))
    return found


def _tool(tool: Tool) -> dict[str, object]:
    parameters = dict(tool.parameters) or {"type": "object", "properties": {}}
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": parameters},
    }


def _piece(index: int, call: _Call) -> ToolPiece:
    wanted = call.function.arguments
    text = wanted if isinstance(wanted, str) else json.dumps(wanted or {}, ensure_ascii=False)
    return ToolPiece(index, call.id or f"call_{index}", call.function.name, text)


def _token(said: _Written) -> Token:
    weighed = tuple(
        Alternative(one.token, one.logprob, raw_of(one.token, one.bytes)) for one in said.top_logprobs or ()
    )
    return Token(said.token, said.logprob, raw_of(said.token, said.bytes), weighed)


def _finish(reason: str | None, calls: int) -> Finish:
    if reason == "length":
        return "length"
    return "tool_calls" if calls else "stop"


def _usage(frame: _Frame) -> Usage:
    return Usage(
        prompt_tokens=frame.prompt_eval_count or 0,
        completion_tokens=frame.eval_count or 0,
        prompt_ms=(frame.prompt_eval_duration or 0) / _MS,
        completion_ms=(frame.eval_duration or 0) / _MS,
    )
