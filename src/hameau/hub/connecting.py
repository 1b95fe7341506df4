"""How a source comes into the house and leaves it: what it would reach is shown, a person says yes, it is tried, then kept.

Or all of it is taken back: a wrong password leaves no Connection, no source and no secret behind. Two sources of one kind at
one host share a Connection, which goes with the last of them.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import Protocol, runtime_checkable
from urllib.parse import quote, urlsplit

from hameau.hub.guessing import Guess, guess, is_guessed
from hameau.hub.trials import TrialSecrets
from hameau.kit import N_, BadInput, Missing, NotFound, Unavailable, new_id, now
from hameau.library import NamedSource, OutwardSource, Reach, Source, SourceAdapter, SourceContext
from hameau.perimeter import Connection, Perimeter, asked_by, is_this_machine

KEPT, KEYRING, FILE = "kept", "keyring", "file:"
"""Where a source's secret is: in the library, in the desktop's keyring, or in a file that somebody else renews."""
_LONGEST_SECRET = 8192
_LONGEST_NAME = 64
_TRIAL_SECONDS = 1800.0
"""For which a Connection is lent while a source is tried out."""
_GUESSED = N_(
    "Is the mail address written right? If it is, ask your provider what its IMAP server is called, and give that instead: "
    "imaps://{user}@SERVER"
)
_CLEAR = ("http", "imap", "webcal", "dav")


class SecretKeeper(Protocol):
    """Where secrets of sources are kept."""

    def put(self, source: Source, secret: str) -> None: ...
    def remove(self, source: Source) -> None: ...


class Profile(Protocol):
    """A browser's folder."""

    @property
    def title(self) -> str: ...
    @property
    def path(self) -> Path: ...


@runtime_checkable
class HasProfiles(Protocol):
    """A kind of source that finds its places on this machine by itself."""

    def profiles(self) -> Sequence[Profile]: ...


class SourceBook(Protocol):
    """The sources of a library."""

    def add_source(
        self, kind: str, uri: str, *, space: str = ..., title: str = ..., settings: Mapping[str, object] | None = ...
    ) -> Source: ...
    def change_source(self, source_id: str, /, *, settings: Mapping[str, object]) -> Source: ...
    def remove_source(self, source_id: str, /) -> object: ...
    def pause_source(self, source_id: str, /) -> object: ...
    def resume_source(self, source_id: str, /) -> object: ...
    def sources(self, space: str, /) -> Sequence[Source]: ...
    def source_ids(self) -> Sequence[str]: ...
    def source(self, source_id: str, /) -> Source: ...


@dataclass(frozen=True, slots=True)
class Proposal:
    """A source as it would be, before the yes."""

    kind: str
    uri: str
    title: str
    space: str
    settings: Mapping[str, object] = field(default_factory=dict)
    reach: Reach | None = None
    """Where it leads outside this Hameau; ``None`` for a place of this machine's own disk."""
    connection: Connection | None = None
    """What the yes allows."""
    known: Source | None = None
    """The same source, when it is in the library already."""

    @property
    def needs_secret(self) -> bool:
        """Whether a password or a token is asked for there."""
        return self.reach is not None and self.reach.secret

    @property
    def name(self) -> str:
        """What a person may call it, when they and the other side say nothing."""
        return self.title or (self.reach.name if self.reach else "")

    @property
    def near(self) -> bool:
        """Whether the other side is a program of this very machine."""
        return self.reach is not None and is_this_machine(self.reach.host)

    @property
    def clear(self) -> bool:
        """Whether others on the way may be able to read what passes."""
        return self.reach is not None and not self.near and urlsplit(self.uri).scheme in _CLEAR

    @property
    def user(self) -> str:
        """Whom the source belongs to there."""
        return str(self.settings.get("user", ""))


