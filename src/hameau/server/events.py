"""Streams from an iterator that runs in a thread, and the hang-up that stops it.

Two forms, each a media type: server-sent events (HTML standard, 9.2) and JSON lines (one value a line). Two ways:

- :func:`streamed` waits for the first piece, so that what goes wrong before it has a status of its own; the pieces are made
  and encoded in the thread
- :class:`StreamResponse` sends its head at once, from an iterator of pieces

When the reader goes away, ``cancel`` is set at once and the iterator is closed at its next step: the engine is free again.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hameau.kit import Cancelled

T = TypeVar("T")
log = logging.getLogger(__name__)

Make = Callable[[threading.Event], Iterator[T]]
SSE = "text/event-stream"
NDJSON = "application/x-ndjson"


@dataclass(frozen=True, slots=True)
class _End:
    """The last thing in the queue: there is no more, or why."""

    error: Exception | None = None


class _Post(Generic[T]):
    """From one thread to the loop: the loop is woken once for all that came until it looks."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._items: deque[T] = deque()
        self._lock = threading.Lock()
        self._called = False
        self._something = asyncio.Event()

    def put(self, item: T) -> None:
        """Called in the thread."""
        with self._lock:
            self._items.append(item)
            if self._called:
                return
            self._called = True
        with suppress(RuntimeError):  # the loop is closed: the server is going down, nobody listens
            self._loop.call_soon_threadsafe(self._something.set)

    async def take(self) -> list[T]:
        """All that there is, at least one."""
        await self._something.wait()
        self._something.clear()
        with self._lock:
            found = list(self._items)
            self._items.clear()
            self._called = False
        return found


async def batches(make: Make[T], cancel: threading.Event) -> AsyncIterator[list[T]]:
    """The items of ``make(cancel)``, produced in a thread of their own, as many at a time as are there. Its exception is
    raised here.

    However this iterator ends (exhausted, closed, cancelled), ``cancel`` is set.
    """
    post: _Post[T | _End] = _Post()

    def work() -> None:
        try:
            items = make(cancel)
            try:
                for item in items:
                    if cancel.is_set():
                        break
                    post.put(item)
            finally:
                if isinstance(items, Generator):
                    items.close()
            post.put(_End())
        except Exception as error:
            log.debug("the answer failed", exc_info=error)
            post.put(_End(error))

    context = contextvars.copy_context()  # through which face a person asks must be known in the thread too
    threading.Thread(target=context.run, args=(work,), name="answer", daemon=True).start()
    try:
        while True:
            taken = await post.take()
            end = taken.pop() if isinstance(taken[-1], _End) else None
            if taken:
                yield [item for item in taken if not isinstance(item, _End)]
            if isinstance(end, _End):
                if end.error is not None:
                    raise end.error
                return
    finally:
        cancel.set()


async def steps(make: Make[T], cancel: threading.Event) -> AsyncIterator[T]:
    """The items of :func:`batches`, one by one."""
    source = batches(make, cancel)
    try:
        async for some in source:
            for item in some:
                yield item
    finally:
        cancel.set()


async def unless_hung_up(receive: Receive, work: Awaitable[T], cancel: threading.Event) -> T | None:
    """``work``'s result; or ``None``, with ``cancel`` set and ``work`` cancelled, as soon as the reader hangs up."""
    try:
        return await _unless_hung_up(receive, work)
    finally:
        cancel.set()


async def _unless_hung_up(receive: Receive, work: Awaitable[T]) -> T | None:
    working = asyncio.ensure_future(work)
    listening = asyncio.ensure_future(_hang_up(receive))
    try:
        await asyncio.wait({working, listening}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        for task in (working, listening):
            if not task.done():
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


async def _hang_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def event(name: str, data: bytes) -> bytes:
    """One event; ``data`` must be one line, as JSON is. Without a ``name`` it has data alone."""
    return (b"event: " + name.encode() + b"\n" if name else b"") + b"data: " + data + b"\n\n"


class StreamResponse(Response):
    """Streams ``pieces`` until they end or the reader hangs up."""

    def __init__(
        self, pieces: AsyncIterator[bytes], cancel: threading.Event, media: str = SSE, status: int = 200
    ) -> None:
        self.pieces = pieces
        self.cancel = cancel
        self.status_code = status
        self.media_type = media
        self.background = None
        self.init_headers({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await unless_hung_up(receive, self._send_all(send), self.cancel)

    async def _send_all(self, send: Send) -> None:
        async for piece in self.pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def streamed(request: Request, make: Make[bytes], failed: Callable[[Exception], bytes], media: str) -> Response:
    """The pieces of ``make``, as ``media``. What it raises before its first piece is raised here; what it raises later ends
    the stream with the piece ``failed(error)``. Raises ``Cancelled`` when the reader hung up before the first piece.
    """
    cancel = threading.Event()
    source = batches(make, cancel)
    try:
        first = await _unless_hung_up(request.receive, _first(source))
    except BaseException:
        cancel.set()
        raise
    if first is None:
        cancel.set()
        raise Cancelled
    return StreamResponse(_rest(first, source, failed, cancel), cancel, media)


async def _first(source: AsyncIterator[list[bytes]]) -> list[bytes]:
    return await anext(source, [])


async def _rest(
    first: list[bytes],
    source: AsyncIterator[list[bytes]],
    failed: Callable[[Exception], bytes],
    cancel: threading.Event,
) -> AsyncIterator[bytes]:
    try:
        yield b"".join(first)
        async for some in source:
            yield b"".join(some)
    except Exception as error:
        log.debug("the streamed answer failed", exc_info=error)
        yield failed(error)
    finally:
        cancel.set()


async def gathered(request: Request, work: Callable[[threading.Event], T]) -> T:
    """What ``work(cancel)`` gives, made in a thread of its own; ``cancel`` is set when the reader hangs up, and
    ``Cancelled`` is raised."""
    cancel = threading.Event()

    def make(stop: threading.Event) -> Iterator[T]:
        yield work(stop)

    async def only() -> list[T]:
        return [item async for item in steps(make, cancel)]

    found = await unless_hung_up(request.receive, only(), cancel)
    if not found:
        raise Cancelled
    return found[0]
