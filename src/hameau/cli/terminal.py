"""Everything that is printed: sentences in the reader's language, tables, JSON. Knows nothing of what they mean.

Documents are strangers' words: control characters are taken out before they reach the terminal, because an escape
sequence in a file could move the cursor, change the window's title or answer in the person's name.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hameau.cli.controls import one_line, safe
from hameau.cli.words import _, decimal
from hameau.kit import N_

__all__ = [
    "confirmed",
    "console",
    "document",
    "duration",
    "facts",
    "line",
    "note",
    "one_line",
    "plain",
    "safe",
    "size",
    "table",
]

_CHOICE = N_("[y/N]")
_YES = {"y", "yes", "o", "oui"}


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """The entry of the command line knows what to do; rich would exit on its own."""
        raise BrokenPipeError


def console(*, error: bool = False) -> Console:
    """A console that respects NO_COLOR and pipes: no colour, no wrapping and no animation when nobody watches."""
    made = _Console(stderr=error, highlight=False, markup=False, emoji=False)
    made.soft_wrap = not made.is_terminal
    return made


def line(text: str = "", style: str = "") -> None:
    """One line on the output."""
    out = console()
    out.print(Text(safe(text), style=style), soft_wrap=not out.is_terminal)


def note(message: str, fields: Mapping[str, object] | None = None) -> None:
    """One line about the work itself, on the error output, so that the output stays data."""
    console(error=True).print(Text(one_line(_(message, fields)), style="dim"), soft_wrap=True)


def confirmed(question: str) -> bool:
    """Asks on the error output; only a clear yes in one of our languages is one. Raises ``click.Abort`` at the end of input."""
    click.echo(f"{one_line(question)} {_(_CHOICE)} ", nl=False, err=True)
    answer = sys.stdin.readline()
    if not answer:
        raise click.Abort
    return answer.strip().lower() in _YES


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table for people on a terminal, lines with tabs for programs on a pipe. Numbers stand at the right."""
    out = console()
    if not out.is_terminal:
        for row in rows:
            click.echo("\t".join(one_line(cell) for cell in row))
        return
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for index, column in enumerate(columns):
        numbers = bool(rows) and all(isinstance(row[index], int | float) for row in rows)
        drawn.add_column(_(column), justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(one_line(cell)) for cell in row))
    out.print(drawn)


def facts(rows: Mapping[str, object]) -> None:
    """Words and their values, one a line, the values below each other."""
    width = max(len(_(word)) for word in rows)
    for word, value in rows.items():
        line(f"{_(word):<{width}}  {one_line(value)}")


def document(value: object) -> None:
    """``value`` as the one JSON document of the output."""
    click.echo(json.dumps(plain(value), ensure_ascii=False, indent=2))


def plain(value: object) -> object:
    """Nouns, tuples, sets and mappings as JSON knows them."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, AbstractSet):
        return sorted(plain(item) for item in value)  # type: ignore[type-var]  # sets of ours hold texts
    return value


def size(count: int) -> str:
    """A number of bytes for people, in the decimal units that disks and downloads are sold in (IEC 80000-13)."""
    amount, units = float(count), [_("bytes"), _("kB"), _("MB"), _("GB"), _("TB")]
    while amount >= 1000 and len(units) > 1:
        amount /= 1000
        units.pop(0)
    return f"{amount:.0f} {units[0]}" if amount >= 10 or amount == int(amount) else f"{decimal(amount)} {units[0]}"


def duration(milliseconds: float | None) -> str:
    """A time for people; a dash when there is none."""
    if milliseconds is None:
        return "—"
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{decimal(milliseconds / 1000)} s"
