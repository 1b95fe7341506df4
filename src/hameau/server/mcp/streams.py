"""The protocol over standard streams: one message a line, from the program that started us and back to it.

Requests are answered side by side, so that a search does not wait for an answer that is being written.
"""

from __future__ import annotations

import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO

from hameau.server.mcp import protocol
from hameau.server.mcp.desk import Desk
from hameau.server.mcp.methods import Replying, paced, respond
from hameau.server.mcp.protocol import MAX_MESSAGE, Id, Json, Message, Wrong
from hameau.server.ports import House

AT_ONCE = 4
"""Requests that are answered at the same time."""
WAITING = 64
"""Requests that may wait; more are refused."""


def serve_streams(house: House, language: str, source: BinaryIO, target: BinaryIO) -> None:
    """Answers what comes from ``source`` until it ends; then everything that still runs is stopped."""
    line = _Line(Desk(house, language), target)
    try:
        while message := source.readline(MAX_MESSAGE + 1):
            if len(message) > MAX_MESSAGE and not message.endswith(b"\n"):
                _skip(source)
            if message.strip():
                line.take(message)
    finally:
        line.end()


def _skip(source: BinaryIO) -> None:
    """The rest of a line that is too long."""
    while (rest := source.readline(MAX_MESSAGE)) and not rest.endswith(b"\n"):
        pass


class _Line:
    """One client, from its first message to its last."""

    def __init__(self, desk: Desk, target: BinaryIO) -> None:
        self._desk = desk
        self._target = target
        self._writing = threading.Lock()
        self._lock = threading.Lock()
        self._running: dict[tuple[type, Id], threading.Event] = {}
        self._unwanted: set[tuple[type, Id]] = set()
        self._workers = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="mcp")

    def take(self, data: bytes) -> None:
        """One message. Whatever is wrong with it is answered."""
        number: Id | None = None
        try:
            message = protocol.read(data)
            if message is None:
                return
            number = message.id
            if number is None:
                self._note(message)
                return
            modern = protocol.is_modern(message)
            if modern:
                protocol.check_modern(message)
            self._begin(message, number, modern=modern)
        except Wrong as wrong:
            self._say(protocol.refusal(number, wrong))

    def end(self) -> None:
        """Stops what takes long, and waits until the rest is answered."""
        with self._lock:
            for cancel in self._running.values():
                cancel.set()
        self._workers.shutdown(wait=True)

    def _note(self, message: Message) -> None:
        number = message.params.get("requestId")
        if message.method == "notifications/cancelled" and isinstance(number, int | str):
            key = (type(number), number)
            with self._lock:
                if (cancel := self._running.get(key)) is not None:
                    self._unwanted.add(key)  # who cancelled expects no answer
                    cancel.set()

    def _begin(self, message: Message, number: Id, *, modern: bool) -> None:
        cancel = threading.Event()
        key = (type(number), number)
        with self._lock:
            if key in self._running:
                raise Wrong(protocol.INVALID_REQUEST, "A request of this id is being answered.")
            if len(self._running) >= WAITING:
                raise Wrong(protocol.INTERNAL_ERROR, f"{WAITING} requests wait already.")
            self._running[key] = cancel
        context = contextvars.copy_context()  # through which face somebody asks must be known in the thread too
        self._workers.submit(context.run, self._answer, message, cancel, modern)

    def _answer(self, message: Message, cancel: threading.Event, modern: bool) -> None:
        try:
            result = self._tell(paced(respond(self._desk, message, cancel, modern=modern)), message)
            reply = protocol.answer(message.id, result)
        except Wrong as wrong:
            reply = protocol.refusal(message.id, wrong)
        key = (type(message.id), message.id or 0)
        with self._lock:
            self._running.pop(key, None)
            unwanted = key in self._unwanted
            self._unwanted.discard(key)
        if not unwanted:
            self._say(reply)

    def _tell(self, replying: Replying, message: Message) -> Json:
        token, done = message.progress_token, 0
        while True:
            try:
                text = next(replying)
            except StopIteration as end:
                result: Json = end.value
                return result
            if token is not None and text:
                done += 1
                self._say(protocol.progress(token, done, text))

    def _say(self, message: Json) -> None:
        data = protocol.encode(message) + b"\n"
        with self._writing:
            try:
                self._target.write(data)
                self._target.flush()
            except (BrokenPipeError, ValueError):
                return  # whoever asked is gone; the end of its messages is heard next
