"""What one login at a Nextcloud is to open: shared by the page and the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hameau.hub import Proposal
from hameau.kit import N_, BadInput
from hameau.server.call import Call

WISHES = ("webdav", "caldav", "carddav")
"""What one login may open, in the order in which it is tried."""


def wishes(
    call: Call, what: str, kinds: Sequence[str], settings: Mapping[str, object], *, local: bool, space: str = "home"
) -> list[Proposal]:
    """What is to be read at one server. Raises ``BadInput`` as proposing does."""
    connecting = call.house.connecting
    found = [kind for kind in WISHES if kind in kinds and kind in connecting.kinds()]
    if not found:
        raise BadInput(N_("Say what to read there: files, calendars or contacts."))
    return [
        connecting.propose(what, kind=kind, settings=settings if kind == "webdav" else {}, local=local, space=space)
        for kind in found
    ]
