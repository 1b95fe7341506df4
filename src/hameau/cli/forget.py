"""``hameau forget``: a document goes with every trace, and stays out until it is let back."""

from __future__ import annotations

from pathlib import Path

import click

from hameau.cli import terminal
from hameau.cli.follow import bring_up_to_date
from hameau.cli.house import as_json, house, in_space
from hameau.cli.words import _
from hameau.hub import Hub
from hameau.kit import N_, NotFound, Unavailable

_SHOWN = 5


@click.command(help=_("Forget documents with every trace. Files stay where they are, and are not read again."))
@click.argument("what", nargs=-1, required=True, metavar=_("PATH|NUMBER…"))
@click.option("--undo", is_flag=True, help=_("Let these files be read again."))
@click.option("--yes", "-y", is_flag=True, help=_("Don't ask first."))
@in_space
@as_json
def forget(what: tuple[str, ...], undo: bool, yes: bool, space: str, json_: bool) -> None:
    with house() as hub:
        if undo:
            _let_back(hub, what, space, json_)
        else:
            _forget(hub, what, space, yes=yes, json_=json_)


def _forget(hub: Hub, what: tuple[str, ...], space: str, *, yes: bool, json_: bool) -> None:
    ids = list(dict.fromkeys(number for each in what for number in _found(hub, each, space)))
    if not yes and not json_:
        for number in ids[:_SHOWN]:
            terminal.note("{path}", {"path": hub.library.document(number).uri})
        if not terminal.confirmed(_(N_("Forget for good (documents: {count})?"), {"count": len(ids)})):
            raise click.Abort
    copies = list(dict.fromkeys(uri for number in ids for uri in hub.forget(number)))
    try:
        hub.library.erasing.finish()
        traces = 0
    except Unavailable:  # the job stands in the library: a running Hameau does it, or the next one
        traces = 1
    if json_:
        terminal.document({"forgotten": ids, "copies": copies, "waiting": bool(traces)})
        return
    terminal.line(_(N_("Forgotten with every trace (documents: {count})."), {"count": len(ids)}))
    for uri in copies:
        terminal.line(_(N_("The same content still stands in: {path}"), {"path": terminal.one_line(uri)}), "yellow")
    if any((hub.home / "backups").glob("*")):
        terminal.note(
            N_("Backups, and the copies in {path}, keep what they held until you remove them."),
            {"path": terminal.one_line(str(hub.home / "backups"))},
        )
    if traces:
        terminal.note(N_("Somebody uses the library right now: its last deleted bytes go in the background."))


def _let_back(hub: Hub, what: tuple[str, ...], space: str, json_: bool) -> None:
    count = 0
    for source in hub.library.sources(space):
        count += sum(hub.library.let_back(source.id, uri) for each in what for uri in _places(each))
    if not count:
        raise NotFound(
            N_("Nothing was kept out at this place."),
            hint=N_("Name the file as it was when it was forgotten; `hameau add` reads any file."),
        )
    bring_up_to_date(hub, space=space, silent=json_)
    if json_:
        terminal.document({"let_back": count})
    else:
        terminal.line(_(N_("Read again (files: {count})."), {"count": count}))


def _found(hub: Hub, what: str, space: str) -> list[int]:
    """The documents called ``what``: a number, or a path and all that is below it. Raises ``NotFound``."""
    if what.isascii() and what.isdigit() and len(what) < 19 and not Path(what).exists():
        document = hub.library.document(int(what))
        if document.space == space:
            return [document.id]
    for uri in _places(what):
        if found := hub.library.erasing.documents_at(uri, space):
            return found
    raise NotFound(
        N_("No document was read at {path}."),
        hint=N_("`hameau search` and the pages show where a document comes from."),
        path=what,
    )


def _places(what: str) -> list[str]:
    """How the library may know the path ``what``: itself, and where its links lead."""
    path = Path(what).expanduser()
    return list(dict.fromkeys((str(path.resolve()), str(path.absolute()))))
