"""From what OpenAI's clients send to what a model is asked. Pure; every refusal names the field.

What changes the meaning of a request and can't be done is refused; what only tunes OpenAI's own service (``service_tier``,
``store``, ``metadata``, ``user``…) is left aside.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hameau.kit import N_, BadInput
from hameau.models import GenerationRequest, Message, Tool, ToolCall
from hameau.server.openai import asked
from hameau.server.speaker import FREEDOM, Wanted

MAX_IMAGES = 32
_WORDS = frozenset({"auto", "none", "required"})
_NO_TOOL = N_("Only tools of the type function can be called here, not {type}.")


def refuse(param: str, message: str, hint: str = "", **fields: object) -> BadInput:
    """The error that names ``param``."""
    return BadInput(message, hint=hint, param=param, **fields)


def image_of(url: str, param: str) -> bytes:
    """The picture in a ``data:`` URL (RFC 2397)."""
    head, comma, data = url.partition(",")
    if not comma or head[:5].lower() != "data:":
        raise refuse(
            param,
            N_("Hameau fetches no picture from elsewhere."),
            N_("Put the picture into the request, as a URL that begins with data:image/png;base64, or image/jpeg."),
        )
    if not head.lower().endswith(";base64"):
        raise refuse(param, N_("A picture must be written in base64."))
    try:
        picture = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        picture = b""
    if not picture:
        raise refuse(param, N_("This picture is no valid base64."))
    return picture


def text_of(content: asked.Content | None, param: str = "messages") -> tuple[str, tuple[bytes, ...]]:
    """The words of a message, and its pictures."""
    if content is None or isinstance(content, str):
        return content or "", ()
    words: list[str] = []
    pictures: list[bytes] = []
    for part in content:
        match part:
            case asked.TextPart(text=text) | asked.RefusalPart(refusal=text):
                words.append(text)
            case asked.ImagePart(image_url=image):
                pictures.append(image_of(image.url, param))
            case asked.AudioPart():
                raise refuse(param, N_("Hameau can't listen yet: a message holds text and pictures."))
            case asked.FilePart():
                raise refuse(
                    param,
                    N_("Files can't be sent with a message."),
                    N_("Add them to the library, then ask the model hameau/library."),
                )
    if len(pictures) > MAX_IMAGES:
        raise refuse(param, N_("At most {most} pictures can be sent at once."), most=MAX_IMAGES)
    return "\n".join(words), tuple(pictures)


def messages_of(given: Iterable[asked.AnyMessage]) -> tuple[Message, ...]:
    """The chat, as a model's template takes it: ``developer`` is ``system``, ``function`` is ``tool``."""
    return tuple(_message(one) for one in given)


def _message(given: asked.AnyMessage) -> Message:
    text, images = text_of(given.content)
    match given:
        case asked.SystemMessage() | asked.DeveloperMessage():
            return Message("system", text)
        case asked.UserMessage():
            return Message("user", text, images, name=given.name or "")
        case asked.AssistantMessage():
            calls = tuple(_call(one) for one in given.tool_calls or ())
            if given.function_call is not None:
                calls += (ToolCall(given.function_call.name, given.function_call.name, given.function_call.arguments),)
            return Message("assistant", text or given.refusal or "", tool_calls=calls)
        case asked.ToolMessage():
            return Message("tool", text, tool_call_id=given.tool_call_id, name=given.name or "")
        case asked.FunctionMessage():
            return Message("tool", text, tool_call_id=given.name, name=given.name)


def _call(given: asked.CallGiven) -> ToolCall:
    if given.function is None:
        raise refuse("messages", _NO_TOOL, type=given.type)
    return ToolCall(given.id, given.function.name, given.function.arguments)


def tool_of(told: asked.FunctionTold, param: str = "tools") -> Tool:
    """One function."""
    if told.name in _WORDS:
        raise refuse(param, N_("A tool can't be called {name}."), name=told.name)
    return Tool(told.name, told.description or "", told.parameters or {"type": "object", "properties": {}})


def tools_of(told: Sequence[asked.ToolTold]) -> tuple[Tool, ...]:
    """The functions that may be called."""
    for one in told:
        if one.function is None:
            raise refuse("tools", _NO_TOOL, type=one.type)
    return distinct(tuple(tool_of(one.function) for one in told if one.function is not None))


def distinct(tools: tuple[Tool, ...]) -> tuple[Tool, ...]:
    """``tools``; two of one name are refused."""
    names = [tool.name for tool in tools]
    for name in names:
        if names.count(name) > 1:
            raise refuse("tools", N_("Two tools are called {name}."), name=name)
    return tools


