"""Runs the server until it is told to stop. Knows how to listen and how to say that it can't."""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Callable
from functools import partial

import uvicorn
from starlette.types import ASGIApp

from hameau.kit import N_, BadInput, Conflict, Corrupt, Refused
from hameau.perimeter import Level
from hameau.server.app import create_app
from hameau.server.doors import Address, bracketed
from hameau.server.line import HEADER_BYTES, Line
from hameau.server.ports import House

_THIS_MACHINE = "127.0.0.1"
GRACE_SECONDS = 2
"""How long running answers may take to notice that the server stops."""


class _Server(uvicorn.Server):
    """Says when it answers. Uvicorn keeps such a moment to itself. Ends when it may no longer listen where it does."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], may_listen: Callable[[], bool]) -> None:
        super().__init__(config)
        self._ready = ready
        self._may_listen = may_listen
        self.closed = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def on_tick(self, counter: int) -> bool:
        """Called ten times a second."""
        self.closed = self.closed or not self._may_listen()
        return await super().on_tick(counter) or self.closed


def serve(hub: House, host: str = "127.0.0.1", port: int = 8484, on_ready: Callable[[str], None] | None = None) -> None:
    """Serves pages and API at ``host:port`` until SIGINT or SIGTERM; port 0 takes a free one.

    ``on_ready`` is called once with the address to open, when the first page can be had. Raises ``Conflict`` when the port
    is taken, ``Refused`` when the system won't let us have it or when other machines could come in at the level « closed »,
    ``BadInput`` when the host is not of this machine. When the level is set to « closed » meanwhile, it goes on for this
    machine alone, and says so through ``on_ready``.
    """
    if not _may_listen(hub, host):
        raise _closed(host)
    again = _serve_at(hub, host, port, on_ready)
    if again:
        _serve_at(hub, _THIS_MACHINE, again, on_ready)


def _may_listen(hub: House, host: str) -> bool:
    if is_near(host):
        return True
    try:
        return hub.perimeter.policy().level is not Level.CLOSED
    except Corrupt:  # then nothing is allowed
        return False


def _serve_at(hub: House, host: str, port: int, on_ready: Callable[[str], None] | None) -> int:
    """Until it is told to stop (0), or until it may no longer listen there (the port)."""
    listening = listen(host, port)
    try:
        address = Address(host, listening.getsockname()[1])
        config = configured(create_app(hub, address))
        url = f"http://{bracketed(host)}:{address.port}/"
        server = _Server(config, lambda: on_ready(url) if on_ready else None, partial(_may_listen, hub, host))
        server.run(sockets=[listening])
        return address.port if server.closed else 0
    finally:
        listening.close()


def configured(app: ASGIApp) -> uvicorn.Config:
    """How Uvicorn serves ``app``: by itself, saying nothing of itself, with a watch on each line."""
    return uvicorn.Config(
        app,
        loop="asyncio",
        http=Line,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=HEADER_BYTES,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens at ``host:port``, or why there is none."""
    if not 0 <= port <= 65535:
        raise BadInput(N_("{port} is not a port."), hint=N_("A port lies between 0 and 65535."), port=port)
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        return socket.create_server((host, port), family=family, backlog=128)
    except socket.gaierror as error:
        raise BadInput(
            N_("{host} is not an address of this machine."), hint=N_("Leave --host out to use 127.0.0.1."), host=host
        ) from error
    except OSError as error:
        raise _why(error, host, port) from error


def is_near(host: str) -> bool:
    """Whether only this machine can reach ``host``."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _closed(host: str) -> Refused:
    return Refused(
        N_("At the level « closed », no other machine may open Hameau: it does not listen at {host}."),
        hint=N_(
            "Leave --host out to open it on this machine alone, or open it to your home network: "
            "hameau perimeter allow home-network"
        ),
        host=host,
    )


def _why(error: OSError, host: str, port: int) -> Conflict | Refused | BadInput:
    if error.errno == errno.EADDRINUSE:
        return Conflict(
            N_("The port {port} is taken by another program."),
            hint=N_(
                "Perhaps Hameau is running already: open http://{address}:{port}/. Or choose another: --port {other}."
            ),
            port=port,
            address=bracketed(host),
            other=port + 1 if port < 65535 else port - 1,
        )
    if error.errno in (errno.EACCES, errno.EPERM) and (port > 1023 or port == 0) and not is_near(host):
        return _closed(host)  # the border itself refused, by a policy that changed a moment ago
    if error.errno == errno.EACCES:
        return Refused(
            N_("The system does not let this account use the port {port}."),
            hint=N_("Choose a port above 1023, such as --port 8484."),
            port=port,
        )
    return BadInput(
        N_("{host} is not an address of this machine."), hint=N_("Leave --host out to use 127.0.0.1."), host=host
    )
