"""Who came in, and what that opens: a person at this machine everything; whoever else what their key opens.

Whoever is in the house could else have any folder of this machine read aloud, or throw documents away.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from hameau.accounts import SCOPES, ApiKey, Scope
from hameau.kit import N_, Refused

Scopes = frozenset[Scope]
SAFE = frozenset({"GET", "HEAD"})
VISITOR = "hameau.visitor"
"""Where the :class:`Visitor` lies in an ASGI scope."""

ALL: Scopes = frozenset(SCOPES)
ANY: Scopes = frozenset()
"""Any key opens it."""
CHAT: Scopes = frozenset({"chat"})
READ: Scopes = frozenset({"read"})
SPEAK: Scopes = CHAT | READ
"""A model or the library speaks: which of them, the request says."""
ADMIN: Scopes = frozenset({"admin"})


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever asks."""

    near: bool = True
    """Whether the request comes from this very machine, and not from another one of the home network."""
    key: ApiKey | None = None
    by_cookie: bool = False
    """Whether the key was typed into the sign-in page of this browser."""
    scopes: Scopes = ALL

    def may(self, scope: Scope) -> bool:
        """Whether this is open to them."""
        return scope in self.scopes or "admin" in self.scopes

    def enters(self, needed: Scopes) -> bool:
        """Whether they have one of ``needed``; nothing needed lets everybody in who is a visitor at all."""
        return not needed or any(self.may(scope) for scope in needed)


PERSON = Visitor()
"""A person at this machine."""


def with_key(key: ApiKey, *, near: bool, by_cookie: bool = False) -> Visitor:
    """Whoever brought ``key``: bounded by it, also on this machine."""
    return Visitor(near, key, by_cookie, frozenset(key.scopes))


_WHAT: dict[Scope, str] = {
    "chat": N_("This key does not let you have models speak."),
    "read": N_("This key does not open the library."),
    "admin": N_("This key does not let you change anything here."),
}
_HINT = N_(
    "Ask for a key that opens it, or do it on the machine where Hameau runs: hameau keys add NAME --scope {scope}"
)


def must(visitor: Visitor, scope: Scope) -> None:
    """Raises :class:`Refused` when ``scope`` is not open to ``visitor``."""
    if not visitor.may(scope):
        raise Refused(_WHAT[scope], hint=_HINT, scope=scope)


def check_entry(visitor: Visitor, method: str, path: str) -> None:
    """Raises :class:`Refused` for what ``visitor`` may not ask for at all."""
    wanted = needed(method, path)
    if not visitor.enters(wanted):
        must(visitor, next(scope for scope in SCOPES if scope in wanted))


_RULES: tuple[tuple[str, str, Scopes], ...] = (
    # The native API
    ("GET HEAD", r"/api/v1/(health|openapi\.json|models)(/.*)?", ANY),
    ("POST", r"/api/v1/chat", CHAT),
    ("POST", r"/api/v1/ask", READ),
    ("GET HEAD", r"/api/v1/(status|search|sources|documents|conversations|planet|feeds)(/.*)?", READ),
    ("*", r"/api/v1/.*", ADMIN),
    # Ollama's
    ("GET HEAD", r"/api/(version|tags|ps)", ANY),
    ("POST", r"/api/show", ANY),
    ("POST", r"/api/(chat|generate)", SPEAK),
    ("POST", r"/api/embed(dings)?", CHAT),
    ("*", r"/api/.*", ADMIN),
    # OpenAI's
    ("GET HEAD", r"/v1/models(/.*)?", ANY),
    ("*", r"/v1/models(/.*)?", ADMIN),
    ("*", r"/v1/embeddings", CHAT),
    ("*", r"/v1(/.*)?", SPEAK),
    # Model Context Protocol
    ("*", r"/mcp(/.*)?", READ),
    # Pages
    ("HEAD", r"/", ANY),
    ("GET HEAD", r"/perimeter/sign", ANY),
    ("POST", r"/sign-out", ANY),
    ("GET HEAD", r"/(models|chat|compare)", CHAT),
    ("POST", r"/(chat|compare)", CHAT),
    ("POST", r"/ask", READ),
    ("GET HEAD", r"/((ask|search|documents|library|sources|planet|reader|conversations)(/.*)?)?", READ),
)
_TABLE = tuple((frozenset(methods.split()), re.compile(path), scopes) for methods, path, scopes in _RULES)


def needed(method: str, path: str) -> Scopes:
    """What opens an address: one of these scopes. What no rule names is for ``admin`` alone. Pure."""
    for methods, pattern, scopes in _TABLE:
        if (method in methods or "*" in methods) and pattern.fullmatch(path):
            return scopes
    return ADMIN


_OPEN = re.compile(r"/sign-in|/language|/static/.*")


def is_open(path: str) -> bool:
    """What everybody gets: the page where a key is typed, and what it looks like. Pure."""
    return bool(_OPEN.fullmatch(path))


def is_near(host: str | None) -> bool:
    """Whether the other end of the line is on this machine. A line without an address is a unix socket's, or a test's."""
    if host is None:
        return True
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (mapped or found).is_loopback
