"""From a response that is asked for to what a model is asked. Pure; every refusal names the field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from hameau.kit import N_
from hameau.models import GenerationRequest, Message, Tool, ToolCall
from hameau.server.mistakes import bad_shape
from hameau.server.openai.asked import FunctionTold
from hameau.server.openai.reading import choice_among, distinct, image_of, refuse, thinking, tool_of
from hameau.server.openai.responses.asked import FlatTool, Item, Piece, ResponseAsked
from hameau.server.openai.telling import fresh_id
from hameau.server.speaker import FREEDOM, Wanted

Json = dict[str, Any]
LOGPROBS = "message.output_text.logprobs"
_PREFIX = {"function_call": "fc_", "function_call_output": "fco_", "reasoning": "rs_"}
_HOUSE = N_("Ask the model hameau/library: it answers from the documents of this machine.")


def check(body: ResponseAsked) -> None:
    """Refuses what would be another request without it."""
    if body.conversation is not None:
        raise refuse(
            "conversation",
            N_("Hameau keeps no chats of programs."),
            N_("Send what was said before with each request, or use previous_response_id."),
        )
    if body.prompt is not None:
        raise refuse(
            "prompt", N_("Hameau keeps no prompts of programs."), N_("Send the instructions with the request.")
        )
    if body.moderation is not None:
        raise refuse("moderation", N_("Hameau does not judge texts: there is no moderation."))
    if body.background and body.stream:
        raise refuse("background", N_("What is made in the background can't be streamed."))
    if body.background and body.store is False:
        raise refuse("background", N_("What is made in the background must be stored."))


def items_of(body: ResponseAsked) -> list[Json]:
    """The input as items, each with an id."""
    given: list[Json] = body.input if isinstance(body.input, list) else []
    if isinstance(body.input, str):
        words = {"type": "input_text", "text": body.input}
        given = [{"type": "message", "role": "user", "content": [words]}]
    return [_normal(one) for one in given]


def _normal(given: Json) -> Json:
    item: Json = {"type": "message", "status": "completed"} | given
    if item["type"] is None:
        item["type"] = "item_reference" if "role" not in item else "message"
    if item["type"] == "message" and isinstance(item.get("content"), str):
        kind = "output_text" if item.get("role") == "assistant" else "input_text"
        item["content"] = [{"type": kind, "text": item["content"]}]
    if not item.get("id"):
        item["id"] = fresh_id(_PREFIX.get(str(item["type"]), "msg_"))
    return item


def messages_of(items: Iterable[Json]) -> tuple[Message, ...]:
    """The chat. Calls that follow each other belong to one message of the assistant."""
    messages: list[Message] = []
    for given in items:
        item = _read(given)
        match item.type:
            case "message":
                messages.append(_message(item))
            case "function_call":
                call = ToolCall(item.call_id or item.id or "", item.name or "", item.arguments or "")
                if messages and messages[-1].role == "assistant":
                    messages[-1] = replace(messages[-1], tool_calls=(*messages[-1].tool_calls, call))
                else:
                    messages.append(Message("assistant", "", tool_calls=(call,)))
            case "function_call_output":
                text, _ = _content(item.output)
                messages.append(Message("tool", text, tool_call_id=item.call_id or "", name=item.name or ""))
            case "reasoning":
                continue
            case other:
                raise refuse("input", N_("The input can't hold {type} here."), type=other)
    return tuple(messages)


def _read(given: Json) -> Item:
    try:
        return msgspec.convert(given, Item)
    except msgspec.ValidationError as error:
        raise bad_shape(error) from error


def _message(item: Item) -> Message:
    if item.role is None:
        raise refuse("input", N_("A message needs a role."))
    text, images = _content(item.content)
    if item.role in ("system", "developer"):
        return Message("system", text)
    return Message("assistant", text) if item.role == "assistant" else Message("user", text, images)


def _content(content: str | Sequence[Json] | None) -> tuple[str, tuple[bytes, ...]]:
    if content is None or isinstance(content, str):
        return content or "", ()
    words: list[str] = []
    images: list[bytes] = []
    for given in content:
        try:
            part = msgspec.convert(given, Piece)
        except msgspec.ValidationError as error:
            raise bad_shape(error) from error
        if part.type in ("input_text", "output_text", "text", "refusal", "summary_text"):
            words.append(part.text or part.refusal or "")
        elif part.type == "input_image" and part.image_url:
            images.append(image_of(part.image_url, "input"))
        else:
            raise refuse("input", N_("A message can't hold {type} here: it holds text and pictures."), type=part.type)
    return "\n".join(words), tuple(images)


def _tools(given: Sequence[FlatTool]) -> tuple[Tool, ...]:
    made: list[Tool] = []
    for one in given:
        if one.type != "function" or one.name is None:
            raise refuse(
                "tools", N_("Only tools of the type function can be called here, not {type}."), _HOUSE, type=one.type
            )
        made.append(tool_of(FunctionTold(one.name, one.description, one.parameters, one.strict)))
    return distinct(tuple(made))


def _chosen(body: ResponseAsked) -> tuple[tuple[Tool, ...], str]:
    tools = _tools(body.tools or ())
    choice = body.tool_choice
    if choice is None or isinstance(choice, str):
        return tools, choice_among(choice or "auto", tools)
    if choice.type == "allowed_tools":
        allowed = {one.name for one in choice.tools or ()}
        return tuple(tool for tool in tools if tool.name in allowed), choice.mode
    if choice.type != "function" or choice.name is None:
        raise refuse(
            "tool_choice", N_("Only tools of the type function can be called here, not {type}."), type=choice.type
        )
    return tools, choice_among(choice.name, tools)


def _schema(body: ResponseAsked) -> Mapping[str, object] | None:
    form = body.text.format if body.text else None
    if form is None or form.type == "text":
        return None
    return (form.schema or {}) if form.type == "json_schema" else {}


def wanted_of(body: ResponseAsked, items: Iterable[Json]) -> Wanted:
    """What a model is asked: the instructions, then ``items``: all that was said before and the new input."""
    messages = messages_of(items)
    if body.instructions:
        messages = (Message("system", body.instructions), *messages)
    if not messages:
        raise refuse("input", N_("There is nothing to answer."))
    tools, choice = _chosen(body)
    chosen: dict[str, Any] = {}
    if body.temperature is not None:
        chosen["temperature"] = body.temperature
    if body.top_p is not None:
        chosen["top_p"] = body.top_p
    if body.max_output_tokens is not None:
        chosen["max_tokens"] = body.max_output_tokens
    fields: dict[str, Any] = {"temperature": FREEDOM, "max_tokens": -1} | chosen
    request = GenerationRequest(
        messages=messages,
        tools=tools,
        tool_choice=choice,
        parallel_tool_calls=body.parallel_tool_calls is not False,
        json_schema=_schema(body),
        logprobs=wants_logprobs(body),
        top_logprobs=body.top_logprobs or 0,
        think=thinking(body.reasoning.effort if body.reasoning else None),
        **fields,
    )
    return Wanted(body.model, request, frozenset(chosen))


def wants_logprobs(body: ResponseAsked) -> bool:
    """Whether each token comes with its probability."""
    return LOGPROBS in (body.include or ()) or bool(body.top_logprobs)
