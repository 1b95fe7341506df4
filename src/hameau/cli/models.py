"""``hameau models``: what can answer here, and what it needs."""

from __future__ import annotations

import getpass
from dataclasses import asdict
from pathlib import Path

import click
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from hameau.cli import terminal
from hameau.cli.benching import advise_, bench_
from hameau.cli.house import as_json, house
from hameau.cli.services import connect, disconnect, services
from hameau.cli.words import _, language
from hameau.hub import Hub
from hameau.kit import N_
from hameau.models import OLLAMA, InstalledModel, ModelCard, nearby_in_ollama
from hameau.perimeter import Connection

_ABILITIES = {
    "vision": N_("sees pictures"),
    "thinking": N_("can think first"),
    "tools": N_("can use tools"),
    "insert": N_("fills gaps in a text"),
}
_COLUMNS = (N_("name"), N_("kind"), N_("here"), N_("size"), N_("memory"), N_("licence"), N_("title"))


@click.group(help=_("List, add, show or remove models."))
def models() -> None:
    """Its commands follow."""


@models.command("list", help=_("List the models of the catalogue and those of this machine."))
@as_json
def list_(json_: bool) -> None:
    with house() as hub:
        installed = {each.card.id: each for each in hub.models.installed()}
        cards = {card.id: card for card in hub.models.cards()} | {key: each.card for key, each in installed.items()}
    if json_:
        terminal.document([{**_fields(card), "installed": card.id in installed} for card in cards.values()])
        return
    rows = [
        (
            card.id,
            card.kind,
            "✓" if card.id in installed else "",
            terminal.size(card.size_bytes),
            terminal.size(card.ram_bytes),
            card.license,
            card.title,
        )
        for card in cards.values()
    ]
    terminal.table(_COLUMNS, rows)


@models.command(help=_("Add a model of the catalogue, or a GGUF file, a folder or a USB stick that holds some."))
@click.argument("model")
@click.option("--yes", is_flag=True, help=_("Allow the one download that this model needs, without being asked."))
@as_json
def add(model: str, yes: bool, json_: bool) -> None:
    with house() as hub:
        added = add_with_progress(hub, model, yes=yes, silent=json_)
    if json_:
        terminal.document(added)
    else:
        fields = {"title": terminal.one_line(added.card.title), "name": added.card.id}
        terminal.line(_(N_("Here: {title} ({name})"), fields))


@models.command(help=_("Say everything about a model: licence, languages, size, memory, where it comes from."))
@click.argument("model")
@as_json
def show(model: str, json_: bool) -> None:
    with house() as hub:
        card = hub.models.card(model)
        one = next((each for each in hub.models.installed() if each.card.id == card.id), None)
    path, abilities = (one.path, sorted(one.abilities)) if one else (None, [])
    if json_:
        terminal.document({**_fields(card), "installed": path is not None, "path": path or "", "abilities": abilities})
        return
    terminal.line(terminal.one_line(card.title), "bold")
    if note := card.note.get(language(), ""):
        terminal.line(note)
    terminal.facts(
        {
            N_("name"): card.id,
            N_("kind"): card.kind,
            N_("family"): f"{card.family} {card.parameters} {card.quantization}".strip(),
            N_("languages"): ", ".join(card.languages),
            N_("licence"): f"{card.license} {card.license_url}".strip(),
            N_("size"): terminal.size(card.size_bytes),
            N_("memory"): terminal.size(card.ram_bytes),
            N_("SHA-256"): card.sha256 or "—",
            N_("here"): path or ("✓" if path is not None else "—"),
            N_("abilities"): ", ".join(_(words) for ability, words in _ABILITIES.items() if ability in abilities)
            or "—",
        }
    )


@models.command(help=_("Remove models and free their disk space."))
@click.argument("names", nargs=-1, required=True)
def remove(names: tuple[str, ...]) -> None:
    with house() as hub:
        for name in names:
            hub.models.remove(name)
            terminal.note(N_("Removed: {name}"), {"name": name})


@models.command(
    "import", help=_("Use models that Ollama keeps on this machine, without a second copy; without a name, list them.")
)
@click.argument("names", nargs=-1)
@click.option("--all", "every", is_flag=True, help=_("All of them."))
@as_json
def import_(names: tuple[str, ...], every: bool, json_: bool) -> None:
    kept = nearby_in_ollama()
    with house() as hub:
        if names or every:
            wanted = [one.name for one in kept] if every else names
            brought = [add_with_progress(hub, f"{OLLAMA}{name}", silent=json_) for name in wanted]
        here = {each.card.id for each in hub.models.installed()}
    if json_:
        terminal.document(
            brought if names or every else [{**asdict(one), "installed": one.name in here} for one in kept]
        )
    elif names or every:
        for each in brought:
            terminal.line(
                _(N_("Here: {title} ({name})"), {"title": terminal.one_line(each.card.title), "name": each.card.id})
            )
    elif kept:
        rows = [
            (terminal.one_line(one.name), "✓" if one.name in here else "", terminal.size(one.size_bytes))
            for one in kept
        ]
        terminal.table((N_("name"), N_("here"), N_("size")), rows)
    else:
        terminal.note(N_("Ollama keeps no models on this machine, or they may not be read by you."))


models.add_command(bench_)
models.add_command(advise_)
models.add_command(connect)
models.add_command(services)
models.add_command(disconnect)


def add_with_progress(hub: Hub, model: str, *, yes: bool = False, silent: bool = False) -> InstalledModel:
    """Adds a model; a bar on the error output says how far it is. Asks before anything leaves the machine."""
    path = not model.startswith(OLLAMA) and ("/" in model or Path(model).exists())
    what = Path(model).expanduser() if path else model
    consent = _consent(hub, what, yes) if isinstance(what, str) else None
    out = terminal.console(error=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=out, transient=True, disable=silent or not out.is_terminal) as bars:
        task = bars.add_task(terminal.one_line(model), total=None)

        def moved(done: int, total: int) -> None:
            bars.update(task, completed=done, total=total or None)

        return hub.models.add(what, moved, consent=consent)


def _consent(hub: Hub, name: str, yes: bool) -> Connection | None:
    """What the person says yes to, where the model comes from outside the package index; ``None`` when nothing is to ask."""
    if name not in {card.id for card in hub.models.cards()}:
        return None
    asked = hub.models.consent_for(name, getpass.getuser())
    if asked is None or yes:
        return asked
    size = terminal.size(hub.models.card(name).size_bytes)
    words = N_("Download {size} from {host}? Nothing else will leave this machine.")
    return asked if terminal.confirmed(_(words, {"size": size, "host": asked.host})) else None


def _fields(card: ModelCard) -> dict[str, object]:
    fields = terminal.plain(card)
    assert isinstance(fields, dict)  # noqa: S101 - a card is a dataclass, so it is a mapping of names
    return fields
