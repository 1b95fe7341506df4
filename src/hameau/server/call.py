"""What every handler gets: the house, the reader's language, who asks, and the work that goes on behind the pages."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from hameau.server.arrivals import Arrivals
from hameau.server.language import of_reader
from hameau.server.ports import House
from hameau.server.visitors import PERSON, VISITOR, Visitor


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as far as a handler needs to know it."""

    house: House
    language: str
    arrivals: Arrivals
    visitor: Visitor = PERSON

    @property
    def near(self) -> bool:
        """Whether the request comes from this very machine, and not from another one of the home network."""
        return self.visitor.near


def call_of(request: Request) -> Call:
    """The :class:`Call` of ``request``. Whom the doors did not let in may do nothing."""
    state = request.app.state
    visitor: Visitor = request.scope.get(VISITOR) or Visitor(near=False, scopes=frozenset())
    return Call(state.house, of_reader(request.cookies, request.headers), state.arrivals, visitor)
