"""``hameau feeds``: the feeds one follows, taken over from another reader and handed out for another one."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import click

from hameau.cli import terminal
from hameau.cli.follow import bring_up_to_date
from hameau.cli.house import as_json, house, in_space
from hameau.cli.words import _
from hameau.hub import FeedList
from hameau.kit import N_

_COLUMNS = (N_("name"), N_("title"), N_("articles"), N_("newest"), N_("state"), N_("place"))
_SHOWN = 12
"""Hosts that are named one by one before they are counted."""


@click.group(invoke_without_command=True, help=_("List, take over or hand out the feeds you follow."))
@in_space
@as_json
@click.pass_context
def feeds(context: click.Context, space: str, json_: bool) -> None:
    if context.invoked_subcommand is None:
        _list(space, json_)


@feeds.command("list", help=_("List the feeds."))
@in_space
@as_json
def list_(space: str, json_: bool) -> None:
    _list(space, json_)


@feeds.command("import", help=_("Follow the feeds of an OPML file. All hosts are shown and allowed in one go."))
@click.argument("file", type=click.File("rb"))
@click.option("--full-text", is_flag=True, help=_("Also fetch the articles themselves, where their host is allowed."))
@click.option("--local", is_flag=True, help=_("Also take feeds of this machine and of your own network."))
@click.option("--yes", is_flag=True, help=_("Allow the hosts without asking."))
@click.option(
    "--no-wait", is_flag=True, help=_("Only note it; a running Hameau reads it, or the next « hameau sync ».")
)
@in_space
@as_json
def import_(file: BinaryIO, full_text: bool, local: bool, yes: bool, no_wait: bool, space: str, json_: bool) -> None:
    with house() as hub:
        wanted = hub.feeds.propose(file.read(), space=space, full_text=full_text, near=local)
        _say_refused(wanted)
        if wanted.proposals and not yes and not _agreed(wanted):
            raise click.Abort
        added = hub.feeds.connect(wanted) if wanted.proposals else []
        status = bring_up_to_date(hub, space=space, silent=json_) if added and not no_wait else None
    counts = {"added": len(added), "known": len(wanted.known), "refused": len(wanted.refused)}
    if json_:
        hosts = wanted.hosts
        terminal.document({**counts, "left_out": wanted.left_out, "hosts": hosts, "sources": added, "status": status})
        return
    terminal.line(_(N_("{added} feeds added, {known} were here already, {refused} can’t be read."), counts))
    if status is not None:
        terminal.note(N_("{documents} documents, {passages} passages"), terminal.plain(status))  # type: ignore[arg-type]


@feeds.command(help=_("Write the feeds as an OPML file, for any other reader; without FILE on the output."))
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@in_space
def export(file: Path | None, space: str) -> None:
    with house() as hub:
        written = hub.feeds.export(space)
    if file is None:
        click.echo(written.decode(), nl=False)
        return
    file.write_bytes(written)
    terminal.note(N_("Written: {name}"), {"name": file})


def _list(space: str, json_: bool) -> None:
    with house() as hub:
        found = hub.planet.feeds(space)
    if json_:
        terminal.document(found)
        return
    rows = [
        (one.source_id, one.title, one.articles, one.newest[:10] or "—", _(_state(one.paused, one.failing)), one.uri)
        for one in found
    ]
    terminal.table(_COLUMNS, rows)


def _state(paused: bool, failing: bool) -> str:
    if paused:
        return N_("paused")
    return N_("failed") if failing else N_("ready")


def _say_refused(wanted: FeedList) -> None:
    for outline, error in wanted.refused:
        terminal.note(N_("{place}: {reason}"), {"place": outline.address, "reason": _(error.message, error.fields)})
    if wanted.left_out:
        terminal.note(N_("The list is too long: {count} feeds were left out."), {"count": wanted.left_out})


def _agreed(wanted: FeedList) -> bool:
    """Shows where Hameau would go, and asks."""
    hosts = wanted.hosts
    for host in hosts[:_SHOWN]:
        click.echo(f"  {terminal.one_line(host)}", err=True)
    if len(hosts) > _SHOWN:
        terminal.note(N_("  and {count} more hosts"), {"count": len(hosts) - _SHOWN})
    terminal.note(N_("Only the address of each feed is asked for there; nothing of yours is sent."))
    question = N_("May Hameau fetch {feeds} feeds from {hosts} hosts from now on?")
    return terminal.confirmed(_(question, {"feeds": len(wanted.proposals), "hosts": len(hosts)}))
