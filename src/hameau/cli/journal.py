"""``hameau journal``: what happened, and whether anybody changed it since."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

import click

from hameau.cli import terminal
from hameau.cli.house import as_json, house
from hameau.cli.moments import earlier
from hameau.cli.words import _, language
from hameau.kit import N_, stamp
from hameau.perimeter import Entry, Journal, Kind, Verification, asking

_COLUMNS = (N_("when"), N_("what happened"), N_("who"))


@click.group(help=_("Show what happened, check that nobody changed it, or export it."))
def journal() -> None:
    """Its commands follow."""


@journal.command(help=_("Show what happened, the latest first."))
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice([kind.value for kind in Kind]),
    help=_("Only entries of this kind."),
)
@click.option("--since", metavar=_("WHEN"), help=_("Not before: 2h, 7d, today, 2026-12-31 or 2026-12-31T14:00."))
@click.option("--until", metavar=_("WHEN"), help=_("Not after."))
@click.option("--text", default="", help=_("Only entries in which these signs occur."))
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help=_("How many."))
@as_json
def show(kinds: tuple[str, ...], since: str | None, until: str | None, text: str, limit: int, json_: bool) -> None:
    now = time.time()
    first = earlier(since, now) if since else None
    last = earlier(until, now, end=True) if until else None
    with house() as hub:
        found = hub.perimeter.journal.entries(
            kinds={Kind(kind) for kind in kinds} or None, since=first, until=last, text=text, limit=limit
        )
    if json_:
        terminal.document([as_document(entry) for entry in found])
    elif not found:
        terminal.note(N_("The journal holds nothing of this kind."))
    else:
        terminal.table(_COLUMNS, [(_local(each.time), Journal.sentence(each, language()), each.by) for each in found])


@journal.command(
    help=_("Check that no byte was changed, removed, moved or added: of this home, or of an exported FILE.")
)
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--head", default="", metavar=_("HASH"), help=_("The hash that you noted earlier; it must be in the journal.")
)
@as_json
def verify(file: Path | None, head: str, json_: bool) -> None:
    if file is not None:
        found = Journal.verify_file(file, head=head)
    else:
        with house() as hub:
            found = hub.perimeter.journal.verify(head=head)
    if json_:
        terminal.document(_findings(found))
    else:
        _tell(found)
    if not found.ok:
        raise click.exceptions.Exit(1)


@journal.command(help=_("Write the whole journal into one file, which anybody can check on another machine."))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@as_json
def export(file: Path, json_: bool) -> None:
    with house() as hub, asking("command"):
        found = hub.perimeter.journal.export(file.absolute(), by="command")
    if json_:
        terminal.document({"file": str(file), **_findings(found)})
        return
    terminal.note(N_("Written: {path}"), {"path": file})
    _tell(found)


def as_document(entry: Entry) -> dict[str, object]:
    """An entry as JSON, with its sentence in the reader's language."""
    return {
        "number": entry.number,
        "time": stamp(entry.time),
        "kind": str(entry.kind),
        "by": entry.by,
        "sentence": Journal.sentence(entry, language()),
        "reason": Journal.reason(entry, language()),
        "facts": dict(entry.facts),
        "hash": entry.hash,
    }


def _findings(found: Verification) -> dict[str, object]:
    problems = [
        {
            "segment": each.segment,
            "line": each.line,
            "entry": each.number,
            "what": _(each.what, each.fields),
        }
        for each in found.problems
    ]
    return {
        "ok": found.ok,
        "entries": found.entries,
        "segments": found.segments,
        "head": found.head,
        "key": found.key,
        "problems": problems,
    }


def _tell(found: Verification) -> None:
    """What a check found, in words."""
    for each in found.problems:
        fields = {"file": each.segment, "line": each.line, "entry": each.number, "what": _(each.what, each.fields)}
        place = N_("{file}, line {line}, entry {entry}: {what}") if each.line else N_("{file}: {what}")
        terminal.line(_(place, fields), "red")
    if not found.ok:
        terminal.line(_(N_("This journal is not as it was written.")), "bold red")
    elif not found.entries:
        terminal.line(_(N_("The journal is empty.")))
        return
    else:
        terminal.line(_(N_("Nothing was changed. Entries checked: {count}."), {"count": found.entries}), "green")
    terminal.facts({N_("head"): found.head, N_("key"): found.key})
    if found.ok:
        terminal.note(
            N_("Note the head elsewhere: « hameau journal verify --head » finds a journal that was written anew since.")
        )


def _local(moment: float) -> str:
    """By the reader's clock."""
    return datetime.fromtimestamp(moment).astimezone().strftime("%Y-%m-%d %H:%M:%S")
