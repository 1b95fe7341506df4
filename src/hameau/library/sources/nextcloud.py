"""What only a Nextcloud (or its relatives) has: its addresses, its login flow, its name. For the hub and the source ``webdav``.

The person signs in on the server's own page; we get a password of our own, for nothing but this, that they can take back there
(Login flow v2: Nextcloud developer manual, « Login Flow »).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec

from hameau.kit import N_, HameauError, Refused, Unavailable
from hameau.library.sources.dav_places import Place, origin_of, place_of, written
from hameau.library.sources.dav_server import DavServer, basic, refusal
from hameau.perimeter import Ask, Client, Patience, target_of

logger = logging.getLogger(__name__)
Shape = TypeVar("Shape")

_PATIENCE = Patience(first=60.0, between=30.0, total=2 << 20)
_LONGEST = 1 << 20
_FILES, _FILES_OLD = "/remote.php/dav/files/", "/remote.php/webdav/"
_USER, _CAPABILITIES = "/ocs/v2.php/cloud/user?format=json", "/ocs/v2.php/cloud/capabilities?format=json"
_JSON = {"OCS-APIRequest": "true", "Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Login:
    """A login that was begun. ``address`` is the page where the person says yes; the rest is for :func:`poll_login`."""

    address: str
    poll_token: str = field(repr=False)
    poll_endpoint: str = ""


@dataclass(frozen=True, slots=True)
class Granted:
    """What the person said yes to: a user, and a password for nothing but Hameau."""

    server: str
    user: str
    password: str = field(repr=False)
    id: str = ""
    """What the server calls the user, where that is not how they sign in."""

    @property
    def files(self) -> str:
        """The address of the source ``webdav``: all their files."""
        return files_address(self.server, self.id or self.user)

    @property
    def principal(self) -> str:
        """The address of the sources ``caldav`` and ``carddav``: all that is theirs."""
        return place_of(self.server, folder=True).uri + "remote.php/dav/"


@dataclass(frozen=True, slots=True)
class Guess:
    """What an address was found to be: a kind of source, its address, a name."""

    kind: str
    uri: str
    title: str = ""


class _Poll(msgspec.Struct):
    token: str
    endpoint: str


class _Begun(msgspec.Struct):
    poll: _Poll
    login: str


class _Done(msgspec.Struct):
    server: str
    loginName: str  # noqa: N815 - as the server names it
    appPassword: str  # noqa: N815


class _Status(msgspec.Struct):
    installed: bool = False
    maintenance: bool = False
    productname: str = ""
    versionstring: str = ""


class _Theming(msgspec.Struct, frozen=True):
    name: str = ""


class _Capabilities(msgspec.Struct, frozen=True):
    theming: _Theming = _Theming()


class _Data(msgspec.Struct, frozen=True):
    id: str = ""
    capabilities: _Capabilities = _Capabilities()


class _Ocs(msgspec.Struct, frozen=True):
    data: _Data = _Data()


class _Answered(msgspec.Struct, frozen=True):
    """What the server says of itself, or of a user (Open Collaboration Services)."""

    ocs: _Ocs = _Ocs()


def files_address(server: str, user: str) -> str:
    """Where the files of ``user`` are on the Nextcloud at ``server``."""
    return place_of(server, folder=True).uri.rstrip("/") + _FILES + written(user.replace("/", "")) + "/"


def address_of(url: str, user: str) -> str:
    """The address of the files that ``url`` means: the server's own page, a page of a folder in it, or such an address."""
    parts = urlsplit(url.strip())
    if "/remote.php/" in parts.path or not user:
        return url
    base, apps, _ = parts.path.partition("/apps/files")
    folder = parse_qs(parts.query).get("dir", [""])[0] if apps else ""
    server = parts._replace(path=base.removesuffix("/index.php"), query="", fragment="").geturl()
    below = written(folder)
    return files_address(server, user) + (below + "/" if below else "")


def server_of(place: Place) -> str:
    """The Nextcloud that ``place`` belongs to; empty when it does not look like an address of one."""
    base, dav, _ = place.path.partition("/remote.php/")
    return place.origin + base if dav else ""


def is_all(place: Place) -> bool:
    """Whether ``place`` holds all that a user has, and not one folder of it."""
    user, below = place.path.partition(_FILES)[2].strip("/"), place.path.partition(_FILES_OLD)[2].strip("/")
    return (bool(user) and "/" not in user) or (_FILES_OLD in place.path and not below)


def page_of(place: Place, file_id: str) -> str:
    """Where a person sees the file in their browser."""
    server = server_of(place)
    number = file_id if file_id.isascii() and file_id.isdecimal() else ""
    return f"{server}/index.php/f/{int(number)}" if server and number else ""


