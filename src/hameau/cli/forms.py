"""How click's pages look in the reader's language: what click writes without asking gettext is put right here."""

from __future__ import annotations

import click

from hameau.cli.words import _
from hameau.kit import N_

NAMES = (
    N_("TEXT"), N_("FILE"), N_("PATH"), N_("INTEGER"), N_("INTEGER RANGE"), N_("NAME"), N_("NAMES"),
    N_("QUERY"), N_("QUESTION"), N_("WORDS"), N_("MODEL"),
)  # fmt: skip
"""What stands for a value in a usage line; click makes them from the names of types and arguments."""


class _Formatter(click.HelpFormatter):
    def write_heading(self, heading: str) -> None:
        """French has a space before the colon."""
        self.write(" " * self.current_indent + _(N_("{what}:"), {"what": heading}) + "\n")


class Context(click.Context):
    """A context whose help speaks the reader's language."""

    formatter_class = _Formatter


def dressed(command: click.Command) -> click.Command:
    """``command`` and those below it, with the words of its usage line in the reader's language."""
    command.context_class = Context
    command.options_metavar = _(N_("[OPTIONS]"))
    if isinstance(command, click.Group):
        command.subcommand_metavar = _(N_("COMMAND [ARGS]..."))
        for below in command.commands.values():
            dressed(below)
    for parameter in command.params:
        if parameter.metavar is None:
            parameter.metavar = _metavar(parameter)
    return command


def _metavar(parameter: click.Parameter) -> str | None:
    """As click makes it, in the reader's language; ``None`` where it is a list of choices or there is no value."""
    if isinstance(parameter.type, click.Choice) or getattr(parameter, "is_flag", False):
        return None
    if not isinstance(parameter, click.Argument):
        return _((parameter.type.name or "text").upper())
    name = _((parameter.name or "").upper())
    return (name if parameter.required else f"[{name}]") + ("..." if parameter.nargs != 1 else "")
