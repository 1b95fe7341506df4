"""A line that misbehaves: a proxy on loopback between a client and a real server, which cuts, resets, drips or stands still.

What it does to a connection is decided by a :class:`Fault`, handed out in order; afterwards lines are smooth. So a test can say:
the first connection is cut after 1,000 bytes, the second one is reset at once, and from then on everything works.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

_PIECE = 4096
_LOOK = 0.2


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one connection. ``after`` counts bytes from the server to the client.

    ``cut``: hung up politely in the middle; ``reset``: by RST; ``silent``: nothing comes any more, the line stays;
    ``drip``: from there on a byte every twentieth of a second.
    """

    kind: str
    after: int = 0


class RoughLine:
    """Listens on a port of its own and passes everything on to ``host``:``port``. Use it as a context manager."""

    def __init__(self, port: int, host: str = "127.0.0.1", faults: Iterable[Fault] = ()) -> None:
        self._there = (host, port)
        self.faults = deque(faults)
        self.connections = 0
        self.spoiled = 0
        """Connections to which a fault really happened."""
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(_LOOK)
        self.port: int = self._server.getsockname()[1]
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._begin(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._server.close()

    def _begin(self, do: object, *arguments: object) -> None:
        thread = threading.Thread(target=do, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                client, _ = self._server.accept()
            except TimeoutError:
                continue
            self.connections += 1
            fault = self.faults.popleft() if self.faults else None
            self._begin(self._serve, client, fault)

    def _serve(self, client: socket.socket, fault: Fault | None) -> None:
        try:
            server = socket.create_connection(self._there, timeout=10)
        except OSError:
            client.close()
            return
        with client, server:
            up = threading.Thread(target=self._pass_on, args=(client, server), daemon=True)
            up.start()
            self._answer(server, client, fault)
            for line in (client, server):
                try:
                    line.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue
            up.join()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        while not self._over.is_set():
            try:
                source.settimeout(_LOOK)
                data = source.recv(_PIECE)
                if not data:
                    break
                target.sendall(data)
            except TimeoutError:
                continue
            except OSError:
                break
        try:
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def _answer(self, server: socket.socket, client: socket.socket, fault: Fault | None) -> None:
        """What the server says, as long as the fault lets it through."""
        server.settimeout(_LOOK)
        left = fault.after if fault is not None else -1
        while not self._over.is_set():
            try:
                data = server.recv(_PIECE)
            except TimeoutError:
                if _has_left(client):
                    return
                continue
            except OSError:
                return
            if not data:
                return
            if fault is not None and len(data) > left:
                self.spoiled += 1
                self._spoil(client, data[:left], data[left:], fault)
                return
            left -= len(data)
            try:
                client.sendall(data)
            except OSError:
                return

    def _spoil(self, client: socket.socket, good: bytes, rest: bytes, fault: Fault) -> None:
        try:
            client.sendall(good)
            if fault.kind == "reset":
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.close()
            elif fault.kind == "silent":
                while not self._over.is_set() and not _has_left(client):
                    time.sleep(_LOOK)
            elif fault.kind == "drip":
                for byte in rest:
                    if self._over.is_set() or _has_left(client):
                        return
                    client.sendall(bytes((byte,)))
                    time.sleep(0.05)
        except OSError:
            return


def _has_left(client: socket.socket) -> bool:
    """Whether the client has hung up."""
    try:
        return client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except (BlockingIOError, TimeoutError):
        return False
    except OSError:
        return True
