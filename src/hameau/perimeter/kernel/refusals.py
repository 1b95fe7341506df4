"""What the journal holds of a refusal that the kernel made; the same facts as those of the other levels."""

from __future__ import annotations

from pathlib import Path

from hameau.kit import N_
from hameau.perimeter.guard import address_of, verdict
from hameau.perimeter.kernel.places import Refusal
from hameau.perimeter.kernel.scribe import Fact
from hameau.perimeter.types import Act, Attempt, Policy

_HELD = N_("The connection to {host} was refused by the system's own filter.")
_MISSED = N_("More was refused than could be written down: the attempts came too fast.")


def facts_of(refusal: Refusal, policy: Policy, moment: float, host: str = "") -> dict[str, Fact]:
    """``host`` is the name that the address is known by. Facts that are not known are left out."""
    literal = address_of(refusal.address)
    family = "inet6" if literal is not None and literal.version == 6 else "inet"
    act = Act.CONNECT if refusal.protocol == "tcp" else Act.SEND
    judged = verdict(Attempt(act, family, refusal.address, refusal.port, refusal.protocol, host), policy, moment)
    known: dict[str, Fact] = {
        "act": act.value,
        "program": _program(refusal.pid),
        "pid": refusal.pid,
        "host": host,
        "address": refusal.address,
        "port": refusal.port,
        "protocol": refusal.protocol,
        "why": _HELD if judged.allowed else judged.reason,
        "times": refusal.times if refusal.times > 1 else 0,
    }
    return {name: fact for name, fact in known.items() if fact not in ("", 0)}


def missed(number: int) -> dict[str, Fact]:
    """The facts of ``number`` refusals of which nothing else is known."""
    return {"act": Act.SEND.value, "why": _MISSED, "times": number}


def _program(pid: int) -> str:
    """The name that the process gives itself, if it still lives."""
    if not pid:
        return ""
    try:
        name = Path(f"/proc/{pid}/comm").read_bytes()
    except OSError:
        return ""
    return "".join(sign for sign in name.decode(errors="replace").strip() if sign.isprintable())
