"""Sources elsewhere that live in memory, and the real way of connecting them over a library in memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hameau.hub import Connecting, FeedList, PendingLogin, Proposal
from hameau.hub.trials import TrialSecrets
from hameau.kit import BadInput, Corrupt, NotFound, Refused, Unavailable
from hameau.library import (
    Content,
    Item,
    Kept,
    News,
    PlanetFeed,
    PlanetPage,
    Reach,
    Secrets,
    Source,
    SourceAdapter,
    SourceContext,
)
from hameau.library.sources import Login
from hameau.perimeter import Perimeter


class ElsewhereInMemory:
    """One kind of source on other machines. The right password is « bon »; ``away`` hosts do not answer."""

    every_seconds = 600.0

    def __init__(self, kind: str, secrets: Secrets, *, secret: bool = True) -> None:
        self.kind = kind
        self.secret = secret
        self.away: set[str] = set()
        self.better: dict[str, str] = {}
        """Addresses that are another one really."""
        self.tried: list[str] = []
        self._secrets = secrets

    def check(self, uri: str, settings: Mapping[str, object]) -> str:
        if not urlsplit(uri).hostname:
            raise BadInput("{uri} is no address.", hint="Write one such as https://example.org.", uri=uri)
        return uri

    def reach(self, uri: str, settings: Mapping[str, object]) -> Reach:
        parts = urlsplit(uri)
        port = parts.port or {"imaps": 993, "http": 80}.get(parts.scheme, 443)
        also = ("pictures.example",) if settings.get("full_text") else ()
        return Reach(
            parts.hostname or "", port, "read what is there", secret=self.secret, name=parts.hostname or "", also=also
        )

    def try_out(self, context: SourceContext) -> str:
        source = context.source
        self.tried.append(source.uri)
        host = urlsplit(source.uri).hostname or ""
        if source.uri in self.better:
            raise BadInput("This is a page.", hint="Its feed is elsewhere.", address=self.better[source.uri])
        if host in self.away:
            raise Unavailable("{host} can't be reached.", hint="Check the network connection.", host=host)
        if self.secret and self._secrets.of(source) != "bon":
            raise Refused("{host} does not take this password.", hint="Type it again.", host=host)
        return f"Titre de {host}"

    def items(self, context: SourceContext) -> Iterator[Item | Kept]:
        yield Kept("")

    @contextmanager
    def content(self, context: SourceContext, uri: str) -> Iterator[Content]:
        yield Content("nothing.txt")

    def present(self, context: SourceContext) -> None:
        return


class HereInMemory:
    """A place of this machine's disk; any whole path is one."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def check(self, uri: str, settings: Mapping[str, object]) -> str:
        if not uri.startswith("/"):
            raise BadInput("{uri} is not a folder.", hint="Give a whole path.", uri=uri)
        return uri

    def items(self, context: SourceContext) -> Iterator[Item | Kept]:
        yield Kept("")

    @contextmanager
    def content(self, context: SourceContext, uri: str) -> Iterator[Content]:
        yield Content("nothing.txt")

    def present(self, context: SourceContext) -> None:
        return


@dataclass(frozen=True)
class Profile:
    title: str
    path: Path


class BrowserInMemory(HereInMemory):
    """A browser with one profile."""

    def profiles(self) -> list[Profile]:
        return [Profile("Firefox, default", Path("/home/jeanne/.mozilla/firefox/abc.default"))]


