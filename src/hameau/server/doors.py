"""Who may come in: our own pages and programs on this machine, never another site's page.

Against DNS rebinding the ``Host`` must be a name of ours; against requests forged by other sites ``Origin`` and
``Sec-Fetch-Site`` (W3C Fetch Metadata) must not name another site, on reads too. A person may follow a link to one of our
pages from anywhere: a top-level navigation with GET is let in. :func:`verdict` is pure; :class:`Doors` applies it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hameau.kit import N_, Refused
from hameau.server import errors
from hameau.server.language import of_reader
from hameau.server.replies import json_reply

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
EVERYWHERE = frozenset({"0.0.0.0", "::", "[::]"})  # noqa: S104 - compared, not bound
SAFE = frozenset({"GET", "HEAD"})

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not "no-referrer": under it browsers send "Origin: null" with our own forms (Fetch, "serialize a request origin").
    # Towards any other site the two are the same: nothing is sent.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
}


@dataclass(frozen=True, slots=True)
class Address:
    """Where this server listens: what the person configured."""

    host: str
    port: int

    def welcomes(self, host: str) -> bool:
        """Is ``host`` (a ``Host`` header) a name of ours? Listening on every interface, any literal address with our port is:
        rebinding needs a name."""
        name, port = split_host(host)
        if port != self.port:
            return False
        if name in LOOPBACK or name == bracketed(self.host):
            return True
        return self.host in EVERYWHERE and _is_literal(name)


def bracketed(host: str) -> str:
    """``host`` as it stands in a URL: lower case, IPv6 in brackets."""
    return f"[{host}]".lower() if ":" in host and not host.startswith("[") else host.lower()


def split_host(host: str) -> tuple[str, int]:
    """Name and port of a ``Host`` header; port 80 when it names none, -1 when it makes no sense."""
    name, colon, port = host.strip().lower().rpartition(":")
    if not colon or port.endswith("]"):
        return host.strip().lower(), 80
    return name, int(port) if port.isascii() and port.isdigit() else -1


def _is_literal(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def verdict(method: str, path: str, headers: Mapping[str, str], address: Address) -> str:
    """Why the request is refused, as an English message id; empty when it may come in. Pure."""
    host = headers.get("host", "")
    if not address.welcomes(host):
        return N_("This address is not one of Hameau's.")
    site = headers.get("sec-fetch-site", "")
    origin = headers.get("origin", "")
    if origin and not _same_origin(origin, host) and not (origin == "null" and site == "same-origin"):
        return N_("Another site tried to use Hameau.")
    if site in ("", "same-origin", "none"):
        return ""
    navigation = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest", "document") == "document"
    if method in SAFE and navigation and not path.startswith("/api/"):
        return ""
    return N_("Another site tried to use Hameau.")


def _same_origin(origin: str, host: str) -> bool:
    scheme, separator, rest = origin.lower().partition("://")
    return bool(separator) and scheme in ("http", "https") and rest == host.strip().lower()


class Doors:
    """ASGI middleware: refuses what :func:`verdict` refuses and puts the security headers on every answer."""

    def __init__(self, app: ASGIApp, address: Address) -> None:
        self.app = app
        self.address = address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        headers = Headers(scope=scope)
        reason = verdict(scope["method"], scope["path"], headers, self.address)
        if not reason and len(headers.getlist("host")) != 1:
            reason = N_("This address is not one of Hameau's.")
        if reason:
            language = of_reader(cookie_parser(headers.get("cookie", "")), headers)
            refusal = Refused(reason, hint=N_("Open Hameau at the address that it printed when it started."))
            reply = json_reply(errors.failure_of(refusal, language), errors.status_of(refusal))
            await reply(scope, receive, guarded)
            return
        await self.app(scope, receive, guarded)
