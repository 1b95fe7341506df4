"""What may leave: what holds the border, what is open, allow and take back. Nothing opens before its sentence was read."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

from hameau.kit import BadInput, HameauError, NotFound, explain
from hameau.perimeter import Connection, Level, Neighbour, PerimeterState, asked_by, words
from hameau.server.border import must_be_near
from hameau.server.call import Call
from hameau.server.errors import status_of
from hameau.server.pages.journal import FACES
from hameau.server.pages.opening import Asked, asked_of, end_of, name_of, neighbours_of
from hameau.server.pages.render import Visit, go, page

SAFE_PORTS = frozenset({22, 443, 465, 636, 853, 989, 990, 993, 995, 5223, 8443})
OPEN_PORTS = frozenset({21, 23, 25, 80, 110, 119, 143, 389, 8080})
"""Ports on which programs usually encrypt, and usually do not (IANA, Service Name and Port Number Registry)."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The border as the page shows it; empty when the decisions can't be read."""

    state: PerimeterState
    over: tuple[Connection, ...]
    """Connections whose time is over: they hold no more, and wait to be taken away."""
    whole: bool
    """Whether the journal can say since when nothing left."""
    days: float
    walls: tuple[str, ...]
    trial: tuple[str, Mapping[str, object]]
    """What the self-test found: a text id and its fields."""


def show(call: Call, visit: Visit, asked: Asked | None = None, problem: HameauError | None = None) -> Response:
    """The page. ``asked`` is what stands in the form, ``problem`` why it was not taken."""
    shown: Shown | None = None
    try:
        shown = _shown(call)
        problem = problem or shown.state.trouble
    except HameauError as error:
        problem = problem or error
    return page(
        call,
        visit,
        "perimeter.html",
        status_of(problem) if problem and asked else 200,
        shown=shown,
        enforcement=words.ENFORCEMENT,
        levels=words.LEVELS,
        asked=asked or Asked(),
        faces=FACES,
        near=call.near,
        problem=explain(problem, call.language) if problem else None,
        said=visit.query.get("said", ""),
    )


def sign(call: Call, visit: Visit) -> Response:
    """The sign alone, for pages that stay open."""
    return page(call, visit, "sign.html")


def allow(call: Call, visit: Visit) -> Response:
    """First shows what would leave and to whom; allows it at the second yes."""
    must_be_near(call)
    try:
        asked = asked_of(visit.form)
    except HameauError as error:
        return show(call, visit, Asked.typed(visit.form), error)
    until = end_of(asked.until, time.time())
    if visit.form.get("consent") != "yes":
        return page(call, visit, "confirm-connection.html", asked=asked, until=until, way=_way(asked.number))
    perimeter = call.house.perimeter
    try:
        name = name_of(perimeter.policy(), asked.host, asked.number)
        perimeter.allow(
            asked.host, asked.number, why=asked.why, who=asked_by(), name=name, until=until, local=asked.local
        )
    except BadInput as error:
        return show(call, visit, asked, error)
    return go("/perimeter", said="allowed")


def confirm_revocation(call: Call, visit: Visit) -> Response:
    return page(call, visit, "confirm-revocation.html", connection=_connection(call, visit.ids["name"]))


def revoke(call: Call, visit: Visit) -> Response:
    must_be_near(call)
    call.house.perimeter.revoke(visit.ids["name"])
    return go("/perimeter", said="revoked")


def set_level(call: Call, visit: Visit) -> Response:
    """First shows what changes; sets it at the second yes."""
    must_be_near(call)
    wanted = Level.HOME_NETWORK if visit.form.get("level") == Level.HOME_NETWORK else Level.CLOSED
    text = visit.form.get("neighbours", "") if wanted is Level.HOME_NETWORK else ""
    try:
        neighbours: tuple[Neighbour, ...] = neighbours_of(text)
        if visit.form.get("consent") == "yes":
            call.house.perimeter.set_level(wanted, neighbours)
            return go("/perimeter", said="level")
        kept = len(call.house.perimeter.state().open)
    except HameauError as error:
        return show(call, visit, Asked(level=wanted, neighbours=text), error)
    return page(call, visit, "confirm-level.html", level=wanted.value, neighbours=neighbours, text=text, kept=kept)


def _shown(call: Call) -> Shown:
    state = call.house.perimeter.state()
    moment = time.time()
    protection = state.protection
    if protection.failures:
        trial = (words.BROKEN, {"failures": ", ".join(protection.failures)})
    else:
        trial = (words.PROVEN if protection.proven else words.UNTESTED, {})
    return Shown(
        state,
        tuple(one for one in state.policy.connections if moment >= one.until),
        call.house.perimeter.journal.summary().whole,
        max(0.0, moment - state.since),
        tuple(words.WALLS.get(wall, wall) for wall in protection.walls),
        trial,
    )


def _connection(call: Call, name: str) -> Connection:
    found = call.house.perimeter.policy().connection(name)
    if found is None:
        raise NotFound
    return found


def _way(port: int) -> str:
    """Whether others can usually read what passes by this port: ``safe``, ``open``, or empty when that is not known."""
    return "safe" if port in SAFE_PORTS else "open" if port in OPEN_PORTS else ""
