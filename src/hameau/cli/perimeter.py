"""``hameau perimeter``: what may leave this machine, what holds it back, and how that is proved."""

from __future__ import annotations

import getpass
import os
import time
from contextlib import suppress
from datetime import datetime

import click

from hameau.cli import terminal
from hameau.cli.guard import guard
from hameau.cli.house import as_json, house
from hameau.cli.moments import later
from hameau.cli.prove import prove
from hameau.cli.words import _
from hameau.hub import Hub
from hameau.kit import N_, BadInput, NotFound, stamp
from hameau.perimeter import FOREVER, Connection, Level, Neighbour, PerimeterState, words

HOME_NETWORK, EVERYTHING = "home-network", "all"
_COLUMNS = (N_("name"), N_("where to"), N_("what for"), N_("who"), N_("until"))


@click.group(help=_("Say what may leave this machine, allow or deny it, and prove it."), invoke_without_command=True)
@click.pass_context
def perimeter(context: click.Context) -> None:
    if context.invoked_subcommand is None:
        context.invoke(show)


@perimeter.command(help=_("Say what may leave, and what holds the rest back."))
@as_json
def show(json_: bool = False) -> None:
    with house() as hub:
        hub.perimeter.self_test()
        state = hub.perimeter.state()
    if json_:
        terminal.document(as_document(state))
        return
    protection = state.protection
    terminal.line(_(words.LEVELS[state.policy.level]), "bold")
    terminal.line(_(words.ENFORCEMENT[protection.level]), "" if protection.proven else "red")
    if protection.proven:
        terminal.line(_(words.PROVEN), "green")
    elif protection.failures:
        terminal.line(_(words.BROKEN, {"failures": ", ".join(protection.failures)}), "red")
    for wall in protection.walls:
        terminal.line(f"  · {_(words.WALLS.get(wall, wall))}", "dim")
    terminal.line(
        _(
            N_("Nothing has left since {when}. Attempts refused: {refused}."),
            {"when": _local(state.since), "refused": state.refused},
        )
    )
    for neighbour in state.policy.neighbours:
        terminal.line(_(N_("Neighbour: {host}"), {"host": _place(neighbour.host, neighbour.port)}))
    if state.open:
        terminal.table([_(name) for name in _COLUMNS], [_row(each) for each in state.open])


@perimeter.command(help=_("Allow one Connection: HOST:PORT, or « home-network » with the neighbours you name."))
@click.argument("place", metavar="HOST[:PORT]")
@click.option("--why", default="", help=_("What for. It is shown beside the Connection."))
@click.option("--name", default="", help=_("Its name; those who need it ask by it."))
@click.option(
    "--until", metavar=_("WHEN"), help=_("When it ends: 2h, 7d, today, 2026-12-31. Default: until you deny it.")
)
@click.option("--local", is_flag=True, help=_("The name may stand for a machine of the local network, or this one."))
@click.option("--neighbour", multiple=True, metavar="HOST[:PORT]", help=_("With home-network: a machine of it."))
@as_json
def allow(
    place: str, why: str, name: str, until: str | None, local: bool, neighbour: tuple[str, ...], json_: bool
) -> None:
    with house() as hub:
        if place == HOME_NETWORK:
            if until or name or local or why:
                raise BadInput(
                    N_("--until, --name, --why and --local are for one Connection, not for the home network."),
                    hint=N_("The home network stays open until: hameau perimeter deny home-network"),
                )
            neighbours = tuple(Neighbour(*split_place(each, 0)) for each in neighbour)
            hub.perimeter.set_level(Level.HOME_NETWORK, neighbours)
            named = ", ".join(_place(each.host, each.port) for each in neighbours) or "—"
            terminal.note(N_("Open to the home network. Neighbours: {names}"), {"names": named})
        elif neighbour:
            raise BadInput(
                N_("--neighbour is for the home network."),
                hint=N_("Write: hameau perimeter allow home-network --neighbour HOST:PORT"),
            )
        else:
            _allow_one(hub, place, why, name, until, local)
        state = hub.perimeter.state()
    if json_:
        terminal.document(as_document(state))


