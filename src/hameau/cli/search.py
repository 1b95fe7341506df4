"""``hameau search``: passages, best first."""

from __future__ import annotations

import click

from hameau.cli import terminal
from hameau.cli.house import as_json, house, in_space
from hameau.cli.places import place, snippet
from hameau.cli.words import _, as_text, language
from hameau.kit import N_
from hameau.library import KINDS, SearchResults, bound, said

_LONGEST = 2000
"""Characters of a passage that are printed: a whole passage of ordinary text, a part of an enormous table."""


@click.command(help=_("Find passages, by words and by meaning. “In my emails from March” is understood."))
@click.argument("query")
@click.option("--limit", type=click.IntRange(1, 1000), default=10, show_default=True, help=_("How many at most."))
@click.option("--kind", "kinds", type=click.Choice(KINDS), multiple=True, help=_("Only this kind of document."))
@click.option("--since", default="", metavar=_("DATE"), help=_("Only documents from this day, month or year on."))
@click.option(
    "--until", default="", metavar=_("DATE"), help=_("Only documents up to the end of this day, month or year.")
)
@click.option(
    "--language", "languages", multiple=True, metavar=_("CODE"), help=_("Only documents in this language (fr, en…).")
)
@click.option("--who", default="", metavar=_("NAME"), help=_("Only what this person wrote or received."))
@click.option("--source", metavar=_("NAME"), help=_("Only this source (hameau sources)."))
@click.option(
    "--everywhere", is_flag=True, help=_("Take the whole question as words: nothing in it narrows the search.")
)
@in_space
@as_json
def search(
    query: str,
    limit: int,
    kinds: tuple[str, ...],
    since: str,
    until: str,
    languages: tuple[str, ...],
    who: str,
    source: str | None,
    everywhere: bool,
    space: str,
    json_: bool,
) -> None:
    only = bound(kinds=kinds, languages=languages, since=since, until=until, people=who)
    with house() as hub:
        hub.library.warm()  # one search and no other: it is worth waiting for the vectors of a large library
        found = hub.search(as_text(query), limit=limit, space=space, source_id=source, only=only, everywhere=everywhere)
    if json_:
        terminal.document(found)
        return
    _understood(found, by_question=found.understood.words != " ".join(query.split()))
    for number, result in enumerate(found.results, 1):
        terminal.line(f"{number}. {place(result.title, result.locator)}", "bold")
        terminal.line(terminal.one_line(result.uri), "dim")
        terminal.line(snippet(result.text, _LONGEST))
        if result.copies:
            titles = ", ".join(terminal.one_line(copy.title or copy.uri) for copy in result.copies)
            terminal.line(_(N_("Also in: {titles}"), {"titles": titles}), "dim")
        terminal.line()
    if not found.results:
        terminal.note(N_("Nothing was found."))
    terminal.note(
        N_("Passages: {count}, in {time}"), {"count": len(found.results), "time": terminal.duration(found.took_ms)}
    )


def _understood(found: SearchResults, *, by_question: bool) -> None:
    """What the question was taken to say, so that nothing is narrowed unseen. ``--everywhere`` undoes what its words say."""
    read = found.understood
    where = terminal.one_line(said(read.only, language()))
    if where and read.widened:
        terminal.note(N_("Nothing in {where}: this is from the whole library."), {"where": where})
    elif where and not by_question:
        terminal.note(N_("Searched in {where}."), {"where": where})
    elif where:
        terminal.note(N_("Searched in {where}. --everywhere searches the whole library."), {"where": where})
    if read.latest:
        terminal.note(N_("The newest first."))
    for word, taken in read.spelling.items():
        terminal.note(N_("“{word}” stands nowhere: “{taken}” was searched."), {"word": word, "taken": taken})
