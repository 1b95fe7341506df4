"""One conversation with a mail server: signing in, mailboxes, numbers, mails. Asks only what changes nothing there (EXAMINE,
BODY.PEEK), and knows nothing of sources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from imapclient.exceptions import LoginError  # noqa: TID251 - see imap_line

from hameau.kit import N_, HameauError, NotFound, Refused, Unavailable
from hameau.library.ports import Stop
from hameau.library.sources.imap_errors import Broken
from hameau.library.sources.imap_line import Speaker, Stopping, understood, wait_readable
from hameau.library.sources.imap_places import Server
from hameau.perimeter import Client, is_this_machine

_MOST_BOXES = 10_000
_STATUS = "MESSAGES UIDNEXT UIDVALIDITY"
_NO_CONTROL = re.compile(r"[\x00\r\n]")
_NO_NAME = re.compile(r"[\x00\r\n\ud800-\udfff]")
_NOT_MAIL = frozenset({b"\\noselect", b"\\nonexistent"})
_LATER = re.compile(r"\[(?:UNAVAILABLE|INUSE|LIMIT|SERVERBUG|OVERQUOTA)\]|too many|temporar|try again", re.IGNORECASE)
_HEADERS = 400
"""Bytes that are expected of a mail's line in a listing."""


@dataclass(frozen=True, slots=True)
class Box:
    """A mailbox as the server lists it. ``standing`` changes when the mails in it may have changed; it is empty where the
    server does not say how it stands just now."""

    name: str
    flags: frozenset[bytes]
    validity: int
    standing: str
    parted_by: str = "/"


@dataclass(frozen=True, slots=True)
class Seen:
    """A mail as it is listed: its size, when it came, and the line of its Message-ID."""

    size: int
    arrived: datetime | None
    message_id: bytes


