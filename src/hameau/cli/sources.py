"""``hameau add``, ``hameau sources`` and ``hameau sync``: where documents come from."""

from __future__ import annotations

from contextlib import suppress

import click

from hameau.cli import terminal
from hameau.cli.follow import bring_up_to_date
from hameau.cli.house import as_json, house, in_space
from hameau.cli.words import _
from hameau.hub import Hub
from hameau.kit import N_, Unavailable
from hameau.library import LibraryStatus

_COLUMNS = (N_("name"), N_("state"), N_("documents"), N_("failed"), N_("read"), N_("place"))


@click.command(help=_("Add a folder or a file, and read it. It stays where it is; changes are followed."))
@click.argument("path")
@click.option("--title", default="", help=_("What to call it."))
@click.option(
    "--no-wait", is_flag=True, help=_("Only note it; a running Hameau reads it, or the next « hameau sync ».")
)
@in_space
@as_json
def add(path: str, title: str, no_wait: bool, space: str, json_: bool) -> None:
    with house() as hub:
        source = hub.add_source("folder", path, space=space, title=title)
        status = None if no_wait else bring_up_to_date(hub, space=space, silent=json_)
        source = hub.library.source(source.id)
    if json_:
        terminal.document({"source": source, "status": status})
        return
    fields = {"title": terminal.one_line(source.title or source.uri), "name": source.id}
    terminal.line(_(N_("Added: {title} ({name})"), fields))
    _say(status)
    if source.error:
        terminal.line(terminal.one_line(_(source.error, source.fields)), "yellow")


@click.group(invoke_without_command=True, help=_("List, remove or read again what was added."))
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


@sources.command(help=_("Forget a source and what was read from it. The files themselves are not touched."))
@click.argument("names", nargs=-1, required=True)
def remove(names: tuple[str, ...]) -> None:
    with house() as hub:
        for source_id in [_found(hub, name) for name in names]:
            hub.library.remove_source(source_id)
            with suppress(Unavailable):  # somebody uses the library: the last bytes go in the background
                hub.library.erasing.finish()
            terminal.note(N_("Forgotten: {name}"), {"name": source_id})


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
        _say(status)


def _found(hub: Hub, name: str, space: str = "home") -> str:
    """The id of the source called ``name``: its id, its title or its place."""
    for source in hub.library.sources(space):
        if name in (source.id, source.title, source.uri):
            return source.id
    return hub.library.source(name).id


def _list(space: str, json_: bool) -> None:
    with house() as hub:
        found = hub.library.sources(space)
    if json_:
        terminal.document(found)
        return
    rows = [
        (each.id, _(each.state), each.documents, each.failed, (each.synced_at or "—")[:16].replace("T", " "), each.uri)
        for each in found
    ]
    terminal.table(_COLUMNS, rows)


def _say(status: LibraryStatus | None) -> None:
    if status is None:
        return
    words = N_("{documents} documents, {passages} passages, {failed} that could not be read (hameau status says why)")
    counts = {"documents": status.documents, "passages": status.passages, "failed": status.failed}
    terminal.note(words if status.failed else N_("{documents} documents, {passages} passages"), counts)


STATES = (N_("new"), N_("syncing"), N_("ready"), N_("failed"))
"""The words of ``Source.state``, so that they are translated."""
