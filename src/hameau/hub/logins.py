"""Logins on a server's own page: the person says yes there, and Hameau gets a password of its own (Nextcloud's login flow v2).

While one waits, its Connection is only lent; when it comes to nothing, it ends by itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from hameau.hub.connecting import Connecting, Proposal
from hameau.kit import N_, BadInput, HameauError, NotFound, new_id
from hameau.library import Source
from hameau.library.sources import Granted, Login, begin_login, poll_login
from hameau.perimeter import Perimeter

LASTING = 1200.0
"""Seconds that a login may take: as long as Nextcloud itself waits."""
_MOST = 50


@dataclass(frozen=True, slots=True)
class PendingLogin:
    """A login that waits for the person, who opens ``address`` in their browser."""

    id: str
    address: str
    host: str
    proposals: tuple[Proposal, ...]
    login: Login = field(repr=False)
    until: float = 0.0
    lent: bool = True
    """Whether the Connection was allowed for this login alone."""


class Logins:
    """The logins of one server. Thread-safe; nothing of them is kept when it ends."""

    def __init__(
        self, connecting: Connecting, border: Callable[[], Perimeter], clock: Callable[[], float] = time.time
    ) -> None:
        self._connecting = connecting
        self._border = border
        self._clock = clock
        self._pending: dict[str, PendingLogin] = {}
        self._lock = threading.Lock()

    def begin(self, proposals: Sequence[Proposal]) -> PendingLogin:
        """Asks the server of ``proposals`` (of one server, what is to be read there) for a login. The Connection of the first
        one is lent for it. Raises what the server's answer comes to."""
        first = proposals[0]
        asked = first.connection
        if asked is None:
            raise BadInput(N_("Nothing is logged in to there."))
        moment = self._clock()
        held = self._border().policy().connection(asked.name)
        lent = held is None or held.until <= moment + LASTING
        if lent:
            self._lend(first, moment + LASTING)
        try:
            login = begin_login(self._border().client, asked.name, first.uri)
        except BaseException:
            if lent:
                self._take_back(first)
            raise
        pending = PendingLogin(
            new_id("login"), login.address, asked.host, tuple(proposals), login, moment + LASTING, lent
        )
        with self._lock:
            self._pending = {key: one for key, one in self._pending.items() if one.until > moment}
            while len(self._pending) >= _MOST:
                del self._pending[next(iter(self._pending))]
            self._pending[pending.id] = pending
        return pending

    def find(self, login_id: str) -> PendingLogin:
        """The login of that name. Raises ``NotFound`` when it took too long."""
        found = self._pending.get(login_id)
        if found is None or found.until <= self._clock():
            raise NotFound(
                N_("This login took too long, or is over."), hint=N_("Begin it again from the page of sources.")
            )
        return found

    def poll(self, login_id: str, keep: str) -> tuple[Source, ...]:
        """The sources, once the person said yes there; nothing yet before. Their password is kept as ``keep`` says."""
        pending = self.find(login_id)
        asked = pending.proposals[0].connection
        assert asked is not None  # noqa: S101 - begin() looked
        granted = poll_login(self._border().client, asked.name, pending.login)
        if granted is None:
            return ()
        with self._lock:
            self._pending.pop(login_id, None)
        try:
            return self._connected(pending, granted, keep)
        except BaseException:
            if pending.lent:
                self._take_back(pending.proposals[0])
            raise

    def stop(self, login_id: str) -> None:
        """The person changed their mind."""
        with self._lock:
            pending = self._pending.pop(login_id, None)
        if pending is not None and pending.lent:
            self._take_back(pending.proposals[0])

    def _connected(self, pending: PendingLogin, granted: Granted, keep: str) -> tuple[Source, ...]:
        """The first must work; what else was wished for is left out where the server does not have it."""
        made: list[Source] = []
        for wish in pending.proposals:
            try:
                made.append(self._connect(wish, granted, keep))
            except HameauError:
                if not made:
                    raise
        return tuple(made)

    def _connect(self, wish: Proposal, granted: Granted, keep: str) -> Source:
        unwanted = ("connection", "nextcloud", "user")
        settings = {name: value for name, value in wish.settings.items() if name not in unwanted}
        proposal = self._connecting.propose(
            granted.files if wish.kind == "webdav" else granted.principal,
            kind=wish.kind,
            user=granted.user,
            space=wish.space,
            title="",
            settings=settings,
            local=settings.get("local") is True,
        )
        before, now = wish.reach, proposal.reach
        if before is None or now is None or (before.host, before.port) != (now.host, now.port):
            raise BadInput(N_("The server calls itself by another name than the one you allowed."))
        return self._connecting.connect(replace(proposal, title=""), secret=granted.password, keep=keep)

    def _lend(self, proposal: Proposal, until: float) -> None:
        asked = proposal.connection
        if asked is not None:
            self._border().allow(
                asked.host, asked.port, why=asked.why, who=asked.who, name=asked.name, until=until, local=asked.local
            )

    def _take_back(self, proposal: Proposal) -> None:
        asked = proposal.connection
        if asked is not None and not self._connecting.needed(asked.name):  # connected in another way meanwhile
            with suppress(NotFound):
                self._border().revoke(asked.name)