class Session:
    """A line to ``server``, signed in. For one thread at a time."""

    def __init__(self, client: Client, connection: str, server: Server) -> None:
        self._server = server
        self._stack = ExitStack()
        self._opened: tuple[str, int] | None = None
        self.stop = Stopping()
        try:
            line = self._stack.enter_context(client.line(connection, server.host, server.port, tls=server.encrypted))
            self.speaker = Speaker(line, server.host, self.stop, lambda: client.connection(connection))
            self._encrypted = server.encrypted
        except BaseException:
            self._stack.close()
            raise

    def close(self) -> None:
        """Hangs up."""
        self._stack.close()

    def sign_in(self, secret: str, *, oauth: bool = False) -> None:
        """Makes the server believe who we are; the secret is a token when ``oauth``. Raises ``Refused`` when it does not."""
        user, host = self._server.user, self._server.host
        if _NO_CONTROL.search(secret):
            raise Refused(N_("This password holds signs that no mail server takes."))
        with understood(host):
            if not self._encrypted and not is_this_machine(host) and self._can("STARTTLS"):
                self._begin()
                self.speaker.encrypt()
                self._encrypted = True
            if self.speaker.protocol.state == "AUTH":
                return
            self._begin()
            try:
                self._authenticate(user, secret, oauth=oauth)
            except LoginError as error:
                raise _not_let_in(host, str(error), oauth=oauth) from error
            self._begin()
            self.speaker.capabilities()

    def watch(self, stop: Stop) -> None:
        """Whose stop is heard from now on."""
        self.stop.now = stop

    def boxes(self) -> list[Box]:
        """All mailboxes, with where they stand."""
        with understood(self._server.host):
            what = _STATUS + (" HIGHESTMODSEQ" if self._can("CONDSTORE") else "")
            self.speaker.protocol.long_lines(32 << 20)
            if self._can("LIST-STATUS"):
                listed, told = self.speaker.protocol.list_with_status(what)
                standing = self.speaker.standings(told)
                found = _boxes(self.speaker.folders(listed))
            else:
                standing, found = {}, _boxes(self.speaker.list_folders())
            return [self._box(one, standing.get(one.name), what) for one in found]

    def examine(self, name: str) -> int:
        """Opens a mailbox for looking only; its UIDVALIDITY. Raises ``NotFound`` when it is no more."""
        if self._opened is not None and self._opened[0] == name:
            return self._opened[1]
        self._opened = None
        self._begin()
        try:
            with understood(self._server.host):
                told = self.speaker.select_folder(name, readonly=True)
                validity = int(told[b"UIDVALIDITY"])
        except Broken:
            raise
        except Unavailable as error:
            raise NotFound(N_("The mailbox {name} can't be opened."), name=name[:200]) from error
        self._opened = (name, validity)
        return validity

    def forget_opened(self) -> None:
        """The next :meth:`examine` asks anew."""
        self._opened = None

    def numbers(self, since: datetime | None = None) -> list[int]:
        """The UIDs in the open mailbox, of mails that nobody threw away, that came since then."""
        with understood(self._server.host):
            self.speaker.protocol.long_lines(16 << 20)
            asked = ["UNDELETED", *(["SINCE", since.strftime("%d-%b-%Y")] if since else [])]
            return [uid for uid in self.speaker.searched(asked) if 0 < uid < 1 << 32]

    def listing(self, uids: Sequence[int]) -> dict[int, Seen]:
        """What is told of each mail without reading it. What the server does not answer is missing."""
        if not uids:
            return {}
        with understood(self._server.host):
            self.speaker.protocol.begin(_HEADERS * len(uids))
            what = ["RFC822.SIZE", "INTERNALDATE", "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"]
            return {uid: _seen(answer) for uid, answer in self.speaker.fetched(shortened(uids), what).items()}

    def bodies(self, uids: Sequence[int], expected: int) -> dict[int, bytes]:
        """The mails themselves, ``expected`` bytes in all."""
        with understood(self._server.host):
            self.speaker.protocol.begin(expected)
            answers = self.speaker.fetched(shortened(uids), ["BODY.PEEK[]"])
            return {uid: body for uid, answer in answers.items() if isinstance(body := answer.get(b"BODY[]"), bytes)}

    def piece(self, uid: int, section: str, most: int) -> bytes:
        """A part of a mail, by its section (RFC 3501, 6.4.5): at most its first bytes."""
        with understood(self._server.host):
            self.speaker.protocol.begin(most)
            answer = self.speaker.fetched(str(uid), [f"BODY.PEEK[{section}]<0.{most}>"]).get(uid, {})
            found = next((value for key, value in answer.items() if key.upper().startswith(b"BODY[")), None)
            return found if isinstance(found, bytes) else b""

    def structure(self, uid: int) -> Any:
        """What a mail is made of, as ``imapclient`` tells it; ``None`` when the server does not say."""
        with understood(self._server.host):
            self._begin()
            return self.speaker.fetched(str(uid), ["BODYSTRUCTURE"]).get(uid, {}).get(b"BODYSTRUCTURE")

    def size(self, uid: int) -> int:
        """The bytes of a mail. Raises ``NotFound``."""
        with understood(self._server.host):
            self._begin()
            answer = self.speaker.fetched(str(uid), ["RFC822.SIZE"]).get(uid)
        if answer is None:
            raise NotFound(N_("This mail is no more."))
        return int(answer.get(b"RFC822.SIZE", 0))

    def ping(self) -> None:
        """Asks whether somebody is there."""
        with understood(self._server.host):
            self._begin()
            self.speaker.noop()

    def tells_news(self) -> bool:
        """Whether the server can say by itself that something came."""
        with understood(self._server.host):
            return self._can("IDLE")

    def idle(self) -> None:
        """From now on the server says what happens in the open mailbox, and nothing else may be asked."""
        with understood(self._server.host):
            self._begin()
            self.speaker.idle()

    def is_talking(self, seconds: float) -> bool:
        """Whether the server says something, as soon as it does."""
        protocol = self.speaker.protocol
        return protocol.wire.rest or wait_readable(protocol.sock.fileno(), seconds)

    def overheard(self) -> bytes:
        """The next line of what it says."""
        with understood(self._server.host):
            self._begin()
            line = self.speaker.protocol.readline()
        if not line:
            raise Broken(N_("{host} hung up before its answer was whole."), host=self._server.host)
        return line

    def idle_no_more(self) -> None:
        """Ends :meth:`idle`."""
        with understood(self._server.host):
            self._begin()
            self.speaker.idle_done()

    def _authenticate(self, user: str, secret: str, *, oauth: bool) -> None:
        if oauth:
            if self._can("AUTH=OAUTHBEARER"):
                self.speaker.oauthbearer_login(user, secret)
            else:
                self.speaker.oauth2_login(user, secret)
        elif self._can("AUTH=PLAIN") or not (user + secret).isascii() or self._can("LOGINDISABLED"):
            self.speaker.plain_login(user, secret)
        else:
            self.speaker.login(_quoted(user), secret)

    def _can(self, capability: str) -> bool:
        return bool(self.speaker.has_capability(capability))

    def _begin(self) -> None:
        self.speaker.protocol.begin()

    def _box(self, box: Box, told: dict[str, int] | None, what: str) -> Box:
        """With where it stands; as it is where the server does not let us look."""
        if told is None:
            self._begin()
            try:
                answer = self.speaker.folder_status(box.name, what.split())
            except self.speaker.AbortError:
                raise
            except self.speaker.Error:
                return box
            told = {key.decode("ascii"): int(value) for key, value in answer.items()}
        if "UIDVALIDITY" not in told:
            return box
        standing = "-".join(str(told.get(key, 0)) for key in ("UIDVALIDITY", "UIDNEXT", "MESSAGES", "HIGHESTMODSEQ"))
        return replace(box, validity=told["UIDVALIDITY"], standing=standing)


