"""A server that answers each connection with the bytes that the test wrote, in the pieces and at the moments that it chose."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Script = Callable[[bytes], Iterable[bytes | None]]
"""What is said to a request, piece by piece; ``None`` hangs up without an end."""


@dataclass
class Talking:
    """Where it is, and what it heard."""

    port: int
    heard: list[bytes] = field(default_factory=list)
    hung_up: threading.Event = field(default_factory=threading.Event)
    """Set when the other side went before everything was said."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def talking(script: Script) -> Iterator[Talking]:
    """The server, on a port of the loopback, for the length of the block."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        talk = Talking(listener.getsockname()[1])
        over = threading.Event()
        thread = threading.Thread(target=_serve, args=(listener, script, talk, over))
        thread.start()
        try:
            yield talk
        finally:
            over.set()
            thread.join()


def _serve(listener: socket.socket, script: Script, talk: Talking, over: threading.Event) -> None:
    while not over.is_set():
        try:
            line, _ = listener.accept()
        except TimeoutError:
            continue
        with line:
            line.settimeout(5)
            _answer(line, script, talk, over)


def _answer(line: socket.socket, script: Script, talk: Talking, over: threading.Event) -> None:
    try:
        asked = _request(line)
        talk.heard.append(asked)
        for piece in script(asked):
            if piece is None or over.is_set():
                return
            line.sendall(piece)
            if _gone(line):
                talk.hung_up.set()
                return
    except OSError:
        talk.hung_up.set()


def _request(line: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        if not (more := line.recv(65536)):
            return data
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(h.split(b":")[1]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length")), 0)
    while len(body) < length:
        if not (more := line.recv(65536)):
            break
        body += more
    return head + b"\r\n\r\n" + body


def _gone(line: socket.socket) -> bool:
    line.setblocking(False)
    try:
        return line.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    finally:
        line.settimeout(5)
