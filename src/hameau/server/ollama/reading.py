"""From what Ollama's clients send to what a model is asked. Pure; every refusal names the field."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from hameau.kit import N_, BadInput
from hameau.models import GenerationRequest, InstalledModel, Message, Tool, ToolCall, context_of, fields_of
from hameau.server.ollama import asked
from hameau.server.ollama.memory import recall
from hameau.server.speaker import FREEDOM, Wanted

_OTHERWISE: Mapping[str, Any] = {
    # What Ollama does when neither the program nor the Modelfile says anything (api/types.go, DefaultOptions).
    "max_tokens": -1,
    "temperature": FREEDOM,
    "top_k": 40,
    "top_p": 0.9,
    "repeat_last_n": 64,
}
_ROLES = frozenset({"system", "user", "assistant", "tool"})
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"([0-9]*\.?[0-9]+)(ns|us|µs|μs|ms|s|m|h)")
_MAX_SECONDS = 1e9


def name_of(body: asked.Named) -> str:
    """The model that ``body`` is about. Raises :class:`BadInput` when it names none."""
    name = (body.model or body.name or "").strip()
    if not name:
        raise BadInput(N_("Which model? The field “model” is empty."))
    return name


def seconds_of(keep_alive: asked.KeepAlive) -> float | None:
    """``keep_alive`` in seconds: a number, or a duration of Go (``5m``, ``1h30m``); negative: for ever."""
    if keep_alive is None or keep_alive == "":
        return None
    found = keep_alive if isinstance(keep_alive, int | float) else _duration(keep_alive.strip())
    if found is None or not math.isfinite(found):
        raise BadInput(
            N_("keep_alive must be a number of seconds or a duration such as 5m, not “{given}”."),
            given=str(keep_alive)[:40],
        )
    return -1.0 if found < 0 else min(float(found), _MAX_SECONDS)


def _duration(text: str) -> float | None:
    sign = -1.0 if text.startswith("-") else 1.0
    bare = text[1:] if text[:1] in ("+", "-") else text
    if re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,9})?", bare):  # Go asks for a unit; programs forget it
        return sign * float(bare)
    parts = _DURATION.findall(bare)
    if not parts or len(text) > 40 or "".join(number + unit for number, unit in parts) != bare:
        return None
    return sign * sum(float(number) * _UNITS[unit] for number, unit in parts)


def picture_of(text: str) -> bytes:
    """A picture in base64, with or without the head of a ``data:`` URL."""
    data = text.partition(",")[2] if text[:5].lower() == "data:" else text
    try:
        picture = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        picture = b""
    if not picture:
        raise BadInput(N_("This picture is no valid base64."), param="images")
    return picture


def message_of(given: asked.MessageGiven) -> Message:
    """One message of a chat."""
    role = given.role.lower()
    if role == "developer":
        role = "system"
    if role not in _ROLES:
        raise BadInput(
            N_("The role of a message is system, user, assistant or tool, not “{role}”."), role=given.role[:40]
        )
    calls = tuple(_call(number, one) for number, one in enumerate(given.tool_calls or ()))
    images = tuple(picture_of(one) for one in given.images or ())
    name = given.tool_name or "" if role == "tool" else ""
    return Message(role, given.content or "", images, calls, given.tool_call_id or name, name)  # type: ignore[arg-type]


def _call(number: int, given: asked.CallGiven) -> ToolCall:
    arguments = given.function.arguments
    text = arguments if isinstance(arguments, str) else json.dumps(arguments or {}, ensure_ascii=False)
    return ToolCall(given.id or f"call_{number}", given.function.name, text)


def messages_of(given: Sequence[asked.MessageGiven]) -> tuple[Message, ...]:
    """The chat. A tool's answer without an id belongs to the call of that name that came last."""
    found: list[Message] = []
    for one in given:
        message = message_of(one)
        if message.role == "tool" and not one.tool_call_id:
            calls = [
                call for before in found for call in before.tool_calls if call.name == message.name or not one.tool_name
            ]
            if calls:
                message = Message(
                    "tool", message.content, message.images, (), calls[-1].id, message.name or calls[-1].name
                )
        found.append(message)
    return tuple(found)


