"""``hameau sources`` and ``hameau sync``: what is connected, how it is, pause, remove, read again."""

from __future__ import annotations

import time
from contextlib import suppress

import click

from hameau.cli import terminal
from hameau.cli.adding import say_status
from hameau.cli.follow import bring_up_to_date
from hameau.cli.house import as_json, house, in_space
from hameau.cli.words import _
from hameau.hub import Hub
from hameau.kit import N_, Unavailable
from hameau.library import Source

_COLUMNS = (N_("name"), N_("kind"), N_("state"), N_("documents"), N_("failed"), N_("read"), N_("place"))
_SHOWN = (N_("title"), N_("kind"), N_("state"), N_("documents"), N_("not read"), N_("read"), N_("place"))
"""A person calls a source by its title; a program reads its id."""
_KINDS = {
    "folder": N_("folder"),
    "mail": N_("mails here"),
    "imap": N_("mailbox"),
    "webdav": N_("files elsewhere"),
    "caldav": N_("calendar"),
    "carddav": N_("contacts"),
    "feed": N_("feed"),
    "zim": N_("encyclopedia"),
    "browser": N_("browser"),
}


@click.group(invoke_without_command=True, help=_("List, show, pause, remove or read again what was added."))
@in_space
@as_json
@click.pass_context
def sources(context: click.Context, space: str, json_: bool) -> None:
    if context.invoked_subcommand is None:
        _list(space, json_)


@sources.command("list", help=_("List the sources."))
@in_space
@as_json
def list_(space: str, json_: bool) -> None:
    _list(space, json_)


@sources.command(help=_("Say how one source is, and what it may reach."))
@click.argument("name")
@in_space
@as_json
def show(name: str, space: str, json_: bool) -> None:
    with house() as hub:
        source = hub.library.source(_found(hub, name, space))
        called = str(source.settings.get("connection") or "")
        held = hub.perimeter.policy().connection(called) if called else None
    if json_:
        allowed = {"host": held.host, "port": held.port, "also": held.also} if held else None
        terminal.document({"source": source, "connection": allowed})
        return
    terminal.facts(_facts(source, called))
    if called and (held is None or time.time() >= held.until):
        terminal.line(
            _(N_("Nobody allows Hameau to reach it any more. Allow it again: hameau add {uri}"), {"uri": source.uri})
        )
    elif held is not None:
        fields = {"host": held.host, "port": held.port, "name": held.name}
        terminal.line(_(N_("It may reach {host}, port {port} (Connection {name})."), fields))
    for text in filter(None, (source.error, source.hint)):
        terminal.line(terminal.one_line(_(text, source.fields)), "yellow")


@sources.command(help=_("Leave sources alone until « resume ». What they brought stays."))
@click.argument("names", nargs=-1, required=True)
def pause(names: tuple[str, ...]) -> None:
    with house() as hub:
        for source_id in [_found(hub, name) for name in names]:
            terminal.note(N_("Paused: {name}"), {"name": _called(hub.connecting.pause(source_id))})


@sources.command(help=_("Read sources again that were paused."))
@click.argument("names", nargs=-1, required=True)
def resume(names: tuple[str, ...]) -> None:
    with house() as hub:
        for source_id in [_found(hub, name) for name in names]:
            terminal.note(N_("Resumed: {name}"), {"name": _called(hub.connecting.resume(source_id))})


@sources.command(
    help=_(
        "Forget a source, all that it brought, its password, and the Connection that nobody else needs. What it is a copy of is "
        "not touched."
    )
)
@click.argument("names", nargs=-1, required=True)
def remove(names: tuple[str, ...]) -> None:
    with house() as hub:
        for source_id in [_found(hub, name) for name in names]:
            source = hub.connecting.remove(source_id)
            with suppress(Unavailable):  # somebody uses the library: the last bytes go in the background
                hub.library.erasing.finish()
            terminal.note(N_("Forgotten: {name}"), {"name": _called(source)})


@sources.command("sync", help=_("Read again what changed in these sources."))
@click.argument("names", nargs=-1, required=True)
@in_space
@as_json
def sync_some(names: tuple[str, ...], space: str, json_: bool) -> None:
    with house() as hub:
        _sync(hub, [_found(hub, name, space) for name in names], space, json_)


@click.command(help=_("Read again what changed in the sources."))
@in_space
@as_json
def sync(space: str, json_: bool) -> None:
    with house() as hub:
        _sync(hub, [source.id for source in hub.library.sources(space)], space, json_)


def _sync(hub: Hub, source_ids: list[str], space: str, json_: bool) -> None:
    for source_id in source_ids:
        hub.library.request_sync(source_id)
    status = bring_up_to_date(hub, space=space, silent=json_)
    if json_:
        terminal.document({"sources": [hub.library.source(source_id) for source_id in source_ids], "status": status})
    else:
        say_status(status)


def _found(hub: Hub, name: str, space: str = "home") -> str:
    """The id of the source called ``name``: its id, its title or its place."""
    for source in hub.library.sources(space):
        if name in (source.id, source.title, source.uri):
            return source.id
    return hub.library.source(name).id


def _called(source: Source) -> str:
    return terminal.one_line(source.title or source.uri)


def _list(space: str, json_: bool) -> None:
    with house() as hub:
        found = hub.library.sources(space)
    if json_:
        terminal.document(found)
        return
    seen = terminal.console().is_terminal
    rows = [
        (
            (each.title or each.uri) if seen else each.id,
            _(_KINDS.get(each.kind, each.kind)) if seen else each.kind,
            _(_state(each)),
            each.documents,
            each.failed,
            _read(each),
            each.uri,
        )
        for each in found
    ]
    terminal.table(_SHOWN if seen else _COLUMNS, rows)


def _state(source: Source) -> str:
    return "paused" if source.paused_at else source.state


def _read(source: Source) -> str:
    return (source.synced_at or "—")[:16].replace("T", " ")


def _facts(source: Source, connection: str) -> dict[str, object]:
    told: dict[str, object] = {
        N_("name"): source.id,
        N_("title"): source.title,
        N_("kind"): _(_KINDS.get(source.kind, source.kind)),
        N_("place"): source.uri,
        N_("state"): _(_state(source)),
        N_("documents"): source.documents,
        N_("not read"): source.failed,
        N_("read"): _read(source),
    }
    if connection:
        told[N_("Connection")] = connection
    return told


STATES = (N_("paused"), N_("new"), N_("syncing"), N_("ready"), N_("failed"))
"""The words of ``Source.state``, so that they are translated."""
