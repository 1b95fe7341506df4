"""Keys told to a reader: what the API and the pages share."""

from __future__ import annotations

from hameau.kit import N_, Refused
from hameau.server.call import Call


def must_decide(call: Call) -> None:
    """Raises :class:`Refused` for a request from another machine: who may come in is decided where Hameau runs.

    A key that was stolen there must not make others. Taking keys back is allowed from anywhere.
    """
    if not call.near:
        raise Refused(
            N_("Keys can only be made on the machine where Hameau runs."),
            hint=N_("Open this page there, or use « hameau keys add » in its terminal."),
        )