def choice_among(wanted: str, tools: tuple[Tool, ...], param: str = "tool_choice") -> str:
    """``wanted`` (``auto``, ``none``, ``required`` or a name), when it can be done with ``tools``."""
    if wanted == "required" and not tools:
        raise refuse(param, N_("A tool must be called, and there is none."))
    if wanted not in _WORDS and wanted not in {tool.name for tool in tools}:
        raise refuse(param, N_("There is no tool {name} in this request."), name=wanted)
    return wanted


def _chosen(body: asked.ChatAsked) -> tuple[tuple[Tool, ...], str]:
    """The tools and which of them must be called, from the present fields or the deprecated ones."""
    tools = tools_of(body.tools or ())
    choice = body.tool_choice
    if body.functions is not None:
        if tools:
            raise refuse("functions", N_("Give tools or functions, not both."))
        tools = distinct(tuple(tool_of(one, "functions") for one in body.functions))
        named = body.function_call
        return tools, choice_among(named.name if isinstance(named, asked.Named) else named or "auto", tools)
    if isinstance(choice, asked.ToolChosen):
        if choice.allowed_tools is not None:
            allowed = {one.name for one in tools_of(choice.allowed_tools.tools)}
            return tuple(one for one in tools if one.name in allowed), choice.allowed_tools.mode
        if choice.function is None:
            raise refuse("tool_choice", _NO_TOOL, type=choice.type)
        return tools, choice_among(choice.function.name, tools)
    return tools, choice_among(choice or "auto", tools)


def schema_of(form: asked.Format | None) -> Mapping[str, object] | None:
    """The JSON schema that binds the answer: an empty one for any object, ``None`` for free text."""
    match form:
        case asked.FormatObject():
            return {}
        case asked.FormatSchema(json_schema=named):
            return named.schema or {}
    return None


def thinking(effort: str | None) -> bool:
    """Whether ``reasoning_effort`` asks for thought."""
    return effort is not None and effort not in ("none", "minimal")


def wanted_of_chat(body: asked.ChatAsked) -> Wanted:
    """What ``chat/completions`` asks of a model."""
    if (body.modalities and "audio" in body.modalities) or body.audio is not None:
        raise refuse("modalities", N_("Hameau can't speak aloud yet: answers are text."))
    if body.web_search_options is not None:
        raise refuse("web_search_options", N_("Hameau does not search the web."))
    if body.moderation is not None:
        raise refuse("moderation", N_("Hameau does not judge texts: there is no moderation."))
    if body.top_logprobs and not body.logprobs:
        raise refuse("top_logprobs", N_("top_logprobs needs logprobs: true."))
    tools, choice = _chosen(body)
    most = body.max_completion_tokens if body.max_completion_tokens is not None else body.max_tokens
    template = body.chat_template_kwargs
    think = template.enable_thinking if template is not None else None
    fields: dict[str, Any] = {
        "messages": messages_of(body.messages),
        "tools": tools,
        "tool_choice": choice,
        "parallel_tool_calls": body.parallel_tool_calls is not False,
        "json_schema": schema_of(body.response_format),
        "logprobs": bool(body.logprobs),
        "top_logprobs": body.top_logprobs or 0,
        "think": thinking(body.reasoning_effort) if think is None else think,
    }
    return wanted(body, fields, most, -1)


def wanted(body: asked.Sampling, fields: Mapping[str, Any], most: int | None, otherwise: int) -> Wanted:
    """``fields`` with the sampling of ``body``. ``most`` tokens, or ``otherwise`` where the model's recipe says none."""
    chosen: dict[str, Any] = {
        name: value
        for name in (
            "temperature",
            "top_p",
            "top_k",
            "min_p",
            "presence_penalty",
            "frequency_penalty",
            "repeat_penalty",
        )
        if (value := getattr(body, name)) is not None
    }
    if body.seed is not None:
        chosen["seed"] = body.seed & 0xFFFFFFFF if body.seed >= 0 else None
    if body.stop is not None:
        chosen["stop"] = tuple(filter(None, [body.stop] if isinstance(body.stop, str) else body.stop))
    if body.logit_bias:
        chosen["logit_bias"] = _bias(body.logit_bias)
    if most is not None:
        chosen["max_tokens"] = most
    if body.grammar:
        if fields.get("json_schema") is not None:
            raise refuse("grammar", N_("An answer can follow a schema or a grammar, not both."))
        chosen["grammar"] = body.grammar
    request = GenerationRequest(**({"temperature": FREEDOM, "max_tokens": otherwise} | chosen | dict(fields)))
    return Wanted(body.model, request, frozenset(chosen), keep_alive=body.keep_alive)


def _bias(given: Mapping[str, float]) -> dict[int, float]:
    if len(given) > 1024 or not all(token.isascii() and token.isdigit() and len(token) < 10 for token in given):
        raise refuse("logit_bias", N_("logit_bias takes numbers of tokens, at most {most} of them."), most=1024)
    return {int(token): value for token, value in given.items()}