def schema_of(form: asked.Form) -> Mapping[str, object] | None:
    """The JSON schema that binds the answer: an empty one for any object, ``None`` for free text."""
    if form is None or form == "":
        return None
    if isinstance(form, str):
        if form != "json":
            raise BadInput(N_("format is json or a JSON schema, not “{given}”."), given=form[:40], param="format")
        return {}
    return form


def tools_of(given: Sequence[asked.ToolTold]) -> tuple[Tool, ...]:
    """The functions that may be called."""
    names = [one.function.name for one in given]
    for name in names:
        if names.count(name) > 1:
            raise BadInput(N_("Two tools are called {name}."), name=name, param="tools")
    return tuple(
        Tool(one.function.name, one.function.description or "", one.function.parameters or _NOTHING) for one in given
    )


_NOTHING: Mapping[str, object] = {"type": "object", "properties": {}}


def wanted_of_chat(body: asked.ChatAsked, model: InstalledModel | None) -> Wanted:
    """What ``/api/chat`` asks of a model; ``None`` is the library."""
    fields: dict[str, Any] = {"messages": messages_of(body.messages or ()), "tools": tools_of(body.tools or ())}
    return _wanted(body, fields, model)


def wanted_of_generate(body: asked.GenerateAsked, model: InstalledModel | None) -> Wanted:
    """What ``/api/generate`` asks of a model."""
    prompt = body.prompt or ""
    if body.raw and (body.system or body.template or body.context):
        raise BadInput(N_("A raw prompt takes no system, template or context."), param="raw")
    if (body.raw or body.suffix) and model is not None:
        if body.images:
            raise BadInput(N_("Pictures belong into a chat: they can't come with a raw prompt."), param="images")
        return _wanted(body, {"prompt": prompt, "suffix": body.suffix or ""}, model)
    if body.suffix:
        raise BadInput(N_("The library can't fill in a text: leave suffix out."), param="suffix")
    system = (Message("system", body.system),) if body.system else ()
    images = tuple(picture_of(one) for one in body.images or ())
    asks = Message("user", prompt, images)
    return _wanted(body, {"messages": (*system, *recall(body.context or ()), asks)}, model)


def _wanted(body: asked.Speaking, fields: dict[str, Any], model: InstalledModel | None) -> Wanted:
    options = body.options or {}
    chosen = fields_of(options)
    fields["json_schema"] = schema_of(body.format)
    fields["logprobs"] = bool(body.logprobs)
    fields["top_logprobs"] = (body.top_logprobs or 0) if body.logprobs else 0
    fields["think"] = _thinks(body.think, model)
    request = GenerationRequest(**{**_OTHERWISE, **chosen, **fields})
    return Wanted(
        name_of(body),
        request,
        frozenset(chosen),
        context=context_of(options),
        keep_alive=seconds_of(body.keep_alive),
    )


def _thinks(wish: asked.Thinking, model: InstalledModel | None) -> bool:
    """Whether the model thinks first. As in Ollama: one that can does, unless it is told not to."""
    if isinstance(wish, str):
        if wish.lower() not in ("true", "false", "low", "medium", "high", "max", ""):
            raise BadInput(
                N_("think is true, false, low, medium or high, not “{given}”."), given=wish[:40], param="think"
            )
        wish = None if not wish else wish.lower() != "false"
    able = model is not None and "thinking" in model.abilities
    if wish and not able:
        raise BadInput(
            N_("{model} does not think before it answers."),
            hint=N_("Leave think out, or set it to false."),
            model=model.card.title if model else "hameau/library",
            param="think",
        )
    return able if wish is None else bool(wish)
