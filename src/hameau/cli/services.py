"""``hameau models connect``, ``services`` and ``disconnect``: other programs that run models for us."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path

import click

from hameau.cli import terminal
from hameau.cli.house import as_json, house
from hameau.cli.words import _
from hameau.hub import Hub
from hameau.kit import N_, BadInput, Cancelled, HameauError
from hameau.models import InstalledModel, Proposal, Service
from hameau.perimeter import is_far

_COLUMNS = (N_("name"), N_("kind"), N_("address"), N_("models"), N_("Connection"))
_LONGEST_KEY = 8192


@click.command(
    help=_(
        "Let a program that runs models answer here: an Ollama server, or one with OpenAI's protocol (vLLM, llama.cpp…)."
    )
)
@click.argument("url")
@click.option("--kind", type=click.Choice(["ollama", "openai"]), help=_("What it speaks. Default: it is found out."))
@click.option("--name", default="", help=_("What to call it; its models are then NAME/MODEL."))
@click.option(
    "--key-file",
    type=click.Path(path_type=Path, allow_dash=True),
    help=_("A file with the key it asks for; - reads it from the input."),
)
@click.option("--local", is_flag=True, help=_("The name may stand for a machine of the local network, or this one."))
@click.option("--yes", is_flag=True, help=_("Allow it without being asked."))
@as_json
def connect(url: str, kind: str | None, name: str, key_file: Path | None, local: bool, yes: bool, json_: bool) -> None:
    secret = _key(key_file) if key_file else ""
    with house() as hub:
        proposal = hub.services.propose(url, _user(), name=name, kind=kind or "", secret=secret, local=local)
        if not yes and not terminal.confirmed(_question(proposal)):
            raise Cancelled(N_("Nothing was allowed."))
        service, found = hub.services.connect(proposal)
    if json_:
        terminal.document(_fields(service, found))
        return
    terminal.line(_(N_("Connected: {name}. Models: {count}"), {"name": service.id, "count": len(found)}))
    for model in found:
        terminal.line(f"  {terminal.one_line(model.card.id)}", "dim")


@click.command(help=_("List the programs that run models for Hameau, and what they have."))
@click.option("--refresh", is_flag=True, help=_("Ask each of them what it has now."))
@as_json
def services(refresh: bool, json_: bool) -> None:
    with house() as hub:
        failures = _refreshed(hub) if refresh else []
        there = _by_service(hub)
    if json_:
        terminal.document([_fields(service, models) for service, models in there])
    elif not there:
        terminal.note(N_("No program is connected yet. Connect one: hameau models connect ADDRESS"))
    else:
        terminal.table([_(name) for name in _COLUMNS], [_row(service, models) for service, models in there])
        for _service, models in there:
            for model in models:
                terminal.line(f"  {terminal.one_line(model.card.id)}", "dim")
    if failures:
        raise failures[0]


@click.command(help=_("Forget such a program, its key and its models, and take its Connection back."))
@click.argument("names", nargs=-1, required=True)
def disconnect(names: tuple[str, ...]) -> None:
    with house() as hub:
        for name in names:
            hub.services.disconnect(name)
            terminal.note(N_("Disconnected: {name}"), {"name": name})


def _by_service(hub: Hub) -> list[tuple[Service, tuple[InstalledModel, ...]]]:
    models = hub.services.models()
    return [(one, tuple(model for model in models if model.service == one.id)) for one in hub.services.all()]


def _refreshed(hub: Hub) -> list[HameauError]:
    failures: list[HameauError] = []
    for service in hub.services.all():
        try:
            hub.services.refresh(service.id)
        except HameauError as error:  # the others are asked all the same
            failures.append(error)
    return failures


def _question(proposal: Proposal) -> str:
    place = f"{proposal.connection.host}:{proposal.connection.port}"
    if proposal.near:
        where = N_("a program of this machine, which could pass things on")
    elif is_far(proposal.connection.host) or not proposal.connection.local:
        where = N_("another machine, on the internet")
    else:
        where = N_("another machine of your network")
    words = N_(
        "Allow the Connection {name} to {place}, {where}? Questions to its models, the passages they are answered from and "
        "pictures will be sent there; nothing is sent until you choose one of them."
    )
    return _(words, {"name": proposal.connection.name, "place": place, "where": _(where)})


def _key(file: Path) -> str:
    """The key in ``file``, never taken from the command line, which other users of the machine can see."""
    try:
        raw = sys.stdin.buffer.read(_LONGEST_KEY) if str(file) == "-" else file.read_bytes()[:_LONGEST_KEY]
        return raw.decode("ascii").strip()
    except OSError as error:
        raise BadInput(N_("{path} can't be read: {reason}"), path=str(file), reason=error.strerror or error) from error
    except UnicodeDecodeError as error:
        raise BadInput(N_("That can't be a key: it holds signs that no key has, or it is too long.")) from error


def _fields(service: Service, models: tuple[InstalledModel, ...]) -> dict[str, object]:
    """All but the key."""
    return {
        "name": service.id,
        "kind": service.kind,
        "url": service.url,
        "connection": service.connection,
        "has_key": bool(service.secret),
        "added_at": service.added_at,
        "models": [
            {
                "name": model.card.id,
                "kind": model.card.kind,
                "context": model.card.context,
                "abilities": sorted(model.abilities),
            }
            for model in models
        ],
    }


def _row(service: Service, models: tuple[InstalledModel, ...]) -> tuple[object, ...]:
    return service.id, service.kind, terminal.one_line(service.url), len(models), service.connection


def _user() -> str:
    """Who types; the number of a user whom the system does not know, as in some containers."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid())
