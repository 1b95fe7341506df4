"""``hameau restore``: puts a backup back, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import click

from hameau.cli import terminal
from hameau.cli.house import as_json, house
from hameau.cli.progress import counting
from hameau.cli.secrets import unlocking
from hameau.cli.words import _
from hameau.hub import Manifest, Restored, list_backups
from hameau.hub import restore as put_back
from hameau.kit import N_, home_folder
from hameau.perimeter import Kind

_COLUMNS = (N_("name"), N_("made"), N_("size"))


@click.command(
    help=_(
        "Put a backup back: onto an empty home folder, or with --replace in the place of what is there, which is kept in"
        " backups/. A backup of an older Hameau is brought up to date."
    )
)
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--name", default="", help=_("Which of the backups there. Default: the latest."))
@click.option("--list", "listing", is_flag=True, help=_("Only say which backups are there."))
@click.option("--replace", is_flag=True, help=_("Take the place of what is in the home folder."))
@as_json
def restore(path: Path, name: str, listing: bool, replace: bool, json_: bool) -> None:
    source, unlock = path.expanduser().absolute(), unlocking().key
    if listing:
        _list(list_backups(source, unlock), json_)
        return
    home = home_folder()
    with counting(N_("Reading: {done} of {total}")) as progress:
        done = put_back(home, source, unlock, name=name, replace=replace, progress=progress)
    with house(done.key) as hub:
        hub.settle_in(done.manifest.home)
        hub.perimeter.record(Kind.RESTORED, backup=done.name)
        missing = [
            model.id
            for model in done.manifest.models
            if model.id not in {each.card.id for each in hub.models.installed()}
        ]
    _told(done, home, missing, json_)


def _told(done: Restored, home: Path, missing: list[str], json_: bool) -> None:
    if json_:
        aside = str(done.aside) if done.aside else None
        terminal.document(
            {
                "name": done.name,
                "home": str(home),
                "made_at": done.manifest.made_at,
                "aside": aside,
                "models_missing": missing,
            }
        )
        return
    fields = {"moment": _moment(done.manifest), "home": home}
    terminal.line(_(N_("The backup of {moment} is back in {home}."), fields))
    if done.aside:
        terminal.note(
            N_("What was there before is in {path}; remove it when you no longer need it."), {"path": done.aside}
        )
    for model in missing:
        terminal.note(
            N_("Models are not in a backup. Fetch this one again with: hameau models add {name}"), {"name": model}
        )


def _list(found: tuple[tuple[str, Manifest], ...], json_: bool) -> None:
    if json_:
        terminal.document(
            [{"name": name, "made_at": each.made_at, "bytes": each.size, "home": each.home} for name, each in found]
        )
    else:
        terminal.table(_COLUMNS, [(name, _moment(each), terminal.size(each.size)) for name, each in reversed(found)])


def _moment(manifest: Manifest) -> str:
    return manifest.made_at[:16].replace("T", " ")