def shortened(uids: Iterable[int]) -> str:
    """Numbers as a set of ranges: ``1:4,7``. ``uids`` in order."""
    ranges: list[list[int]] = []
    for uid in uids:
        if ranges and uid == ranges[-1][1] + 1:
            ranges[-1][1] = uid
        else:
            ranges.append([uid, uid])
    return ",".join(str(first) if first == last else f"{first}:{last}" for first, last in ranges)


def _boxes(found: Sequence[Any]) -> list[Box]:
    """The mailboxes of a listing, but for what can't be opened and what no name can be."""
    named = [
        Box(str(name), frozenset(bytes(flag).lower() for flag in flags), 0, "", _text(parted_by))
        for flags, parted_by, name in found[:_MOST_BOXES]
    ]
    return [box for box in named if box.name and not box.flags & _NOT_MAIL and not _NO_NAME.search(box.name)]


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def _seen(answer: dict[bytes, Any]) -> Seen:
    header = next((value for key, value in answer.items() if key.upper().startswith(b"BODY[HEADER")), b"")
    arrived = answer.get(b"INTERNALDATE")
    return Seen(
        int(answer.get(b"RFC822.SIZE") or 0),
        arrived if isinstance(arrived, datetime) else None,
        header if isinstance(header, bytes) else b"",
    )


def _quoted(user: str) -> str:
    escaped = user.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _not_let_in(host: str, answer: str, *, oauth: bool) -> HameauError:
    """Why the server did not take name and password: they are wrong, or it is busy (RFC 5530)."""
    if _LATER.search(answer):
        return Unavailable(N_("{host} lets nobody in just now."), hint=N_("It is tried again by itself."), host=host)
    if oauth:
        return Refused(
            N_("{host} does not accept this token."), hint=N_("It may have run out: let it be renewed."), host=host
        )
    return Refused(
        N_("{host} does not accept this name and password."),
        hint=N_(
            "Many providers want a password made for one program (« app password »): make one in your account there."
        ),
        host=host,
    )
