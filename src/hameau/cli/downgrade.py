"""``hameau downgrade``: the way back from an upgrade."""

from __future__ import annotations

import click

from hameau.cli import terminal
from hameau.cli.house import as_json, closed_house
from hameau.cli.words import _
from hameau.hub import downgrade as bring_back
from hameau.kit import N_


@click.command(
    help=_(
        "Undo an upgrade of the library, so that an older Hameau can be installed again. Run it with the newer one, and"
        " start the older one afterwards."
    )
)
@click.option("--to", type=click.IntRange(1), help=_("The version of the tables. Default: the one before."))
@click.option(
    "--exactly", is_flag=True, help=_("Put back the very file from before the upgrade, without what came since.")
)
@as_json
def downgrade(to: int | None, exactly: bool, json_: bool) -> None:
    with closed_house() as (home, key):
        done = bring_back(home, key, to=to or 0, exactly=exactly)
    if json_:
        terminal.document({"version": done.version, "kept": str(done.kept)})
    else:
        terminal.line(_(N_("The library is at version {version} again."), {"version": done.version}))
        terminal.note(N_("As it was before this, it is kept in {path}."), {"path": done.kept})
        terminal.note(N_("Install the older Hameau now: this one would upgrade the library again."))
