"""``hameau serve``: the pages, the API and the background work of this home, until it is told to stop."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from urllib.parse import urlsplit

import click

from hameau.cli import terminal
from hameau.cli.house import house
from hameau.cli.logs import show_errors
from hameau.cli.words import _
from hameau.hub import Hub
from hameau.kit import N_, Refused
from hameau.perimeter import Kind, words
from hameau.server import serve as serve_pages

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@click.command(help=_("Serve the pages and the API on this machine, and read the sources in the background."))
@click.option(
    "--host", metavar=_("ADDRESS"), help=_("The address to listen on. Default: 127.0.0.1, this machine alone.")
)
@click.option(
    "--port", type=click.IntRange(0, 65535), help=_("The port to listen on. Default: 8484; 0 takes a free one.")
)
@click.option("--require-perimeter", is_flag=True, help=_("Do not start when it can't be proved that nothing leaves."))
def serve(host: str | None, port: int | None, require_perimeter: bool) -> None:
    chosen = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    with house(**chosen) as hub:
        until_stopped(hub, require_perimeter=require_perimeter)


def until_stopped(hub: Hub, *, require_perimeter: bool = False) -> None:
    """Serves ``hub``. A request to stop ends it in order: answers, then background work, then the database.

    Tries the perimeter first. Raises ``Refused`` when it is required and does not hold.
    """
    signal.signal(signal.SIGTERM, _leave)
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup wants us to stay
        signal.signal(signal.SIGHUP, _terminal_closed)
    show_errors()
    hub.presence.claim()
    try:
        _try_perimeter(hub, required=require_perimeter)
        hub.start()
        try:
            serve_pages(hub, hub.settings.host, hub.settings.port, lambda address: _ready(hub, address))
        finally:
            hub.perimeter.record(Kind.STOPPED)
    finally:
        hub.presence.release()


def _try_perimeter(hub: Hub, *, required: bool) -> None:
    """Tries to get out on purpose, and says what held: nothing is said to be closed that was not tried."""
    protection = hub.perimeter.self_test()
    hub.perimeter.record(Kind.STARTED, level=protection.level.value, walls=", ".join(protection.walls))
    if protection.proven:
        return
    said = words.BROKEN if protection.failures else words.ENFORCEMENT[protection.level]
    fields = {"failures": ", ".join(protection.failures)}
    if required:
        raise Refused(said, hint=N_("docs/perimeter.md says what each level needs of the system."), **fields)
    terminal.line(_(said, fields), "bold red")


def _ready(hub: Hub, address: str) -> None:
    hub.presence.announce(address)
    terminal.line(_(N_("Hameau is here: {address}"), {"address": address}), "bold")
    if urlsplit(address).hostname in _LOOPBACK:
        terminal.note(N_("Only this machine can open it. Ctrl-C stops it."))
    else:
        terminal.note(N_("Machines of your network can open it too, with a key (hameau keys add). Ctrl-C stops it."))
    sys.stdout.flush()


def _leave(_signal: int, _frame: FrameType | None) -> None:
    """Asked to stop by the system (systemd, a shutdown): that is no failure."""
    raise SystemExit(0)


def _terminal_closed(_signal: int, _frame: FrameType | None) -> None:
    """The window in which we were started is gone: as when the system asks."""
    os.kill(os.getpid(), signal.SIGTERM)
