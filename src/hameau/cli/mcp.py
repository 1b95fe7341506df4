"""``hameau mcp``: the Model Context Protocol over standard streams, for an assistant that starts us.

Works beside a running server: both read the one library.
"""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

import click

from hameau.cli.house import house
from hameau.cli.words import _, language
from hameau.kit import N_
from hameau.perimeter import asking
from hameau.server import serve_streams


@click.command(
    help=_(
        "Let an assistant on this machine search, read and ask your documents: it starts this command and speaks the "
        "Model Context Protocol with it."
    )
)
def mcp() -> None:
    signal.signal(signal.SIGTERM, _leave)
    if sys.stdin.isatty():
        click.echo(
            _(N_("This speaks with programs, not with people. docs/clients.md says how to set one up.")), err=True
        )
    with os.fdopen(os.dup(1), "wb") as target, os.fdopen(os.dup(0), "rb") as source:
        os.dup2(2, 1)  # whatever else is printed must not stand between the messages
        with house() as hub, asking("api"):
            serve_streams(hub, language(), source, target)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    """Asked to stop: that is no failure."""
    raise SystemExit(0)
