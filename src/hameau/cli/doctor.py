"""``hameau doctor``: what is right and what is not, each with what to do about it."""

from __future__ import annotations

import click

from hameau.cli import terminal
from hameau.cli.house import as_json, house
from hameau.cli.words import _
from hameau.hub import checkup

_MARKS = {"ok": ("✓", "green"), "warn": ("!", "yellow"), "fail": ("✗", "red")}


@click.command(help=_("Check this machine and the home folder. The exit code is 1 when something has to be repaired."))
@as_json
@click.pass_context
def doctor(context: click.Context, json_: bool) -> None:
    with house() as hub:
        checks = checkup(hub)
    failed = any(check.state == "fail" for check in checks)
    if json_:
        found = [
            {
                "name": check.name,
                "state": check.state,
                "detail": _(check.detail, check.fields),
                "hint": _(check.hint, check.fields),
            }
            for check in checks
        ]
        terminal.document({"healthy": not failed, "checks": found})
    else:
        for check in checks:
            mark, style = _MARKS[check.state]
            terminal.line(f"{mark} {_(check.title)}: {_(check.detail, check.fields)}", style)
            if check.hint:
                terminal.line(f"  → {_(check.hint, check.fields)}", "dim")
    context.exit(1 if failed else 0)
