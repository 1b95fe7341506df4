"""Who may come in: our own pages and programs, never another site's page, and from another machine only with a key.

Against DNS rebinding the ``Host`` must be a name of ours; against requests forged by other sites ``Origin`` and
``Sec-Fetch-Site`` (W3C Fetch Metadata) must not name another site, on reads too. A person may follow a link to one of our
pages from anywhere: a top-level navigation with GET is let in. A program that brings a known key in a header of its own may
call us by any name: no page of another site can do that. :func:`verdict` is pure; :class:`Doors` applies it, then lets
:class:`~hameau.server.admission.Admission` say who it is.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request, cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hameau.kit import N_, HameauError, Refused
from hameau.server.admission import Admission
from hameau.server.cors import allowed_origin, preflight, told_to
from hameau.server.credentials import credential_of
from hameau.server.errors import BadShape, known
from hameau.server.faces import face_at, native
from hameau.server.language import of_reader
from hameau.server.ports import House
from hameau.server.visitors import SAFE, VISITOR, Visitor, check_entry, is_near, is_open

log = logging.getLogger(__name__)

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
EVERYWHERE = frozenset({"0.0.0.0", "::", "[::]"})  # noqa: S104 - compared, not bound

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
CONTENT_POLICY = "Content-Security-Policy"
HEADERS = {
    CONTENT_POLICY: POLICY,
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
    return name, int(port) if port.isascii() and port.isdigit() and len(port) <= 5 else -1


def _is_literal(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def verdict(
    method: str,
    path: str,
    headers: Mapping[str, str],
    address: Address,
    *,
    keyed: bool = False,
    allowed: bool = False,
) -> str:
    """Why the request is refused, as an English message id; empty when it may come in. Pure.

    ``keyed``: a program brought a known key in a header, ``allowed``: the person allowed the page's site. Both count for the
    addresses of programs, never for pages.
    """
    if (keyed or allowed) and face_at(path):
        return ""
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
    if method in SAFE and navigation and face_at(path) is None:
        return ""
    return N_("Another site tried to use Hameau.")


def _same_origin(origin: str, host: str) -> bool:
    scheme, separator, rest = origin.lower().partition("://")
    return bool(separator) and scheme in ("http", "https") and rest == host.strip().lower()


Explain = Callable[[Request, HameauError], Awaitable[Response]]
"""How a refusal is told: to a program in its protocol, to a person on a page."""


class Doors:
    """ASGI middleware: refuses who may not come in, says who does, and puts the security headers on every answer."""

    def __init__(self, app: ASGIApp, address: Address, house: House, admission: Admission, explain: Explain) -> None:
        self.app = app
        self.address = address
        self._house = house
        self._admission = admission
        self._explain = explain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = allowed_origin(headers, self._house.settings.allowed_origins) if face_at(scope["path"]) else ""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    if name != CONTENT_POLICY or name not in given:  # a picture of a stranger's may even less
                        given[name] = value
                if origin:
                    told_to(origin, given)
            await send(message)

        answer: ASGIApp = self.app
        if origin and scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            answer = preflight(headers)
        elif (refusal := await self._enter(scope, headers, allowed=bool(origin))) is not None:
            answer = refusal
        await answer(scope, receive, guarded)

    async def _enter(self, scope: Scope, headers: Headers, *, allowed: bool) -> Response | None:
        """Lets the request in, with its :class:`Visitor` in the scope; or the answer to whoever stays outside."""
        method, path = scope["method"], scope["path"]
        host = scope["client"][0] if scope.get("client") else None
        cookies = cookie_parser(headers.get("cookie", ""))
        by_header = credential_of(headers, cookies).way == "header" and not is_open(path)
        scope[VISITOR] = Visitor(is_near(host), scopes=frozenset())  # until it is known who it is
        try:
            if "transfer-encoding" in headers and "content-length" in headers:  # where does it end? RFC 9112, 6.3
                raise BadShape(N_("The request does not have the expected form."), hint=N_("See /api/v1/openapi.json."))
            if not by_header:  # then no key can change it, and none is looked at
                self._check(method, path, headers, allowed=allowed)
            if not is_open(path):
                visitor = await self._admission.visitor(host, headers, cookies, site_allowed=allowed)
                self._check(method, path, headers, keyed=by_header and visitor.key is not None, allowed=allowed)
                scope[VISITOR] = visitor
                check_entry(visitor, method, path)
        except Strange as strange:  # nothing of ours is shown to another site
            return native(strange, of_reader(cookies, headers))
        except Exception as error:
            log.debug("%s %s stays outside", method, path, exc_info=error)
            refusal = known(error)
            response = await self._explain(Request(scope), refusal)
            if isinstance(refusal, BadShape):
                response.headers["Connection"] = "close"
            return response
        return None

    def _check(self, method: str, path: str, headers: Headers, *, keyed: bool = False, allowed: bool) -> None:
        reason = verdict(method, path, headers, self.address, keyed=keyed, allowed=allowed)
        if not reason and not keyed and len(headers.getlist("host")) != 1:
            reason = N_("This address is not one of Hameau's.")
        if reason:
            raise Strange(reason, hint=N_("Open Hameau at the address that it printed when it started."))


class Strange(Refused):
    """Another site, or a name that is not ours."""
