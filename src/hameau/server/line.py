"""One line to a client, watched: who is too slow to ask, too slow to send or no longer reads is let go, and no other machine
takes all the lines. Knows nothing of what is asked."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import ClassVar

import h11
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from hameau.kit import N_
from hameau.server.errors import BadShape, TooLarge, failure_of
from hameau.server.replies import json_bytes
from hameau.server.visitors import is_near

HEAD_SECONDS = 20.0
"""From the first sign of a request (or from the opening of the line) to the end of its headers."""
BODY_SECONDS = 60.0
"""Without a byte of a body that was announced."""
READ_SECONDS = 60.0
"""Without the client taking a byte of what waits for it."""
LINES_OF_ONE = 64
"""Lines of one other machine at a time. A browser opens six."""
LINES = 1024
HEADER_BYTES = 65_536
"""All the headers of a request together."""
LAST_WORDS_SECONDS = 2.0
"""How long a client that sent what can't be read may take to hear so."""
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_NO_REQUEST = N_("The request does not have the expected form.")
_LONG = N_("That is more than this can take at once.")
_SHORTER = N_("Send less at a time.")
log = logging.getLogger(__name__)


class Line(H11Protocol):
    """Uvicorn's line with a watch on it."""

    _open: ClassVar[Counter[str]] = Counter()
    """How many lines each machine has; all of them are in one event loop."""
    _asking: asyncio.TimerHandle | None = None
    """Rings when the client is too slow to send; renewed by each byte of a body, not by those of a head."""
    _reading: asyncio.TimerHandle | None = None
    """Rings when the client does not read."""
    _host = ""
    _over = False
    """Whether the last word was said, and what comes now is thrown away."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._host = self.client[0] if self.client else ""
        Line._open[self._host] += 1
        mine = Line._open[self._host]
        if Line._open.total() > LINES or (mine > LINES_OF_ONE and not is_near(self._host)):
            log.info("too many lines of %s", self._host)
            transport.abort()
            return
        self._asking = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        Line._open[self._host] -= 1
        if Line._open[self._host] <= 0:
            del Line._open[self._host]
        self._stop_waiting()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._over:
            return
        super().data_received(data)
        if not self._over:
            self._wait()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._wait()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._reading = self.loop.call_later(READ_SECONDS, self._does_not_read)

    def resume_writing(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None
        if self.flow is not None:
            super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """What came is no request. Said in JSON, as everything is; then what is still coming goes nowhere, so that the answer
        arrives before the end of the line."""
        if self.cycle is not None and not self.cycle.response_complete:  # in the middle of a body: nobody asks any more
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.close()
            return
        large = len(self.conn.trailing_data[0]) > HEADER_BYTES // 2
        status, wrong = (431, TooLarge(_LONG, hint=_SHORTER)) if large else (400, BadShape(_NO_REQUEST))
        body = json_bytes(failure_of(wrong, "en"))
        headers = {"content-type": "application/json", "content-length": str(len(body)), "connection": "close"}
        answer = [
            h11.Response(status_code=status, headers=list(headers.items()), reason=STATUS_PHRASES[status]),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ]
        self.transport.write(b"".join(self.conn.send(event) or b"" for event in answer))
        self._over = True
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._stop_waiting()
        self._asking = self.loop.call_later(LAST_WORDS_SECONDS, self.transport.abort)

    def _wait(self) -> None:
        """Waits for what has to come next from the client, if anything has to."""
        state = self.conn.their_state
        if state is h11.SEND_BODY:
            self._stop_waiting()
            self._asking = self.loop.call_later(BODY_SECONDS, self._too_slow)
        elif state is h11.IDLE and self.conn.trailing_data[0]:
            if self._asking is None:
                self._asking = self.loop.call_later(HEAD_SECONDS, self._too_slow)
        else:
            self._stop_waiting()

    def _stop_waiting(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None

    def _too_slow(self) -> None:
        self._asking = None
        if self.transport.is_closing():
            return
        if self.flow.read_paused:  # it is we who take our time
            self._wait()
            return
        log.info("a client was too slow: %s", self._host)
        if self.cycle is None or (self.cycle.response_complete or not self.cycle.response_started):
            self.transport.write(_TOO_SLOW)
        self.transport.close()

    def _does_not_read(self) -> None:
        log.info("a client no longer reads: %s", self._host)
        self.transport.abort()
