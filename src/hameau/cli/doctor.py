"""``hameau doctor``: what is right and what is not, each with what to do about it."""

from __future__ import annotations

import click

from hameau.cli import terminal
from hameau.cli.house import as_json, closed_house, house
from hameau.cli.words import _, decimal
from hameau.hub import Check, Repair, checkup, repair
from hameau.kit import N_
from hameau.perimeter import Kind

_MARKS = {"ok": ("✓", "green"), "warn": ("!", "yellow"), "fail": ("✗", "red")}


@click.command(help=_("Check this machine and the home folder. The exit code is 1 when something has to be repaired."))
@click.option("--repair", "repairing", is_flag=True, help=_("First put right what can be. Hameau must not be running."))
@as_json
@click.pass_context
def doctor(context: click.Context, repairing: bool, json_: bool) -> None:
    repairs: tuple[Repair, ...] = ()
    known = None
    if repairing:
        with closed_house() as (home, known):
            repairs = repair(home, known)
    with house(known) as hub:
        for each in repairs:
            hub.perimeter.record(Kind.REPAIRED, what=each.name)
        checks = checkup(hub)
    failed = any(check.state == "fail" for check in checks)
    if json_:
        found = [
            {
                "name": check.name,
                "state": check.state,
                "detail": _(check.detail, _fields(check)),
                "hint": _(check.hint, _fields(check)),
            }
            for check in checks
        ]
        told = [{"name": each.name, "message": _(each.message, each.fields)} for each in repairs]
        terminal.document({"healthy": not failed, "checks": found, "repairs": told})
    else:
        for each in repairs:
            terminal.line(f"⚒ {terminal.one_line(_(each.message, each.fields))}", "bold")
        for check in checks:
            mark, style = _MARKS[check.state]
            words = _(N_("{what}: {found}"), {"what": _(check.title), "found": _(check.detail, _fields(check))})
            terminal.line(f"{mark} {terminal.one_line(words)}", style)
            if check.hint:
                terminal.line(f"  → {terminal.one_line(_(check.hint, _fields(check)))}", "dim")
    context.exit(1 if failed else 0)


def _fields(check: Check) -> dict[str, object]:
    """What the check found, decimals as the reader writes them."""
    return {name: decimal(value) if isinstance(value, float) else value for name, value in check.fields.items()}