class Connecting:
    """The sources of one home, as a person connects them. Thread-safe.

    ``together`` makes what is written inside its block one act: all of it, or nothing.
    """

    def __init__(
        self,
        together: Callable[[], AbstractContextManager[object]],
        library: SourceBook,
        border: Callable[[], Perimeter],
        adapters: Callable[[], Mapping[str, SourceAdapter]],
        keeper: SecretKeeper,
        secrets: TrialSecrets,
        max_file_bytes: int,
    ) -> None:
        self._together = together
        self._library = library
        self._border = border
        self._adapters = adapters
        self._keeper = keeper
        self._secrets = secrets
        self._max_file_bytes = max_file_bytes

    def kinds(self) -> tuple[str, ...]:
        """The kinds of sources that this Hameau can read."""
        return tuple(self._adapters())

    def profiles(self) -> tuple[tuple[str, str], ...]:
        """Browsers of this person on this machine: the title and the folder of each."""
        browsers = self._adapters().get("browser")
        found: Sequence[Profile] = browsers.profiles() if isinstance(browsers, HasProfiles) else ()
        return tuple((one.title, str(one.path)) for one in found)

    def propose(
        self,
        what: str,
        *,
        kind: str = "",
        user: str = "",
        title: str = "",
        space: str = "home",
        settings: Mapping[str, object] | None = None,
        local: bool = False,
        known: Mapping[tuple[str, str], Source] | None = None,
    ) -> Proposal:
        """What ``what`` would be as a source: a path, an address, a mail address. Asks nobody outside.

        ``kind`` says which kind it is where that was chosen, ``local`` that a name may lead to a machine of the person's own
        network; ``known`` are the sources of the space by kind and address, where many are proposed in a row. Raises
        ``BadInput``, ``NotFound`` or ``Refused`` when it can't be a source.
        """
        found: Guess = guess(what, kind, user)
        adapter = self._adapter(found.kind)
        wanted = {**found.settings, **(settings or {})}
        if local:
            wanted["local"] = True
        uri = adapter.check(found.uri, wanted)
        there = known if known is not None else {(one.kind, one.uri): one for one in self._library.sources(space)}
        same = there.get((found.kind, uri))
        if not isinstance(adapter, OutwardSource):
            named = title or (adapter.title(uri) if isinstance(adapter, NamedSource) else "")
            return Proposal(found.kind, uri, named, space, wanted, known=same)
        reach = adapter.reach(uri, wanted)
        connection = self._connection(found.kind, reach, local)
        wanted["connection"] = connection.name
        return Proposal(found.kind, uri, title, space, wanted, reach, connection, same)

    def connect(self, proposal: Proposal, *, secret: str = "", keep: str = KEPT) -> Source:
        """Allows what was proposed, tries it, and keeps source and secret; its documents are read in the background.

        ``keep`` says where ``secret`` is kept: ``kept``, ``keyring``, or ``file:PATH`` for one that is read from a file each
        time. Nothing is allowed or kept when it does not answer as it should: raises what the adapter raises.
        """
        asked = proposal.connection
        if asked is None:
            return self._keep(replace(proposal, title=proposal.title or PurePath(proposal.uri).name), "")
        proposal = self._with_secret(proposal, secret, keep)
        before = self._border().policy().connection(asked.name)
        # Only lent while it is tried: when this process is killed meanwhile, it ends by itself.
        self._allow(replace(asked, until=max(before.until if before else 0.0, time.time() + _TRIAL_SECONDS)))
        try:
            said = self._try_out(proposal, secret)
            self._allow(asked)
            return self._keep(replace(proposal, title=proposal.title or said or proposal.name), secret)
        except BaseException as error:
            self._take_back(asked, before)
            if isinstance(error, Unavailable) and proposal.kind == "imap" and is_guessed(proposal.user, asked.host):
                raise Unavailable(
                    error.message, hint=_GUESSED, **{**error.fields, "user": quote(proposal.user, safe="")}
                ) from error
            raise

    def connect_all(self, proposals: Sequence[Proposal]) -> list[Source]:
        """Many sources that need no secret, such as the feeds of a list: allowed and kept in one go, and tried when they are
        first read."""
        wanted = [one.connection for one in proposals if one.connection is not None]
        asked = {one.name: one for one in wanted}
        before = self._border().policy()
        try:
            with self._together():
                made = [self._keep(replace(one, title=one.title or one.name), "") for one in proposals]
                self._allow(*wanted)
            return made
        except BaseException:
            for name, connection in asked.items():
                self._take_back(connection, before.connection(name))
            raise

    def remove(self, source_id: str) -> Source:
        """Forgets a source with everything that it brought, its secret, and the Connection that nobody else needs now. What
        is open of it is cut. Raises ``NotFound``."""
        source = self._library.source(source_id)
        self._release(source)
        self._keeper.remove(source)
        self._library.remove_source(source_id)
        return source

    def pause(self, source_id: str) -> Source:
        """Leaves a source alone until :meth:`resume`; what it brought stays."""
        self._library.pause_source(source_id)
        return self._library.source(source_id)

    def resume(self, source_id: str) -> Source:
        """Reads a source again from now on."""
        self._library.resume_source(source_id)
        return self._library.source(source_id)

    def again(self, source_id: str) -> Proposal:
        """The proposal of a source that is in the library: to allow it again, or with another password. Raises ``NotFound``."""
        source = self._library.source(source_id)
        settings = {name: value for name, value in source.settings.items() if name != "connection"}
        return self.propose(
            source.uri,
            kind=source.kind,
            user=str(settings.get("user", "")),
            title=source.title,
            space=source.space,
            settings=settings,
            local=settings.get("local") is True,
        )

    def _with_secret(self, proposal: Proposal, secret: str, keep: str) -> Proposal:
        """The proposal, and where its secret will be. Raises ``BadInput`` without one that is needed."""
        if len(secret) > _LONGEST_SECRET or "\x00" in secret:
            raise BadInput(N_("That can’t be a password: it is too long."))
        if secret or keep.startswith(FILE):
            return replace(proposal, settings={**proposal.settings, "secret": keep})
        if proposal.known is not None and proposal.known.settings.get("secret"):
            return replace(proposal, settings={**proposal.settings, "secret": proposal.known.settings["secret"]})
        if proposal.needs_secret:
            raise BadInput(
                N_("A password is needed to read this."),
                hint=N_(
                    "Best is a password for this one purpose, which most services make for you (an “app password”)."
                ),
            )
        return proposal

    def _try_out(self, proposal: Proposal, secret: str) -> str:
        """A title for the source. Raises why it can't be read."""
        adapter = self._adapter(proposal.kind)
        if not isinstance(adapter, OutwardSource):
            return ""
        trial_id = proposal.known.id if proposal.known and not secret else new_id("try")
        trial = Source(
            trial_id,
            proposal.space,
            proposal.kind,
            proposal.uri,
            proposal.title,
            "new",
            now(),
            settings=proposal.settings,
        )
        context = SourceContext(trial, self._max_file_bytes)
        if not secret:
            return adapter.try_out(context)
        with self._secrets.trying(trial_id, secret):
            return adapter.try_out(context)

    def _keep(self, proposal: Proposal, secret: str) -> Source:
        """The source, with its secret, in one go."""
        with self._together():
            source = self._library.add_source(
                proposal.kind, proposal.uri, space=proposal.space, title=proposal.title, settings=proposal.settings
            )
            if proposal.known is not None:
                if proposal.known.settings.get("secret") != proposal.settings.get("secret"):
                    self._keeper.remove(proposal.known)  # it is elsewhere from now on
                source = self._library.change_source(source.id, settings=proposal.settings)
                self._library.resume_source(source.id)
            if secret:
                self._keeper.put(source, secret)
        return self._library.source(source.id)

    def _allow(self, *connections: Connection) -> None:
        """What was allowed of these already stays allowed: another source may need it."""
        held = {one.name: one for one in self._border().policy().connections}
        for one in connections:
            before = held.get(one.name)
            also = tuple(dict.fromkeys((*(before.also if before else ()), *one.also)))
            held[one.name] = replace(one, also=also)
        self._border().allow_all([held[name] for name in dict.fromkeys(one.name for one in connections)])

    def _take_back(self, asked: Connection, before: Connection | None) -> None:
        """As it was ``before``; one that was over, or is by now, is gone."""
        if before is not None and before.until > time.time():
            self._border().allow(
                before.host, before.port, why=before.why, who=before.who, name=before.name,
                until=before.until, also=before.also, local=before.local,
            )  # fmt: skip
            return
        if self.needed(asked.name):  # connected in another window meanwhile
            return
        with suppress(NotFound):  # a person was faster
            self._border().revoke(asked.name)

    def _release(self, source: Source) -> None:
        """Takes back the Connection of a source that is about to go, or what of it the others do not need."""
        name = source.settings.get("connection")
        if not isinstance(name, str) or not name:
            return
        others = self._sharing(name, source.id)
        if not others:
            with suppress(NotFound):
                self._border().revoke(name)
            return
        held = self._border().policy().connection(name)
        if held is None or not held.also:
            return
        also = tuple(dict.fromkeys(host for one in others for host in self._also(one)))
        if also != held.also:
            self._take_back(held, replace(held, also=also))

    def needed(self, name: str) -> bool:
        """Whether a source of the library is read under the Connection ``name``."""
        return bool(self._sharing(name))

    def _sharing(self, name: str, but: str = "") -> list[Source]:
        """The sources, but one, that are read under the Connection ``name``."""
        ids = [one for one in self._library.source_ids() if one != but]
        return [one for one in map(self._library.source, ids) if one.settings.get("connection") == name]

    def _also(self, source: Source) -> tuple[str, ...]:
        adapter = self._adapters().get(source.kind)
        return adapter.reach(source.uri, source.settings).also if isinstance(adapter, OutwardSource) else ()

    def _connection(self, kind: str, reach: Reach, local: bool) -> Connection:
        return Connection(
            name=self._name(kind, reach),
            who=asked_by(),
            why=reach.why,
            host=reach.host,
            port=reach.port,
            also=reach.also,
            local=local or reach.local or is_this_machine(reach.host),
        )

    def _name(self, kind: str, reach: Reach) -> str:
        """One Connection for each kind at each host and port."""
        host = re.sub(r"[^a-z0-9.-]+", "-", reach.host.lower()).strip(".-") or "host"
        usual = f"source.{kind}.{host}"
        if len(usual) > _LONGEST_NAME:
            digest = hashlib.sha256(host.encode()).hexdigest()[:10]
            usual = f"source.{kind}.{host[: _LONGEST_NAME - 30]}-{digest}"
        there = self._border().policy().connection(usual)
        if there is None or there.port == reach.port:
            return usual
        return f"{usual[: _LONGEST_NAME - 6]}-{reach.port}"

    def _adapter(self, kind: str) -> SourceAdapter:
        adapter = self._adapters().get(kind)
        if adapter is None:
            raise Missing(N_("This Hameau can’t read sources of the kind {kind}."), kind=kind[:40])
        return adapter
