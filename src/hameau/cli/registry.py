"""One line a command: its name, where it is, what it does. ``hameau --help`` reads this table and imports nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

import click

from hameau.cli.forms import dressed
from hameau.cli.words import _
from hameau.kit import N_


@dataclass(frozen=True, slots=True)
class Entry:
    """A command: ``module:attribute`` and its one sentence."""

    where: str
    help: str


COMMANDS: dict[str, Entry] = {
    "serve": Entry("hameau.cli.serve:serve", N_("Serve the pages and the API on this machine.")),
    "demo": Entry("hameau.cli.demo:demo", N_("Show the main job on the sample documents, then serve the pages.")),
    "add": Entry("hameau.cli.adding:add", N_("Add a folder, mail, a Nextcloud, a feed…, and read it.")),
    "sources": Entry("hameau.cli.sources:sources", N_("List, show, pause, remove or read again what was added.")),
    "feeds": Entry("hameau.cli.feeds:feeds", N_("List, take over or hand out the feeds you follow.")),
    "forget": Entry("hameau.cli.forget:forget", N_("Forget documents with every trace.")),
    "sync": Entry("hameau.cli.sources:sync", N_("Read again what changed in the sources.")),
    "search": Entry("hameau.cli.search:search", N_("Find passages.")),
    "ask": Entry("hameau.cli.ask:ask", N_("Ask your documents; every sentence of the answer points at its source.")),
    "web": Entry("hameau.cli.web:web", N_("Search the web through a SearXNG of your choice.")),
    "chat": Entry("hameau.cli.chat:chat", N_("Ask several questions in a row.")),
    "archives": Entry("hameau.cli.archives:archives", N_("Write your documents as an archive that Kiwix opens.")),
    "conversations": Entry(
        "hameau.cli.conversations:conversations", N_("List, read, search, export or delete conversations.")
    ),
    "status": Entry("hameau.cli.status:status", N_("Say how far the library is, and which files failed and why.")),
    "backup": Entry("hameau.cli.backup:backup", N_("Make a backup while Hameau works, and read it back.")),
    "restore": Entry("hameau.cli.restore:restore", N_("Put a backup back.")),
    "lock": Entry("hameau.cli.lock:lock", N_("Encrypt the home folder, and change what opens it.")),
    "downgrade": Entry("hameau.cli.downgrade:downgrade", N_("Undo an upgrade of the library, for an older Hameau.")),
    "doctor": Entry("hameau.cli.doctor:doctor", N_("Check this machine and the home folder.")),
    "perimeter": Entry(
        "hameau.cli.perimeter:perimeter", N_("Say what may leave this machine, allow or deny it, and prove it.")
    ),
    "journal": Entry(
        "hameau.cli.journal:journal", N_("Show what happened, check that nobody changed it, or export it.")
    ),
    "mcp": Entry(
        "hameau.cli.mcp:mcp", N_("Let an assistant on this machine read the documents (MCP, standard streams).")
    ),
    "keys": Entry("hameau.cli.keys:keys", N_("Let programs and other machines in, by keys.")),
    "models": Entry("hameau.cli.models:models", N_("List, add, show or remove models.")),
}


class Registry(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module, _dots, attribute = entry.where.partition(":")
        found = getattr(import_module(module), attribute)
        assert isinstance(found, click.Command), entry.where  # noqa: S101 - a mistake in the table above
        return dressed(found)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(_("Commands")):
            formatter.write_dl([(name, _(entry.help)) for name, entry in COMMANDS.items()])
