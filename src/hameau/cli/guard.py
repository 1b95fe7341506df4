"""``hameau perimeter guard``: root's process that has the system hold Hameau's own user. Runs outside the perimeter."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from hameau.cli import terminal
from hameau.cli.words import _
from hameau.kit import N_, home_folder
from hameau.perimeter import Journal, Kind
from hameau.perimeter.kernel import MECHANISMS, keep, release


@click.command(help=_("For root: have the system's packet filter hold everything that one user sends."))
@click.option("--user", required=True, help=_("The user that Hameau runs as."))
@click.option("--home", type=click.Path(file_okay=False, path_type=Path), help=_("That user's home folder of Hameau."))
@click.option("--mechanism", type=click.Choice(MECHANISMS), default="auto", show_default=True)
@click.option(
    "--policy",
    type=click.Path(file_okay=False, path_type=Path),
    help=_(
        "A folder of root's with a perimeter.toml: what the system lets out at most, whatever Hameau itself allows."
    ),
)
@click.option("--remove", is_flag=True, help=_("Take the walls away, and end."))
def guard(user: str, home: Path | None, mechanism: str, policy: Path | None, remove: bool) -> None:
    if remove:
        release(user)
        terminal.note(N_("The system no longer holds {user}."), {"user": user})
        return
    folder = home or home_folder()
    keep(user, folder, record=Recorder(folder), mechanism=mechanism, policy_folder=policy)


class Recorder:
    """Writes what the system refused into the home's journal. Opens it at the first entry: by then in the process of the
    home's owner."""

    def __init__(self, home: Path) -> None:
        self._journal = Journal(home / "journal")

    def __call__(self, facts: Mapping[str, str | int | float | bool]) -> None:
        self._journal.record(Kind.REFUSED, by="", **facts)
