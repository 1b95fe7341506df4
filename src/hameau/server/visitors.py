"""What another machine of the home network may do: ask and read. Everything else is done where Hameau runs.

Whoever is in the house could else have any folder of this machine read aloud, or throw documents away.
"""

from __future__ import annotations

from hameau.kit import N_, Refused
from hameau.server.call import Call
from hameau.server.doors import SAFE

_ASKING = frozenset({"/ask", "/api/v1/ask", "/language"})


def may_come_from_afar(method: str, path: str) -> bool:
    """Whether a request only asks or reads. Pure."""
    return method in SAFE or path in _ASKING


def check_visitor(call: Call, method: str, path: str) -> None:
    """Raises :class:`Refused` for what another machine may not do."""
    if not call.near and not may_come_from_afar(method, path):
        raise Refused(
            N_("From another machine, Hameau can be asked and read, not changed."),
            hint=N_("Do that on the machine where Hameau runs."),
        )
