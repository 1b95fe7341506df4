"""The process that runs a folder of safetensors by Transformers. Started by :mod:`hameau.models.engines.transformers`, never by
hand.

In comes ``{"load": {...}}`` once, then frames of four bytes of a request's number, one letter (``a`` ask, ``x`` cancel) and JSON.
Out goes ``{"ready": …, "walls": […]}``, then for each request frames of the same form (``c`` chunk, ``e`` end). One request at
a time.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import struct
import tempfile
import threading
from typing import Any, BinaryIO

from hameau.models.child import die_with_parent, shut_in, take_pipes
from hameau.models.frames import read_frame, write_frame

logger = logging.getLogger(__name__)
_HEAD = struct.Struct("<Ic")
_REASON = 300


def main() -> None:
    """Loads the one model it is told to, then answers until the pipe closes."""
    die_with_parent()
    incoming, outgoing = take_pipes()
    first = read_frame(incoming)
    if first is None:
        return
    order = json.loads(first)["load"]
    try:
        with tempfile.TemporaryDirectory(prefix="hameau-") as folder:
            walls = shut_in([order["path"]], folder, scratch=True)
            tempfile.tempdir = folder  # the library tries out what it finds on the machine
            writer = _load(order)
    except ImportError as error:
        write_frame(outgoing, json.dumps({"ready": False, "missing": str(error)[:_REASON]}).encode())
        return
    except Exception as error:  # a stranger's folder: whatever the library raises for it is told to the parent
        logger.exception("The model can't be loaded")
        write_frame(outgoing, json.dumps({"ready": False, "reason": _first_line(error)}).encode())
        return
    write_frame(outgoing, json.dumps({"ready": True, "walls": walls}).encode())
    _Desk(writer, outgoing).serve(incoming)
    os._exit(0)  # the parent is gone or done: nothing to save


def _first_line(error: Exception) -> str:
    """What a person may be shown of it: the rest says how to fetch things."""
    return (next(iter(f"{error}".splitlines()), "") or type(error).__name__)[:_REASON]


def _load(order: dict[str, Any]) -> Any:
    # Loaded late and only here, behind the walls: half a gigabyte of code that no other process of ours needs.
    from hameau.models.engines.transformers_writer import Writer

    return Writer(order["path"], order["threads"], order["context"])


class _Desk:
    """Takes requests from the pipe and hands them on one by one."""

    def __init__(self, writer: Any, outgoing: BinaryIO) -> None:
        self._writer = writer
        self._outgoing = outgoing
        self._wanted: set[int] = set()
        self._line: queue.SimpleQueue[tuple[int, dict[str, Any]]] = queue.SimpleQueue()
        threading.Thread(target=self._work, daemon=True).start()

    def serve(self, incoming: BinaryIO) -> None:
        """Until the pipe closes."""
        while (frame := read_frame(incoming)) is not None:
            number, letter = _HEAD.unpack_from(frame)
            if letter == b"x":
                self._wanted.discard(number)
            else:
                self._wanted.add(number)
                self._line.put((number, json.loads(frame[_HEAD.size :])))

    def _work(self) -> None:
        while True:
            number, ask = self._line.get()
            if number in self._wanted:
                self._answer(number, ask)

    def _answer(self, number: int, ask: dict[str, Any]) -> None:
        try:
            end = self._writer.write(
                ask, lambda data: self._write(number, b"c", data), lambda: number not in self._wanted
            )
        except Exception as error:  # the edge of the engine: whatever it raises is told to the parent
            logger.exception("The engine failed")
            end = {"problem": f"{type(error).__name__}: {error}"[:_REASON]}
        self._wanted.discard(number)
        self._write(number, b"e", end)

    def _write(self, number: int, letter: bytes, data: dict[str, Any]) -> None:
        try:
            write_frame(self._outgoing, _HEAD.pack(number, letter) + json.dumps(data).encode("utf-8", "replace"))
        except OSError as error:
            logger.info("The parent is gone: %s", error)
            os._exit(0)


if __name__ == "__main__":
    main()
