"""Everything that one user sends is refused but what is open: rules for nftables, given in one transaction each.

The rules look at packets, so they bind whatever makes them: any language, any protocol, every child. They stay when the
process that gave them dies. What they can't see: a socket that another user opened and passed on; a program that the
user asks by a unix socket, or on another port of the loopback than 53, to speak for it.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable

from hameau.kit import N_, Missing
from hameau.perimeter.guard import address_of
from hameau.perimeter.kernel.errors import NotPermitted
from hameau.perimeter.kernel.places import Opening, Place

NEAR4 = ("10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")
NEAR6 = ("fc00::/7", "fe80::/10")
_SETS = ("places4", "places6", "hosts4", "hosts6", "near4", "near6")
_PATH = "/usr/sbin:/sbin:/usr/bin:/bin:/usr/local/sbin:/usr/local/bin"
_SECONDS = 20


def table_of(uid: int) -> str:
    """The name of the table that binds the user ``uid``."""
    return f"hameau_{uid}"


def group_of(uid: int) -> int:
    """The NFLOG group in which what was refused to ``uid`` is shown; low numbers are left to others."""
    return 1024 + uid % 64000


def ruleset(uid: int, opened: Opening) -> str:
    """The whole table, in place of the one that is there.

    A packet that belongs to nobody (the kernel's own) is let through. Not only the first packet of a connection is
    looked at but each: what is no longer open is cut at once. Answers are packets of a connection that a neighbour
    began. TCP is refused by a reset, which comes at once; the kernel sends only so many other refusals a second, and a
    program would wait for the next. MPTCP is refused: it could go on by another way than the one it was allowed for.
    """
    table = table_of(uid)
    return f"""add table inet {table}
delete table inet {table}
table inet {table} {{
  set places4 {{ type ipv4_addr . inet_service; }}
  set places6 {{ type ipv6_addr . inet_service; }}
  set hosts4 {{ type ipv4_addr; }}
  set hosts6 {{ type ipv6_addr; }}
  set near4 {{ type ipv4_addr; flags interval; }}
  set near6 {{ type ipv6_addr; flags interval; }}
  counter refused {{ }}
  chain refuse {{
    counter name refused log group {group_of(uid)} snaplen 128
    meta l4proto tcp reject with tcp reset
    reject with icmpx admin-prohibited
  }}
  chain leave {{
    oif != lo tcp option mptcp exists goto refuse
    ip daddr . tcp dport @places4 accept
    ip6 daddr . tcp dport @places6 accept
    meta l4proto tcp ip daddr @hosts4 accept
    meta l4proto tcp ip6 daddr @hosts6 accept
    meta l4proto {{ tcp, udp }} th dport 53 goto refuse
    oif lo accept
    ct direction reply meta l4proto tcp ip daddr @near4 accept
    ct direction reply meta l4proto tcp ip6 daddr @near6 accept
    goto refuse
  }}
  chain output {{
    type filter hook output priority filter + 10; policy accept;
    meta skuid {uid} goto leave
  }}
}}
{_elements(table, opened)}"""


def update(uid: int, opened: Opening) -> str:
    """Other contents for the sets of the table that is there; the kernel swaps them at one stroke."""
    table = table_of(uid)
    return "".join(f"flush set inet {table} {name}\n" for name in _SETS) + _elements(table, opened)


def removal(uid: int) -> str:
    """No table any more, whether there was one or not."""
    return f"add table inet {table_of(uid)}\ndelete table inet {table_of(uid)}\n"


def run(text: str) -> None:
    """Gives ``text`` to the program ``nft``: all of it or nothing takes effect.

    Raises :class:`Missing` without the program, :class:`NotPermitted` when the kernel refuses.
    """
    done = _nft(["-f", "-"], text)
    if done.returncode:
        raise NotPermitted(
            N_("The firewall of this machine did not take Hameau's rules: {why}"), why=done.stderr.strip()[:500]
        )


def stands(uid: int) -> bool:
    """Whether the table is there, with its hook into what is sent."""
    done = _nft(["list", "chain", "inet", table_of(uid), "output"], "")
    return done.returncode == 0 and f"skuid {uid} " in done.stdout and "hook output" in done.stdout


def program() -> str | None:
    """The path of ``nft``, which root's own folders may hold without being in the search path."""
    return shutil.which("nft", path=_PATH)


def _nft(arguments: list[str], text: str) -> subprocess.CompletedProcess[str]:
    path = program()
    if path is None:
        raise Missing(N_("The program nft is not installed."), hint=N_("On Debian and Ubuntu: apt install nftables."))
    return subprocess.run(
        # -n: numbers stay numbers, so that the user's name is not looked up
        [path, "-n", *arguments],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
        env={"LC_ALL": "C", "PATH": _PATH},
    )


def _elements(table: str, opened: Opening) -> str:
    filled: dict[str, list[str]] = {name: [] for name in _SETS}
    for place in sorted(opened.places):
        name, element = _element(place)
        filled[name].append(element)
    if opened.answers:
        filled["near4"], filled["near6"] = list(NEAR4), list(NEAR6)
    return "".join(_filling(table, name, elements) for name, elements in filled.items() if elements)


def _filling(table: str, name: str, elements: Iterable[str]) -> str:
    return f"add element inet {table} {name} {{ {', '.join(elements)} }}\n"


def _element(place: Place) -> tuple[str, str]:
    """The set and the element. The address is read and written anew: no text from outside gets into the rules."""
    literal = address_of(place.address)
    if literal is None:
        raise ValueError(f"{place.address!r} is not an address")
    if place.port:
        return f"places{literal.version}", f"{literal} . {int(place.port)}"
    return f"hosts{literal.version}", str(literal)
