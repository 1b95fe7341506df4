"""What the program says of itself on the error output. Documents and questions are nobody else's business, so a failure is
told by its place in the code and its kind; what an exception says may quote them, and is shown with ``--verbose`` only.
"""

from __future__ import annotations

import logging
import sys
import traceback
from types import TracebackType
from typing import TextIO

ROOM = "hameau"
_FORM = "%(asctime)s %(name)s: %(message)s"
_Failure = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def begin(*, verbose: bool, stream: TextIO | None = None) -> None:
    """For every command: silence, or everything when the person asked for it."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(logging.Formatter(_FORM) if verbose else Discreet(_FORM))
    logging.basicConfig(level=logging.INFO if verbose else logging.CRITICAL, handlers=[handler])


def show_errors() -> None:
    """For a server, which nobody watches when it fails: our own errors stay in the terminal."""
    logger = logging.getLogger(ROOM)
    logger.setLevel(min(logging.ERROR, logger.getEffectiveLevel()))


class Discreet(logging.Formatter):
    """A failure without its words: the lines of the code that led there and the name of the exception."""

    def formatException(self, ei: _Failure) -> str:  # noqa: N802 - the name is the standard library's
        kind, _error, where = ei
        lines = "".join(traceback.format_tb(where)).rstrip()
        name = kind.__qualname__ if kind else ""
        return f"{lines}\n{name}"
