"""``hameau conversations``: what was asked and answered stays with the person who asked."""

from __future__ import annotations

import json
from pathlib import Path

import click

from hameau.assistant import Conversation
from hameau.cli import terminal
from hameau.cli.house import as_json, house, in_space
from hameau.cli.words import _, as_text, language
from hameau.kit import N_

_COLUMNS = (N_("name"), N_("changed"), N_("questions"), N_("title"))


@click.group(help=_("List, read, search, export or delete conversations."))
def conversations() -> None:
    """Its commands follow."""


@conversations.command("list", help=_("List the conversations, the latest first."))
@in_space
@as_json
def list_(space: str, json_: bool) -> None:
    with house() as hub:
        _print(hub.assistant.conversations(space), json_)


@conversations.command(help=_("Find conversations by the words in them."))
@click.argument("words")
@in_space
@as_json
def search(words: str, space: str, json_: bool) -> None:
    with house() as hub:
        _print(hub.assistant.conversations(space, as_text(words)), json_)


@conversations.command(help=_("Print a conversation."))
@click.argument("name")
@as_json
def show(name: str, json_: bool) -> None:
    with house() as hub:
        kept = hub.assistant.export(name, "json" if json_ else "markdown", language=language())
    if json_:
        terminal.document(json.loads(kept))
    else:
        terminal.line(kept)


@conversations.command(help=_("Write a conversation into a file, or onto the output."))
@click.argument("name")
@click.option("--format", "form", type=click.Choice(["markdown", "json"]), default="markdown", show_default=True)
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help=_("The file to write."))
def export(name: str, form: str, output: Path | None) -> None:
    with house() as hub:
        kept = hub.assistant.export(name, "json" if form == "json" else "markdown", language=language())
    if output is None:
        click.echo(kept)
    else:
        output.write_text(kept, encoding="utf-8")
        terminal.note(N_("Written: {path}"), {"path": output})


@conversations.command(help=_("Delete conversations for good."))
@click.argument("names", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help=_("Don't ask again."))
def delete(names: tuple[str, ...], yes: bool) -> None:
    with house() as hub:
        titles = [hub.assistant.conversation(name).title for name in names]
        if not yes:
            for title in titles:
                terminal.line(f"· {terminal.one_line(title)}")
            if not terminal.confirmed(_("Delete for good?")):
                raise click.Abort
        for name in names:
            hub.assistant.delete(name)
    terminal.note(N_("Deleted: {count}"), {"count": len(names)})


def _print(found: list[Conversation], json_: bool) -> None:
    if json_:
        terminal.document(found)
        return
    terminal.table(
        _COLUMNS, [(each.id, each.updated_at[:16].replace("T", " "), each.turns, each.title) for each in found]
    )
