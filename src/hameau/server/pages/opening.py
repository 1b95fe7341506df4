"""What a person types to open a way out, read with care: an address pasted whole, a port behind a colon. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from hameau.kit import N_, BadInput
from hameau.perimeter import FOREVER, Neighbour, Policy, canonical, target_of

UNTIL = ("today", "week", "always")
USUAL_PORT = "443"
_MOST = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """What stands in the forms of the page."""

    host: str = ""
    port: str = USUAL_PORT
    why: str = ""
    until: str = "today"
    local: bool = False
    level: str = ""
    neighbours: str = ""

    @property
    def number(self) -> int:
        return int(self.port)

    @property
    def named(self) -> bool:
        """Whether ``host`` is a name, which must be asked of somebody."""
        return not _is_literal(self.host)

    @classmethod
    def typed(cls, form: Mapping[str, str]) -> Asked:
        """The fields as they were typed, for the form to show again."""
        until = form.get("until", "")
        return cls(
            form.get("host", "").strip()[:300],
            form.get("port", "").strip()[:20],
            " ".join(form.get("why", "").split())[:500],
            until if until in UNTIL else "today",
            form.get("local") == "yes",
        )


def asked_of(form: Mapping[str, str]) -> Asked:
    """One place, one reason, one end. The host in the form that is allowed: what is read is what holds. Raises
    :class:`BadInput`."""
    typed = Asked.typed(form)
    host, port = place_of(typed.host, typed.port)
    if not typed.why:
        raise BadInput(N_("Say what this Connection is for."), hint=N_("You will see it beside the Connection."))
    return Asked(canonical(host), str(port), typed.why, typed.until, typed.local)


def place_of(text: str, port: str = "0") -> tuple[str, int]:
    """Host and port of ``text``: a name, an address, ``name:port``, or a whole web address. ``port`` is used where the text
    names none. Raises :class:`BadInput`."""
    if "://" in text:
        target = target_of(text)
        return target.host, target.port
    if not text:
        raise BadInput(N_("Say which machine Hameau may reach."), hint=N_("Write its name, such as mail.example.org."))
    if _is_literal(text):
        return text, _port(port)
    try:
        parts = urlsplit(f"//{text}")
        host, behind = parts.hostname or "", parts.port
    except ValueError:
        host, behind = "", None
    if not host or parts.path or parts.query or "@" in text or any(sign.isspace() for sign in text):
        raise BadInput(
            N_("“{text}” is not the name of a machine."),
            hint=N_("Write a name such as mail.example.org, or an address such as 192.168.1.20."),
            text=text[:80],
        )
    return host, behind if behind is not None else _port(port)


def neighbours_of(text: str) -> tuple[Neighbour, ...]:
    """One neighbour a line: ``name`` or ``name:port``. Raises :class:`BadInput`."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > _MOST:
        raise BadInput(N_("At most {most} neighbours can be named."), hint=N_("Name fewer."), most=_MOST)
    return tuple(Neighbour(*place_of(line)) for line in lines)


def lines_of(neighbours: tuple[Neighbour, ...]) -> str:
    """The other way round."""
    return "\n".join(shown_place(each.host, each.port) for each in neighbours)


def shown_place(host: str, port: int) -> str:
    """``host:port`` as addresses are written; only the host for port 0."""
    if not port:
        return host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def end_of(until: str, now: float) -> float:
    """When a choice ends: at midnight, midnight in a week, or never."""
    if until == "always":
        return FOREVER
    today = datetime.fromtimestamp(now).astimezone().replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    return (today + timedelta(days=8 if until == "week" else 1)).timestamp()


def name_of(policy: Policy, host: str, port: int) -> str:
    """The name of a Connection to ``host``: with the port where the host has another Connection, which must stay."""
    plain = re.sub(r"[^a-z0-9.-]+", "-", host.lower()).strip(".-")[:56] or "connection"
    taken = any(one.name == plain and (one.host, one.port) != (host.lower(), port) for one in policy.connections)
    return f"{plain}-{port}" if taken else plain


def _port(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1
    if not 0 <= number <= 65535:
        raise BadInput(N_("{port} is not a port."), hint=N_("A port lies between 0 and 65535."), port=text[:20] or "…")
    return number


def _is_literal(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
