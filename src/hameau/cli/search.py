"""``hameau search``: passages, best first."""

from __future__ import annotations

import click

from hameau.cli import terminal
from hameau.cli.house import as_json, house, in_space
from hameau.cli.places import place, snippet
from hameau.cli.words import _, as_text
from hameau.kit import N_

_LONGEST = 2000
"""Characters of a passage that are printed: a whole passage of ordinary text, a part of an enormous table."""


@click.command(help=_("Find passages, by words and by meaning."))
@click.argument("query")
@click.option("--limit", type=click.IntRange(1, 1000), default=10, show_default=True, help=_("How many at most."))
@in_space
@as_json
def search(query: str, limit: int, space: str, json_: bool) -> None:
    with house() as hub:
        found = hub.search(as_text(query), limit=limit, space=space)
    if json_:
        terminal.document(found)
        return
    for number, result in enumerate(found.results, 1):
        terminal.line(f"{number}. {place(result.title, result.locator)}", "bold")
        terminal.line(terminal.one_line(result.uri), "dim")
        terminal.line(snippet(result.text, _LONGEST))
        terminal.line()
    if not found.results:
        terminal.note(N_("Nothing was found."))
    terminal.note(
        N_("{count} passages in {time}"), {"count": len(found.results), "time": terminal.duration(found.took_ms)}
    )
