"""``hameau status``: how far the library is, and what went wrong with which file."""

from __future__ import annotations

import click

from hameau.cli import terminal
from hameau.cli.house import as_json, house, in_space
from hameau.cli.words import _
from hameau.kit import N_
from hameau.library import LibraryStatus

_WORDS = {
    "documents": N_("documents"),
    "passages": N_("passages"),
    "embedded_passages": N_("passages found by meaning"),
    "pending": N_("waiting to be read"),
    "failed": N_("failed"),
}


@click.command(help=_("Say how far the library is, and which files failed and why."))
@in_space
@as_json
def status(space: str, json_: bool) -> None:
    with house() as hub:
        library, failures = hub.library.status(space), list(hub.library.failures(space))
        models = [each.card.id for each in hub.models.installed()]
        home = str(hub.home)
    if json_:
        terminal.document({**_fields(library), "models": models, "home": home, "failures": failures})
        return
    terminal.facts(
        {
            **{word: getattr(library, name) for name, word in _WORDS.items()},
            N_("models"): ", ".join(models) or "—",
            N_("home folder"): home,
        }
    )
    for notice in library.notices:
        terminal.line(_(notice), "yellow")
    for each in failures:
        terminal.line(f"✗ {terminal.one_line(each.uri)}", "red")
        why = f"  {_(each.reason or '', each.fields)} {_(each.hint or '', each.fields)}"
        terminal.line(terminal.one_line(why.rstrip()), "dim")


def _fields(library: LibraryStatus) -> dict[str, object]:
    return {name: getattr(library, name) for name in _WORDS} | {"notices": [_(notice) for notice in library.notices]}
