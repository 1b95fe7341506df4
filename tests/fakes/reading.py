"""A reader's context without a worker: text is read, everything else is of an unknown kind."""

from __future__ import annotations

from collections.abc import Callable

from hameau.library.extraction.context import Budget, Context
from hameau.library.extraction.kinds import HEAD_BYTES, kind_of
from hameau.library.extraction.plain import read_plain
from hameau.library.extraction.reasons import Unreadable
from hameau.library.extraction.scrap import Scrap
from hameau.library.types import Extracted

Reader = Callable[[bytes, str, Context], Extracted]


def read_text(data: bytes, name: str, context: Context) -> Extracted:
    """What needs no reader of its own."""
    kind = kind_of(name, data[:HEAD_BYTES])
    if kind.family != "text":
        raise Unreadable("unknown")
    return read_plain(data, kind.media_type)


def context(read: Reader = read_text, **budget: object) -> Context:
    """A context whose budget may be made smaller."""
    return Context((), Scrap("/nowhere", -1), read, Budget(**budget), lambda step: None)  # type: ignore[arg-type]
