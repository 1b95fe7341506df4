"""The events of a response that was made before, for whoever reads it as a stream. Pure."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec import UNSET

from hameau.models import Chunk, Token, ToolPiece, Usage
from hameau.server.openai.responses import told
from hameau.server.openai.responses.making import Maker
from hameau.server.speaker import Said


def replay(response: told.Response) -> Iterator[told.Event]:
    """The same items under the same names, each in one piece."""
    names = iter([item.id for item in response.output])
    empty = msgspec.structs.replace(
        response, status="in_progress", output=(), usage=None, error=None, incomplete_details=None, completed_at=None
    )
    maker = Maker(empty, ids=lambda _: next(names, "msg_0"))
    yield from maker.begin()
    for number, item in enumerate(response.output):
        yield from maker.take(Said(_chunk(number, item)))
    if response.citations is not UNSET:
        maker.take(Said(Chunk(), response.citations))
    if response.error is not None:
        yield from maker.fail(response.error.code, response.error.message)
        return
    used = response.usage
    cost = Usage(used.input_tokens, used.input_tokens_details.cached_tokens, used.output_tokens) if used else Usage()
    maker.take(Said(Chunk(finish="length" if response.incomplete_details else "stop", usage=cost)))
    yield from maker.end()


def _chunk(number: int, item: told.OutputItem) -> Chunk:
    match item:
        case told.ReasoningItem():
            return Chunk(reasoning="".join(part.text for part in item.content))
        case told.CallItem():
            return Chunk(tools=(ToolPiece(number, item.call_id, item.name, item.arguments),))
        case told.OutputMessage():
            return Chunk("".join(part.text for part in item.content), tokens=tuple[Token, ...]())
