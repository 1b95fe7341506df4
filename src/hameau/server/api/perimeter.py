"""What may leave this machine: read it, allow one Connection, take it back, set the level."""

from __future__ import annotations

from hameau.perimeter import FOREVER, Level, Neighbour, asked_by
from hameau.server.border import moment_of, must_be_near, told_connection, told_state
from hameau.server.call import Call
from hameau.server.endpoint import Endpoint
from hameau.server.shapes import ByName, ConnectionNow, NewConnection, NewLevel, NoParameters, PerimeterNow


def show(call: Call, _: NoParameters) -> PerimeterNow:
    return told_state(call.house.perimeter.state(), call.language)


def allow(call: Call, _: NoParameters, body: NewConnection) -> ConnectionNow:
    must_be_near(call)
    until = moment_of(body.until or "")
    made = call.house.perimeter.allow(
        body.host,
        body.port,
        why=body.why,
        who=asked_by(),
        name=body.name,
        until=FOREVER if until is None else until,
        local=body.local,
    )
    return told_connection(made)


def revoke(call: Call, wanted: ByName) -> None:
    must_be_near(call)
    call.house.perimeter.revoke(wanted.name)


def set_level(call: Call, _: NoParameters, body: NewLevel) -> PerimeterNow:
    must_be_near(call)
    neighbours = tuple(Neighbour(each.host, each.port) for each in body.neighbours)
    call.house.perimeter.set_level(Level(body.level), neighbours)
    return show(call, NoParameters())


ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/v1/perimeter",
        "What may leave this machine, what holds the rest back, since when nothing left",
        show,
        answer=PerimeterNow,
        tag="perimeter",
    ),
    Endpoint(
        "POST",
        "/api/v1/perimeter/connections",
        "Allow one Connection: one host, one port, one reason; one of the same name is replaced",
        allow,
        body=NewConnection,
        answer=ConnectionNow,
        status=201,
        tag="perimeter",
    ),
    Endpoint(
        "DELETE",
        "/api/v1/perimeter/connections/{name}",
        "Take a Connection back at once; what is open of it is cut",
        revoke,
        ByName,
        status=204,
        tag="perimeter",
    ),
    Endpoint(
        "PUT",
        "/api/v1/perimeter/level",
        "Set how far Hameau may reach without a Connection; Connections stay",
        set_level,
        body=NewLevel,
        answer=PerimeterNow,
        tag="perimeter",
    ),
)
