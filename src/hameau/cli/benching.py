"""``hameau models bench`` and ``hameau models advise``: how models do on this machine, and which suits it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping

import click

from hameau.cli import terminal
from hameau.cli.house import as_json, house
from hameau.cli.words import _, decimal, language
from hameau.energy import Meter
from hameau.hub import Hub
from hameau.kit import N_, Missing
from hameau.models import (
    Advice,
    Machine,
    Measured,
    Reason,
    advise,
    bench,
    keep_measured,
    measured_in,
    physical_cores,
)

_COLUMNS = (
    N_("name"), N_("load"), N_("reads"), N_("writes"), N_("memory"), N_("an answer"), N_("right answers"), N_("energy"),
)  # fmt: skip
_VERDICTS = {
    "best": N_("★ the best here"),
    "good": N_("works well"),
    "slow": N_("slow"),
    "too_large": N_("too large"),
    "no_room": N_("no room"),
    "other_language": N_("another language"),
}


@click.command(
    "bench",
    help=_(
        "Measure models on this machine: loading, speed, memory, energy where the machine tells it, and how many of our "
        "questions in French they answer right. Without a name: every chat model that is here."
    ),
)
@click.argument("names", nargs=-1)
@click.option("--no-questions", is_flag=True, help=_("Only speed and memory, which takes some seconds."))
@as_json
def bench_(names: tuple[str, ...], no_questions: bool, json_: bool) -> None:
    with house() as hub:
        if hub.presence.taken():
            terminal.note(N_("A server of Hameau is running: what it does meanwhile makes models look slower."))
        found = [_measure(hub, name, ask=not no_questions) for name in names or _here(hub)]
    if json_:
        terminal.document(found)
        return
    terminal.table(_COLUMNS, [_row(each) for each in found])
    if any(each.score for each in found) and not any(each.watt_hours for each in found):
        terminal.note(N_("Energy was not measured: this machine does not tell it, or not to this user."))


def _here(hub: Hub) -> list[str]:
    """The chat models of this machine itself."""
    found = [each.card.id for each in hub.models.installed() if each.card.kind == "chat" and not each.service]
    if not found:
        raise Missing(
            N_("No chat model is installed."), hint=N_("« hameau models advise » says which one suits this machine.")
        )
    return found


def _measure(hub: Hub, name: str, *, ask: bool) -> Measured:
    out = terminal.console(error=True)
    with out.status(terminal.one_line(name)) as status:

        def told(what: str, done: int, of: int) -> None:
            status.update(f"{terminal.one_line(name)} · {_(what)} {done + 1}/{of}")

        measured = bench(hub.models, name, Meter(), physical_cores(), ask=ask, told=told)
    keep_measured(hub.home, measured)
    return measured


def _row(each: Measured) -> tuple[object, ...]:
    right = f"{each.score.right}/{each.score.asked}" if each.score else "—"
    energy = f"{decimal(each.watt_hours * 1000)} mWh" if each.watt_hours else "—"
    return (
        each.model,
        terminal.duration(each.load_s * 1000),
        _rate(each.read_per_s),
        _rate(each.write_per_s),
        terminal.size(each.memory_bytes),
        terminal.duration(each.answer_s * 1000 if each.answer_s else None),
        right,
        energy,
    )


def _rate(per_second: float) -> str:
    return _(N_("{count} tokens/s"), {"count": decimal(per_second)})


@click.command("advise", help=_("Say which model of the catalogue suits this machine, and why."))
@as_json
def advise_(json_: bool) -> None:
    with house() as hub:
        models = hub.models
        installed = {each.card.id for each in models.installed()}
        machine = _machine(hub)
        found = advise(models.cards(), installed, machine, measured_in(hub.home), language())
    if json_:
        terminal.document({"machine": machine, "advice": [_document(each) for each in found]})
        return
    terminal.facts(
        {
            N_("memory"): terminal.size(machine.memory_total),
            N_("cores"): machine.cores,
            N_("free on the disk"): terminal.size(machine.disk),
        }
    )
    for each in found:
        terminal.line()
        head = (
            N_("{title} ({model}): {verdict} · here already") if each.installed else N_("{title} ({model}): {verdict}")
        )
        fields = {"title": each.card.title, "model": each.card.id, "verdict": _(_VERDICTS[each.verdict])}
        terminal.line(
            terminal.one_line(_(head, fields)),
            "bold" if each.verdict == "best" else "",
        )
        for reason in each.reasons:
            terminal.line(f"  {_said(reason)}")
    if found and found[0].verdict == "best" and not found[0].installed:
        terminal.line()
        terminal.note(N_("Fetch it with: hameau models add {model}"), {"model": found[0].card.id})
    if not all(each.measured for each in found if each.installed):
        terminal.note(N_("« hameau models bench » measures the models that are here."))


def _machine(hub: Hub) -> Machine:
    """What this machine has, as far as we may use it."""
    memory, folder = hub.models.memory(), hub.settings.models_path
    while not folder.exists():
        folder = folder.parent
    return Machine(memory.free + memory.used, memory.total, physical_cores(), shutil.disk_usage(folder).free)


def _said(reason: Reason) -> str:
    return _(reason.text, _shown(reason.fields))


def _shown(fields: Mapping[str, object]) -> dict[str, object]:
    return {
        name: terminal.size(value) if name.endswith("_bytes") and isinstance(value, int) else value
        for name, value in fields.items()
    }


def _document(each: Advice) -> dict[str, object]:
    return {
        "model": each.card.id,
        "title": each.card.title,
        "verdict": each.verdict,
        "answer_s": round(each.answer_s, 1),
        "measured": each.measured,
        "installed": each.installed,
        "reasons": [_said(reason) for reason in each.reasons],
    }
