"""``hameau backup``: a copy of the home, made while it is used and read back before it counts."""

from __future__ import annotations

from pathlib import Path

import click

from hameau.cli import terminal
from hameau.cli.house import as_json, house
from hameau.cli.progress import counting
from hameau.cli.secrets import unlocking
from hameau.cli.words import _
from hameau.hub import back_up, check_backup
from hameau.kit import N_
from hameau.perimeter import Kind


@click.command(
    help=_(
        "Make a backup while Hameau works, and read it back. A folder grows by what changed since the last backup in it;"
        " a name with an ending such as .hameau is one file. Models are left out."
    )
)
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--keep", type=click.IntRange(1), help=_("Keep only so many backups in the folder. Default: all."))
@click.option("--check", is_flag=True, help=_("Make none: read every byte of those that are there."))
@as_json
def backup(path: Path, keep: int | None, check: bool, json_: bool) -> None:
    target = path.expanduser().absolute()
    if check:
        _check(target, json_)
        return
    with house() as hub, counting(N_("Writing: {done} of {total}")) as progress:
        made = back_up(hub, target, keep=keep or 0, progress=progress)
        hub.perimeter.record(Kind.BACKED_UP, backup=made.name)
    if json_:
        terminal.document(
            {
                "name": made.name,
                "path": str(target),
                "made_at": made.manifest.made_at,
                "files": len(made.manifest.files),
                "bytes": made.manifest.size,
                "written_bytes": made.written,
                "encrypted": made.encrypted,
                "models_left_out": [model.id for model in made.manifest.models],
            }
        )
        return
    fields = {"size": terminal.size(made.manifest.size), "written": terminal.size(made.written), "path": target}
    terminal.line(_(N_("The backup is made and read back: {size}, of which {written} are new, in {path}."), fields))
    if not made.encrypted:
        terminal.note(N_("It is not encrypted: whoever has it can read it. « hameau lock on » encrypts this home."))


def _check(target: Path, json_: bool) -> None:
    with counting() as progress:
        found = check_backup(target, unlocking().key, progress=progress)
    if json_:
        terminal.document({"path": str(target), "backups": [name for name, _manifest in found], "sound": True})
    else:
        terminal.line(_(N_("Backups that are whole: {count}. Every byte of them was read."), {"count": len(found)}))