def begin_login(client: Client, connection: str, url: str) -> Login:
    """Asks the Nextcloud at ``url`` for a login, under ``connection``. Raises ``Unavailable``, ``Refused`` or ``NotFound``."""
    place = place_of(url, folder=True)
    server = server_of(place) or place.uri.rstrip("/")
    began = _said(client, connection, Ask("POST", server + "/index.php/login/v2"), _Begun)
    if began is None:
        raise _no_nextcloud(place)
    for address in (began.login, began.poll.endpoint):
        if origin_of(target_of(address)) != place.origin:
            logger.warning("%s answers with the address %r", place.origin, address[:200])
            raise Unavailable(
                N_("{host} sends us to another server to sign in; that is not followed."),
                hint=N_("Give the address that this server has for itself."),
                host=target_of(place.origin).host,
            )
    return Login(began.login, began.poll.token, began.poll.endpoint)


def poll_login(client: Client, connection: str, login: Login) -> Granted | None:
    """What the person said yes to; ``None`` as long as they have not. Raises as :func:`begin_login` does."""
    body = urlencode({"token": login.poll_token}).encode("ascii")
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    done = _said(client, connection, Ask("POST", login.poll_endpoint, body, headers), _Done)
    if done is None:
        return None
    place = place_of(login.poll_endpoint)
    server = place.origin + place.path.partition("/index.php/")[0].partition("/login/")[0]
    ask = Ask("GET", server + _USER, headers=basic(done.loginName, done.appPassword))
    try:
        who = _said(client, connection, ask, _Answered)
    except HameauError as error:  # the password is there, and must not be lost for this
        logger.info("%s does not say who that is: %s", server, error)
        who = None
    return Granted(server, done.loginName, done.appPassword, who.ocs.data.id if who is not None else "")


def user_id(server: DavServer) -> str:
    """What the Nextcloud calls the user who asks; empty when it does not say."""
    with server.ask("GET", server_of(server.place).removeprefix(server.place.origin) + _USER, headers=_JSON) as answer:
        said = answer.read(_LONGEST) if answer.status == 200 else b""
    try:
        return msgspec.json.decode(said, type=_Answered).ocs.data.id
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""


def guess_dav(client: Client, connection: str, url: str) -> Guess | None:
    """What a source at ``url`` would be, asked of the server without signing in; ``None`` for no WebDAV, or when the server
    says nothing to strangers."""
    place = place_of(url)
    base = server_of(place) or (place.origin + place.path.partition("/index.php")[0].partition("/apps/")[0]).rstrip("/")
    try:
        status = _said(client, connection, Ask("GET", base + "/status.php"), _Status)
    except Refused:
        status = None
    if status is not None and status.installed:
        return Guess("webdav", base + "/", status.productname[:80] or "Nextcloud")
    with client.exchange(connection, Ask("OPTIONS", place.uri), patience=_PATIENCE) as answer:
        does = {one.strip() for one in answer.header("dav").lower().split(",")}
    if "calendar-access" in does and place.path.rstrip("/"):
        return Guess("caldav", place.uri)
    if "addressbook" in does and place.path.rstrip("/"):
        return Guess("carddav", place.uri)
    return Guess("webdav", place_of(url, folder=True).uri) if does & {"1", "2", "3"} else None


def name_of_server(client: Client, connection: str, server: str) -> str:
    """What the people who run ``server`` call it; empty when it does not say. Raises ``Unavailable`` under maintenance."""
    try:
        status = _said(client, connection, Ask("GET", server + "/status.php"), _Status)
    except HameauError as error:
        logger.info("%s does not say what it is: %s", server, error)
        return ""
    if status is None or not status.installed:
        return ""
    if status.maintenance:
        raise Unavailable(
            N_("{host} is busy or under maintenance (status {status})."),
            hint=N_("It is asked again later by itself."),
            host=target_of(server).host,
            status=503,
        )
    try:
        more = _said(client, connection, Ask("GET", server + _CAPABILITIES), _Answered)
    except HameauError as error:
        logger.info("%s does not say how it is called: %s", server, error)
        more = None
    called = more.ocs.data.capabilities.theming.name if more is not None else ""
    return (called or status.productname)[:80]


def _said(client: Client, connection: str, ask: Ask, shape: type[Shape]) -> Shape | None:
    """The answer, when it is what it should be; ``None`` when there is nothing, or something else."""
    place = place_of(ask.url)
    asked = Ask(ask.method, ask.url, ask.body, {**_JSON, **ask.headers})
    with client.exchange(connection, asked, patience=_PATIENCE) as answer:
        if answer.status == 404 or 300 <= answer.status < 400:
            return None
        if answer.status != 200:
            raise refusal(target_of(place.origin).host, place.path, answer)
        said = answer.read(_LONGEST)
    try:
        return msgspec.json.decode(said, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        logger.info("%s: %s", place.uri, error)
        return None


def _no_nextcloud(place: Place) -> HameauError:
    return Unavailable(
        N_("{host} is no Nextcloud, or an old one that can't be signed in to this way."),
        hint=N_("Make an app password in its settings (Security), and give it with the user's name."),
        host=target_of(place.origin).host,
    )