class SecretsInMemory:
    """Secrets of sources in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def of(self, source: Source) -> str:
        return self.kept.get(source.id, "")

    def put(self, source: Source, secret: str) -> None:
        self.kept[source.id] = secret

    def remove(self, source: Source) -> None:
        self.kept.pop(source.id, None)


class LoginsInMemory:
    """A Nextcloud where the person says yes when the test says so."""

    def __init__(self, connecting: Connecting) -> None:
        self.yes = False
        self.waiting: dict[str, PendingLogin] = {}
        self._connecting = connecting

    def begin(self, proposals: Sequence[Proposal]) -> PendingLogin:
        reach = proposals[0].reach
        assert reach is not None
        address = f"https://{reach.host}/index.php/login/v2/flow/abc"
        login = Login(address, "token", f"https://{reach.host}/poll")
        made = PendingLogin(f"login_{len(self.waiting) + 1}", address, reach.host, tuple(proposals), login)
        self.waiting[made.id] = made
        return made

    def find(self, login_id: str) -> PendingLogin:
        if login_id not in self.waiting:
            raise NotFound("This login is over.", hint="Begin it again.")
        return self.waiting[login_id]

    def poll(self, login_id: str, keep: str) -> list[Source]:
        pending = self.find(login_id)
        if not self.yes:
            return []
        del self.waiting[login_id]
        return [self._connecting.connect(one, secret="bon", keep=keep) for one in pending.proposals]

    def stop(self, login_id: str) -> None:
        self.waiting.pop(login_id, None)


class FeedsInMemory:
    """Lists of feeds whose form is one address a line, with a title behind it."""

    def __init__(self, connecting: Connecting, library: Any) -> None:
        self._connecting, self._library = connecting, library

    def propose(self, data: bytes, *, space: str = "home", full_text: bool = False) -> FeedList:
        if b"http" not in data:
            raise Corrupt("This is no list of feeds.")
        lines = re.findall(r'xmlUrl="([^"]+)"', data.decode()) or data.decode().split()
        made = [self._connecting.propose(line, kind="feed", space=space) for line in lines]
        new = tuple(one for one in made if one.known is None)
        return FeedList("Liste", new, tuple(one.known for one in made if one.known is not None))

    def connect(self, wanted: FeedList) -> list[Source]:
        return self._connecting.connect_all(wanted.proposals)

    def export(self, space: str = "home") -> bytes:
        return "\n".join(one.uri for one in self._library.sources(space) if one.kind == "feed").encode()


class PlanetInMemory:
    """The documents of feeds, the newest first."""

    def __init__(self, library: Any) -> None:
        self._library = library

    def news(
        self, space: str = "home", *, source_id: str = "", before: str = "", since: str = "", limit: int = 40
    ) -> PlanetPage:
        found = [one for one in self._library.documents(source_id or None, space=space) if one.kind == "news"]
        found.sort(key=lambda one: one.dated_at, reverse=True)
        below = [one for one in found if not before or one.dated_at < before]
        news = tuple(
            News(one, self._library.source(one.source_id).title, self._library.texts[one.id][:100])
            for one in below[:limit]
        )
        return PlanetPage(news, below[limit - 1].dated_at if len(below) > limit else "")

    def feeds(self, space: str = "home") -> list[PlanetFeed]:
        feeds = [one for one in self._library.sources(space) if one.kind == "feed"]
        return [PlanetFeed(one.id, one.title, one.uri, articles=one.documents) for one in feeds]


class Elsewhere:
    """The real :class:`Connecting`, over adapters and secrets in memory."""

    def __init__(self, library: Any, border: Callable[[], Perimeter]) -> None:
        self.kept = SecretsInMemory()
        secrets = TrialSecrets(self.kept)
        self.mailbox = ElsewhereInMemory("imap", secrets)
        self.cloud = ElsewhereInMemory("webdav", secrets)
        self.feed = ElsewhereInMemory("feed", secrets, secret=False)
        here: list[SourceAdapter] = [HereInMemory("folder"), HereInMemory("mail"), HereInMemory("zim")]
        every: list[SourceAdapter] = [*here, BrowserInMemory("browser"), self.mailbox, self.cloud, self.feed]
        adapters = {one.kind: one for one in every}
        self.connecting = Connecting(nullcontext, library, border, lambda: adapters, self.kept, secrets, 1_000_000)
        self.logins = LoginsInMemory(self.connecting)
        self.written: dict[str, str] = {}
        """What was kept at the cloud."""
        self.feeds = FeedsInMemory(self.connecting, library)