def _allow_one(hub: Hub, place: str, why: str, name: str, until: str | None, local: bool) -> None:
    host, port = split_place(place, 443)
    if not why.strip():
        raise BadInput(N_("A Connection needs a reason."), hint=N_("Say what for, with --why."))
    end = later(until, time.time()) if until else FOREVER
    made = hub.perimeter.allow(host, port, why=why, who=_user(), name=name, until=end, local=local)
    fields = {"place": _place(made.host, made.port), "name": made.name, "until": _until(made)}
    terminal.note(
        N_("Allowed: by the Connection {name}, Hameau may now speak with {place} and with nobody else. End: {until}."),
        fields,
    )


@perimeter.command(help=_("Take Connections back at once; « home-network » closes that, « all » closes everything."))
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
def deny(names: tuple[str, ...]) -> None:
    with house() as hub:
        unknown: NotFound | None = None
        for name in names:
            try:
                _deny_one(hub, name)
            except NotFound as error:  # the others are closed all the same
                unknown = unknown or error
            else:
                terminal.note(N_("Closed: {name}"), {"name": name})
    if unknown is not None:
        raise unknown


def _deny_one(hub: Hub, name: str) -> None:
    if name in (HOME_NETWORK, EVERYTHING):
        hub.perimeter.set_level(Level.CLOSED)
    if name == EVERYTHING:
        for each in {each.name for each in hub.perimeter.policy().connections}:
            with suppress(NotFound):  # somebody was faster
                hub.perimeter.revoke(each)
    elif name != HOME_NETWORK:
        hub.perimeter.revoke(name)


perimeter.add_command(prove)
perimeter.add_command(guard)


def as_document(state: PerimeterState) -> dict[str, object]:
    """The state as one JSON document."""
    protection = state.protection
    return {
        "level": state.policy.level.value,
        "protection": {
            "level": protection.level.value,
            "walls": list(protection.walls),
            "tried": protection.tried,
            "proven": protection.proven,
            "failures": list(protection.failures),
        },
        "neighbours": [{"host": each.host, "port": each.port} for each in state.policy.neighbours],
        "connections": [
            {
                "name": each.name,
                "who": each.who,
                "why": each.why,
                "host": each.host,
                "port": each.port,
                "also": list(each.also),
                "local": each.local,
                "until": None if each.until == FOREVER else stamp(each.until),
            }
            for each in state.open
        ],
        "nothing_left_since": stamp(state.since),
        "refused": state.refused,
    }


def split_place(text: str, otherwise: int) -> tuple[str, int]:
    """Host and port of ``HOST``, ``HOST:PORT``, ``ADDRESS6`` or ``[ADDRESS6]:PORT``. Raises ``BadInput``."""
    host, colon, port = text.rpartition(":")
    if not colon or (":" in host and not text.startswith("[")) or text.endswith("]"):
        return text.strip("[]"), otherwise
    if not (port.isascii() and port.isdigit()):
        raise BadInput(N_("{port} is not a port."), hint=N_("A port lies between 1 and 65535."), port=port[:20])
    return host.strip("[]"), int(port)


def _row(connection: Connection) -> tuple[str, ...]:
    place = _place(connection.host, connection.port)
    return connection.name, place, _(connection.why), connection.who, _until(connection)


def _place(host: str, port: int) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"{shown}:{port}" if port else shown


def _until(connection: Connection) -> str:
    return _(N_("when you deny it")) if connection.until == FOREVER else _local(connection.until)


def _user() -> str:
    """Who types; the number of a user whom the system does not know, as in some containers."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid())


def _local(moment: float) -> str:
    return datetime.fromtimestamp(moment).astimezone().strftime("%Y-%m-%d %H:%M")
