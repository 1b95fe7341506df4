"""What llama.cpp's server core is asked for one :class:`~hameau.models.GenerationRequest`: the JSON that it reads.

A chat takes OpenAI's form, and the model's own template is applied there; a raw prompt goes past the template.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hameau.kit import N_, BadInput
from hameau.models.engines.forms import check_form
from hameau.models.engines.xllamacpp_calls import schema_of
from hameau.models.inspect import FileFacts, abilities
from hameau.models.pictures import check_picture
from hameau.models.types import GenerationRequest, InstalledModel, Message, ToolCall

CHAT, TEXT = b"c", b"t"
_SEEDS = 2**32 - 1  # the engine's own word for "any seed" is the number after the last
_SMALLEST_BIAS, _LARGEST_BIAS = -1000.0, 1000.0


@dataclass(frozen=True, slots=True)
class Order:
    """One request as the engine's process takes it. ``weight`` is how many tokens its prompt has at most."""

    route: bytes
    body: str
    weight: int


def order_of(request: GenerationRequest, model: InstalledModel, facts: Callable[[], FileFacts]) -> Order:
    """The order for ``request``. ``facts`` reads what the file says of itself, and is asked only when that matters.

    Raises :class:`BadInput` for what makes no sense or what ``model`` can't do.
    """
    if request.json_schema is not None and request.grammar:
        raise BadInput(N_("An answer can follow a schema or a grammar, not both."))
    check_form(request)
    body = _common(request)
    if request.prompt or request.suffix:
        if request.messages:
            raise BadInput(N_("A request is a chat or a text to go on with, not both."))
        body["prompt"] = _text(request, model, facts)
        if request.json_schema is not None:
            body["json_schema"] = dict(request.json_schema)
        route = TEXT
    else:
        body |= _chat(request, model, lambda: "tools" in abilities(facts()))
        route = CHAT
    written = json.dumps(body)
    return Order(route, written, len(written) + 1)


def _common(request: GenerationRequest) -> dict[str, object]:
    body: dict[str, object] = {
        "stream": True,
        "stream_options": {"include_usage": True},
        "return_progress": True,  # how far the prompt is read; its first word gives its length
        "cache_prompt": True,
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "seed": -1 if request.seed is None else request.seed % _SEEDS,
        "repeat_penalty": request.repeat_penalty,
        "presence_penalty": request.presence_penalty,
        "frequency_penalty": request.frequency_penalty,
    }
    if request.top_k is not None:
        body["top_k"] = max(0, request.top_k)
    if request.min_p is not None:
        body["min_p"] = request.min_p
    if request.repeat_last_n is not None:
        body["repeat_last_n"] = max(0, request.repeat_last_n)
    if request.logit_bias:
        body["logit_bias"] = [
            [token, min(max(bias, _SMALLEST_BIAS), _LARGEST_BIAS)] for token, bias in request.logit_bias.items()
        ]
    if stops := [_clean(stop) for stop in request.stop if stop]:
        body["stop"] = stops
    if request.grammar:
        body["grammar"] = _clean(request.grammar)
    if request.logprobs or request.top_logprobs:
        body["n_probs"] = max(1, request.top_logprobs)  # under this name the engine takes it beside tools, too
    return body


def _chat(request: GenerationRequest, model: InstalledModel, able: Callable[[], bool]) -> dict[str, object]:
    if not request.messages:
        raise BadInput(N_("There is nothing to answer."))
    if any(message.images for message in request.messages) and not model.projector:
        raise BadInput(
            N_("{model} can't see images."),
            hint=N_("Choose a model that sees: hameau models list says which ones do."),
            model=model.card.title,
        )
    for picture in (image for message in request.messages for image in message.images):
        check_picture(picture)
    messages = [_message(message) for message in request.messages]
    if request.prefill:
        messages.append({"role": "assistant", "content": _clean(request.prefill)})
    body: dict[str, object] = {
        "messages": messages,
        "chat_template_kwargs": {"enable_thinking": request.think},
    }
    if request.json_schema is not None:
        body["response_format"] = _bound(request.json_schema)
    return body | _tools(request, model, able)


def _bound(schema: Mapping[str, object]) -> dict[str, object]:
    return {"type": "json_schema", "json_schema": {"schema": schema}}


def _tools(request: GenerationRequest, model: InstalledModel, able: Callable[[], bool]) -> dict[str, object]:
    tools, choice = request.tools, request.tool_choice
    if not tools:
        if choice not in ("auto", "none"):
            raise BadInput(N_("There is no tool that could be called."))
        return {}
    if choice not in ("auto", "none", "required"):
        tools = tuple(tool for tool in tools if tool.name == choice)
        if not tools:
            raise BadInput(N_("There is no tool called {name}."), name=choice)
        choice = "required"
    if choice == "none" and not able():
        return {}
    if request.grammar:
        raise BadInput(N_("An answer can follow a grammar or call tools, not both."))
    if not able():
        raise BadInput(
            N_("{model} can't call tools."),
            hint=N_("Choose a model that can: hameau models show says what a model is able to do."),
            model=model.card.title,
        )
    functions = [
        {
            "type": "function",
            "function": {
                "name": _clean(tool.name),
                "description": _clean(tool.description),
                "parameters": tool.parameters or {"type": "object", "properties": {}},
            },
        }
        for tool in tools
    ]
    if choice == "required":  # the engine lets the model talk first, as long as it likes: the answer is bound by us
        return {"tools": functions, "tool_choice": "none", "response_format": _bound(schema_of(tools))}
    return {"tools": functions, "tool_choice": choice, "parallel_tool_calls": request.parallel_tool_calls}


def _message(message: Message) -> dict[str, object]:
    text = _clean(message.content)
    said: dict[str, object] = {"role": message.role, "content": text}
    if message.images:
        parts: list[Mapping[str, object]] = [
            {"type": "image_url", "image_url": {"url": "data:image/*;base64," + base64.b64encode(image).decode()}}
            for image in message.images
        ]
        said["content"] = [*parts, {"type": "text", "text": text}]
    if message.tool_calls:
        said["tool_calls"] = [_call(call) for call in message.tool_calls]
    if message.tool_call_id:
        said["tool_call_id"] = _clean(message.tool_call_id)
    if message.name:
        said["name"] = _clean(message.name)
    return said


def _call(call: ToolCall) -> dict[str, object]:
    function = {"name": _clean(call.name), "arguments": _clean(call.arguments) or "{}"}
    return {"type": "function", "id": _clean(call.id), "function": function}


def _text(request: GenerationRequest, model: InstalledModel, facts: Callable[[], FileFacts]) -> str:
    if request.tools or request.prefill:
        raise BadInput(N_("Tools and a beginning of the answer belong to a chat, not to a text to go on with."))
    if not request.suffix:
        return _clean(request.prompt)
    marks = facts().insertion
    if marks is None:
        raise BadInput(
            N_("{model} can't fill in the middle of a text."),
            hint=N_("Models for program code often can: hameau models show says what a model is able to do."),
            model=model.card.title,
        )
    return marks.before + _clean(request.prompt) + marks.after + _clean(request.suffix) + marks.here


def _clean(text: str) -> str:
    """Without lone surrogates, which no tokenizer can read."""
    return text.encode("utf-8", "replace").decode("utf-8")
