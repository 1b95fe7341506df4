"""``hameau serve``: the pages, the API and the background work of this home, until it is told to stop."""

from __future__ import annotations

import signal
import sys
from types import FrameType

import click

from hameau.cli import terminal
from hameau.cli.house import house
from hameau.cli.logs import show_errors
from hameau.cli.words import _
from hameau.hub import Hub
from hameau.kit import N_
from hameau.server import serve as serve_pages


@click.command(help=_("Serve the pages and the API on this machine, and read the sources in the background."))
@click.option(
    "--host", metavar=_("ADDRESS"), help=_("The address to listen on. Default: 127.0.0.1, this machine alone.")
)
@click.option(
    "--port", type=click.IntRange(0, 65535), help=_("The port to listen on. Default: 8484; 0 takes a free one.")
)
def serve(host: str | None, port: int | None) -> None:
    chosen = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    with house(**chosen) as hub:
        until_stopped(hub)


def until_stopped(hub: Hub) -> None:
    """Serves ``hub``. A request to stop ends it in order: answers, then background work, then the database."""
    signal.signal(signal.SIGTERM, _leave)
    show_errors()
    hub.presence.claim()
    try:
        hub.start()
        serve_pages(hub, hub.settings.host, hub.settings.port, lambda address: _ready(hub, address))
    finally:
        hub.presence.release()


def _ready(hub: Hub, address: str) -> None:
    hub.presence.announce(address)
    terminal.line(_(N_("Hameau is here: {address}"), {"address": address}), "bold")
    terminal.note(N_("Only this machine can open it. Ctrl-C stops it."))
    sys.stdout.flush()


def _leave(_signal: int, _frame: FrameType | None) -> None:
    """Asked to stop by the system (systemd, a shutdown): that is no failure."""
    raise SystemExit(0)
