"""The ``context`` of ``/api/generate``: what was said so far, as numbers that a program keeps and sends back.

Ollama packs tokens into them; here they are the bytes of the conversation itself, so that nothing has to be kept on our side
and the model's own template is used when it goes on.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence

from hameau.kit import N_, BadInput
from hameau.models import Message

_MARK = (72, 97, 109, 1)
"""How ours begin: « Ham », and the version of the form."""
MAX_NUMBERS = 2_000_000
_MAX_BYTES = 8_000_000
_SPOKEN = ("user", "assistant")


def remember(messages: Sequence[Message], answer: str) -> list[int]:
    """``messages`` and what was answered; pictures and instructions are left out. Nothing when it is too long."""
    said = [(one.role, one.content) for one in messages if one.role in _SPOKEN] + [("assistant", answer)]
    packed = zlib.compress(json.dumps(said, ensure_ascii=False).encode("utf-8", "replace"), 6)
    return [*_MARK, *packed] if len(packed) <= MAX_NUMBERS else []


def recall(numbers: Sequence[int]) -> tuple[Message, ...]:
    """What :func:`remember` packed. Raises :class:`BadInput` for the context of another program."""
    if not numbers:
        return ()
    try:
        if tuple(numbers[: len(_MARK)]) != _MARK or len(numbers) > MAX_NUMBERS + len(_MARK):
            raise ValueError(numbers[:4])
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(bytes(numbers[len(_MARK) :]), _MAX_BYTES)
        if not unpacker.eof:
            raise ValueError(len(text))
        said = json.loads(text)
        found = tuple(Message(role, content) for role, content in said)
        if not all(one.role in _SPOKEN and isinstance(one.content, str) for one in found):
            raise ValueError(len(found))
    except (ValueError, TypeError, RecursionError, zlib.error) as error:
        raise BadInput(
            N_("This context is not from here, so it can't be gone on with."),
            hint=N_("Leave context out, or use /api/chat, which takes the messages themselves."),
            param="context",
        ) from error
    return found
