"""Server-sent events (HTML standard, 9.2) from an iterator that runs in a thread, and the hang-up that stops it.

When the reader goes away, ``cancel`` is set at once and the iterator is closed at its next step: the engine is free again.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

T = TypeVar("T")
log = logging.getLogger(__name__)

Make = Callable[[threading.Event], Iterator[T]]


@dataclass(frozen=True, slots=True)
class _End:
    """The last thing in the queue: there is no more, or why."""

    error: Exception | None = None


async def steps(make: Make[T], cancel: threading.Event) -> AsyncIterator[T]:
    """The items of ``make(cancel)``, produced in a thread of their own. Its exception is raised here.

    However this iterator ends (exhausted, closed, cancelled), ``cancel`` is set.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[T | _End] = asyncio.Queue()

    def put(value: T | _End) -> None:
        with suppress(RuntimeError):  # the loop is closed: the server is going down, nobody listens
            loop.call_soon_threadsafe(queue.put_nowait, value)

    def work() -> None:
        try:
            items = make(cancel)
            try:
                for item in items:
                    if cancel.is_set():
                        break
                    put(item)
            finally:
                if isinstance(items, Generator):
                    items.close()
            put(_End())
        except Exception as error:
            log.debug("the answer failed", exc_info=error)
            put(_End(error))

    context = contextvars.copy_context()  # through which face a person asks must be known in the thread too
    threading.Thread(target=context.run, args=(work,), name="answer", daemon=True).start()
    try:
        while True:
            value = await queue.get()
            if isinstance(value, _End):
                if value.error is not None:
                    raise value.error
                return
            yield value
    finally:
        cancel.set()


async def unless_hung_up(receive: Receive, work: Awaitable[T], cancel: threading.Event) -> T | None:
    """``work``'s result; or ``None``, with ``cancel`` set and ``work`` cancelled, as soon as the reader hangs up."""
    working = asyncio.ensure_future(work)
    listening = asyncio.ensure_future(_hang_up(receive))
    try:
        await asyncio.wait({working, listening}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        cancel.set()
        for task in (working, listening):
            if not task.done():
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


async def _hang_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def event(name: str, data: bytes) -> bytes:
    """One event; ``data`` must be one line, as JSON is."""
    return b"event: " + name.encode() + b"\ndata: " + data + b"\n\n"


class EventResponse(Response):
    """Streams ``events`` until they end or the reader hangs up."""

    def __init__(self, events: AsyncIterator[bytes], cancel: threading.Event) -> None:
        self.events = events
        self.cancel = cancel
        self.status_code = 200
        self.media_type = "text/event-stream"
        self.background = None
        self.init_headers({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await unless_hung_up(receive, self._send_all(send), self.cancel)

    async def _send_all(self, send: Send) -> None:
        async for piece in self.events:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
