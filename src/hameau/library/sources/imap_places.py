"""Addresses of mail servers, mailboxes and mails (RFC 5092). Pure.

``imaps://user@host[:port]/`` is the source; ``imaps://user@host/Mailbox;UIDVALIDITY=7/;UID=0000000042`` a mail. The number of a
mail is written with ten figures, so that a thousand of them share a beginning.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import quote, unquote, urlsplit

from hameau.kit import N_, BadInput
from hameau.perimeter import canonical, is_far, is_this_machine

BLOCK = 1000
"""Numbers of mails that are told of together."""
_PORTS = {"imaps": 993, "imap": 143}
_MAIL = re.compile(r"(?P<box>.*);UIDVALIDITY=(?P<validity>\d{1,10})/;UID=(?P<uid>\d{10})", re.DOTALL)
_NO_NAME = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server and whose mail is meant."""

    scheme: str
    user: str
    host: str
    port: int

    @property
    def uri(self) -> str:
        """Its one form."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{quote(self.user, safe='')}@{host}{port}/"

    @property
    def encrypted(self) -> bool:
        """Whether the line is encrypted from its first byte on."""
        return self.scheme == "imaps"

    @property
    def near(self) -> bool:
        """Whether it stands on this machine or in the local network, as far as its name tells."""
        return self.scheme == "imap" or is_this_machine(self.host) or (_is_literal(self.host) and not is_far(self.host))


def server_of(uri: str, user: str = "") -> Server:
    """The server at ``uri``, where a bare host stands for an encrypted line. Raises ``BadInput``."""
    text = uri.strip() if "://" in uri else f"imaps://{uri.strip()}"
    try:
        parts = urlsplit(text)
        scheme, host, port = parts.scheme.lower(), canonical(parts.hostname or ""), parts.port
    except ValueError as error:
        raise _no_server(uri) from error
    name = unquote(parts.username or "") or user.strip()
    if scheme not in _PORTS or not host or parts.password is not None or any(c.isspace() for c in text):
        raise _no_server(uri)
    if not name or _NO_NAME.search(name):
        raise BadInput(
            N_("Whose mail? Give the name under which you sign in."), hint=N_("It is often the mail address itself.")
        )
    return Server(scheme, name, host, port or _PORTS[scheme])


def box_uri(server: Server, name: str, validity: int) -> str:
    """How the URIs of all mails of a mailbox begin."""
    return f"{box_beginning(server, name)}{validity}/;UID="


def box_beginning(server: Server, name: str) -> str:
    """The same, whatever its UIDVALIDITY."""
    return f"{server.uri}{quote(name, safe='/')};UIDVALIDITY="


def block_uri(box: str, block: int) -> str:
    """How those of a thousand mails begin, ``box`` being the beginning of the mailbox."""
    return f"{box}{block:07}"


def mail_uri(box: str, uid: int) -> str:
    """The URI of one mail."""
    return f"{box}{uid:010}"


def mail_at(server: Server, uri: str) -> tuple[str, int, int] | None:
    """Mailbox, UIDVALIDITY and UID of a mail; ``None`` for what is none of this server."""
    found = _MAIL.fullmatch(uri.removeprefix(server.uri)) if uri.startswith(server.uri) else None
    return (unquote(found["box"]), int(found["validity"]), int(found["uid"])) if found else None


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _no_server(uri: str) -> BadInput:
    return BadInput(
        N_("“{uri}” is not the address of a mail server."), hint=N_("Write imaps://mail.example.org/."), uri=uri[:200]
    )
