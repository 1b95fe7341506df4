"""What every handler gets: the house, the reader's language, and the work that goes on behind the pages."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from hameau.server.arrivals import Arrivals
from hameau.server.language import of_reader
from hameau.server.ports import House


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as far as a handler needs to know it."""

    house: House
    language: str
    arrivals: Arrivals


def call_of(request: Request) -> Call:
    """The :class:`Call` of ``request``."""
    state = request.app.state
    return Call(state.house, of_reader(request.cookies, request.headers), state.arrivals)
