"""A response as it grows: takes what the model says, gives the events, and knows the whole. Pure but for ids and the clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import UNSET

from hameau.assistant import Citation
from hameau.models import Finish, ToolPiece, Usage
from hameau.server.openai.responses import told
from hameau.server.openai.responses.asked import ResponseAsked
from hameau.server.openai.telling import NO_USAGE, fresh_id, logprobs_told
from hameau.server.openai.told import TokenLogprob
from hameau.server.speaker import Said

Events = list[told.Event]


def base_of(body: ResponseAsked) -> told.Response:
    """The response before anything was said: what was asked."""
    form = msgspec.to_builtins(body.text.format) if body.text and body.text.format else {"type": "text"}
    return told.Response(
        id=fresh_id("resp_"),
        created_at=int(time.time()),
        status="in_progress",
        model=body.model,
        background=bool(body.background),
        instructions=body.instructions,
        max_output_tokens=body.max_output_tokens,
        metadata=body.metadata or {},
        parallel_tool_calls=body.parallel_tool_calls is not False,
        previous_response_id=body.previous_response_id,
        reasoning=msgspec.to_builtins(body.reasoning) if body.reasoning else None,
        store=body.store is not False,
        temperature=body.temperature,
        text={"format": {name: value for name, value in form.items() if value is not None}},
        tool_choice="auto" if body.tool_choice is None else msgspec.to_builtins(body.tool_choice),
        tools=[msgspec.to_builtins(tool) for tool in body.tools or ()],
        top_logprobs=body.top_logprobs or 0,
        top_p=body.top_p,
        user=body.user,
    )


class Maker:
    """One response. ``ids`` gives each item its name, by its prefix."""

    def __init__(self, base: told.Response, logprobs: bool = False, ids: Callable[[str], str] = fresh_id) -> None:
        self.response = base
        self._logprobs = logprobs
        self._ids = ids
        self._count = 0
        self._done: list[told.OutputItem] = []
        self._kind = ""
        self._item = ""
        self._call: tuple[int, str, str] = (-1, "", "")  # its index, id and name
        self._text: list[str] = []
        self._weighed: list[TokenLogprob] = []
        self._finish: Finish = ""
        self._usage = NO_USAGE
        self._citations: tuple[Citation, ...] = ()

    def begin(self) -> Events:
        """The response is there."""
        return [self._event(told.Created, response=self.response), self._event(told.InProgress, response=self.response)]

    def take(self, said: Said) -> Events:
        """What follows from ``said``."""
        chunk = said.chunk
        events: Events = []
        if chunk.reasoning:
            events += self._open("reasoning")
            self._text.append(chunk.reasoning)
            events.append(self._inside(told.ReasoningDelta, delta=chunk.reasoning))
        if chunk.text or (chunk.tokens and self._logprobs):
            events += self._open("message")
            self._text.append(chunk.text)
            weighed = logprobs_told(chunk.tokens) if self._logprobs else ()
            self._weighed += weighed
            events.append(self._inside(told.TextDelta, delta=chunk.text, logprobs=weighed))
        for piece in chunk.tools:
            events += self._take_call(piece)
        self._finish = chunk.finish or self._finish
        self._usage = chunk.usage or self._usage
        self._citations = said.citations or self._citations
        return events

    def end(self) -> Events:
        """The last events: it is complete, or cut short at the tokens that it was given."""
        cut = self._finish == "length"
        events = self._close("incomplete" if cut else "completed")
        if not self._done:  # a model may say nothing
            events += self._open("message") + self._close("completed")
        self._settle("incomplete" if cut else "completed")
        last = told.IncompleteEvent if cut else told.Completed
        return [*events, self._event(last, response=self.response)]

    def fail(self, code: str, message: str) -> Events:
        """The last events: something went wrong."""
        events = self._close("incomplete")
        self._settle("failed", error=told.ResponseFault(code, message))
        return [*events, self._event(told.Failed, response=self.response)]

    def stop(self) -> None:
        """Somebody stopped it."""
        self._close("incomplete")
        self._settle("cancelled")

    def _settle(self, status: told.Status, error: told.ResponseFault | None = None) -> None:
        self.response = msgspec.structs.replace(
            self.response,
            status=status,
            error=error,
            output=tuple(self._done),
            completed_at=int(time.time()) if status == "completed" else None,
            incomplete_details=told.Incomplete("max_output_tokens") if status == "incomplete" else None,
            usage=usage_told(self._usage),
            citations=self._citations or UNSET,
        )

    def _take_call(self, piece: ToolPiece) -> Events:
        events: Events = []
        if self._kind != "call" or self._call[0] != piece.index:
            events += self._close("completed")
            self._call = (piece.index, piece.id or fresh_id("call_"), piece.name)
            events += self._open("call")
        if piece.arguments:
            self._text.append(piece.arguments)
            events.append(self._inside(told.ArgumentsDelta, delta=piece.arguments))
        return events

    def _open(self, kind: str) -> Events:
        if kind == self._kind:
            return []
        events = self._close("completed")
        self._kind, self._text, self._weighed = kind, [], []
        self._item = self._ids({"message": "msg_", "call": "fc_", "reasoning": "rs_"}[kind])
        item = self._now("in_progress")
        events.append(self._event(told.ItemAdded, output_index=len(self._done), item=_emptied(item)))
        if kind == "message":
            events.append(self._inside(told.PartAdded, part=told.OutputText("")))
        return events

    def _now(self, status: told.ItemStatus) -> told.OutputItem:
        text = "".join(self._text)
        if self._kind == "reasoning":
            return told.ReasoningItem(self._item, (told.ReasoningText(text),), status)
        if self._kind == "call":
            return told.CallItem(self._item, self._call[1], self._call[2], text, status)
        said = told.OutputText(text, footnotes(text, self._citations), tuple(self._weighed))
        return told.OutputMessage(self._item, status, (said,))

    def _close(self, status: told.ItemStatus) -> Events:
        if not self._kind:
            return []
        item = self._now(status)
        events: Events = []
        match item:
            case told.ReasoningItem(content=(part,)):
                events.append(self._inside(told.ReasoningDone, text=part.text))
            case told.CallItem(name=name, arguments=arguments):
                events.append(self._inside(told.ArgumentsDone, name=name, arguments=arguments))
            case told.OutputMessage(content=(part,)):
                events += [
                    self._inside(told.AnnotationAdded, annotation=one, annotation_index=number)
                    for number, one in enumerate(part.annotations)
                ]
                events.append(self._inside(told.TextDone, text=part.text, logprobs=part.logprobs))
                events.append(self._inside(told.PartDone, part=part))
        events.append(self._event(told.ItemDone, output_index=len(self._done), item=item))
        self._done.append(item)
        self._kind = ""
        return events

    def _event(self, kind: type[told.Event], **fields: Any) -> told.Event:
        event = kind(sequence_number=self._count, **fields)
        self._count += 1
        return event

    def _inside(self, kind: type[told.InItem], **fields: Any) -> told.Event:
        return self._event(kind, item_id=self._item, output_index=len(self._done), **fields)


def _emptied(item: told.OutputItem) -> told.OutputItem:
    """As it is when it begins."""
    if isinstance(item, told.CallItem):
        return item
    return msgspec.structs.replace(item, content=())


def footnotes(text: str, citations: tuple[Citation, ...]) -> tuple[told.UrlCitation, ...]:
    """Where ``[1]`` stands in ``text``, for each of ``citations``, in the order of the text."""
    found: list[told.UrlCitation] = []
    for citation in citations:
        mark, at = f"[{citation.number}]", -1
        while (at := text.find(mark, at + 1)) >= 0:
            found.append(told.UrlCitation(at, at + len(mark), citation.title, citation.uri))
    return tuple(sorted(found, key=lambda one: one.start_index))


def usage_told(use: Usage) -> told.ResponseUsage:
    """What it took."""
    total = use.prompt_tokens + use.completion_tokens
    cached = told.InputDetails(min(use.cached_tokens, use.prompt_tokens))
    return told.ResponseUsage(use.prompt_tokens, cached, use.completion_tokens, told.OutputDetails(), total)
