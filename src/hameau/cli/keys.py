"""``hameau keys``: programs and other machines that may come in, and what for."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

import click

from hameau.accounts import SCOPES, ApiKey, NewKey, Scope
from hameau.cli import terminal
from hameau.cli.house import as_json, house
from hameau.cli.moments import later
from hameau.cli.words import _, as_text
from hameau.hub import Hub
from hameau.kit import N_, now, stamp

_COLUMNS = (N_("name"), N_("opens"), N_("made"), N_("last used"), N_("until"), N_("begins with"))


@click.group(help=_("Let programs and other machines in, by keys."))
def keys() -> None:
    """Its commands follow."""


@keys.command(help=_("Make a key for a program or a device, and print it this once."))
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice(SCOPES),
    help=_(
        "What it opens; may be given several times. chat: models speak. read: search, read and ask. admin: everything."
    ),
)
@click.option("--expires", metavar=_("WHEN"), help=_("When it ends: 2h, 7d, 2026-12-31. Default: when you revoke it."))
@as_json
def add(name: str, scopes: tuple[Scope, ...], expires: str | None, json_: bool) -> None:
    end = stamp(later(expires, time.time())) if expires else ""
    with house() as hub:
        made = hub.keys.make(as_text(name), scopes, expires_at=end)
        address = _address(hub)
    if json_:
        terminal.document({**_document(made.key), "secret": made.secret})
        return
    _tell(made, address)


@keys.command("list", help=_("List the keys: what each opens, and when it was last used."))
@as_json
def list_(json_: bool) -> None:
    with house() as hub:
        found = hub.keys.all()
    if json_:
        terminal.document([_document(key) for key in found])
    elif not found:
        terminal.note(N_("No key yet: only this machine may come in."))
    else:
        terminal.table(_COLUMNS, [_row(key) for key in found])


@keys.command(help=_("Take keys back; whoever has one is no longer let in, at once."))
@click.argument("names", nargs=-1, required=True)
def revoke(names: tuple[str, ...]) -> None:
    with house() as hub:
        for name in names:
            gone = hub.keys.revoke(as_text(name))
            terminal.note(N_("Taken back: {name}"), {"name": gone.name})


def _tell(made: NewKey, address: str) -> None:
    """The key alone on the output, so that a pipe gets it and nothing else."""
    terminal.line(made.secret)
    terminal.note(N_("Copy it now: it is shown only this once."))
    terminal.note(
        N_("OpenAI’s protocol: {address}/v1 · Ollama’s: {address} · MCP: {address}/mcp"), {"address": address}
    )
    if urlsplit(address).hostname in ("127.0.0.1", "localhost", "::1"):
        terminal.note(
            N_(
                "For now, Hameau listens to this machine alone. To let others in: hameau perimeter allow home-network, "
                "then hameau serve --host 0.0.0.0"
            )
        )


def _address(hub: Hub) -> str:
    """Where the server is, or would be."""
    host = f"[{hub.settings.host}]" if ":" in hub.settings.host else hub.settings.host
    return (hub.presence.address() or f"http://{host}:{hub.settings.port}").rstrip("/")


def _document(key: ApiKey) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "hint": key.hint,
        "scopes": key.scopes,
        "created_at": key.created_at,
        "expires_at": key.expires_at or None,
        "last_used_at": key.last_used_at or None,
    }


def _row(key: ApiKey) -> tuple[str, ...]:
    over = bool(key.expires_at) and key.expires_at <= now()
    until = _(N_("{day} (over)"), {"day": _day(key.expires_at)}) if over else _day(key.expires_at)
    opens = ", ".join(key.scopes)
    return key.name, opens, _day(key.created_at), _day(key.last_used_at), until, f"{key.hint}…"


def _day(moment: str) -> str:
    return moment[:16].replace("T", " ") or "—"
