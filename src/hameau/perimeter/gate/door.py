"""The doorway seen from inside: small blocking questions to the supervisor."""

# ruff: noqa: PTH123 - on the way of every call: paths stay plain texts
from __future__ import annotations

import json
import os
import socket
import struct
from typing import Any

from hameau.kit import N_, Refused, Unavailable
from hameau.perimeter.gate import tree

DOOR = "HAMEAU_DOOR"
"""The environment variable with the doorway's path; the whole tree inherits it."""
HOW_TO_ALLOW = N_("Nothing leaves this machine unless you allow it: hameau perimeter allow {host}:PORT --why REASON")
_CREDENTIALS = struct.Struct("=iII")
_PATIENCE = 60.0  # seconds; a resolver may take its time


def inside() -> bool:
    """Whether this process is behind a gate: the kernel filters its calls, and a supervisor answers."""
    if not os.environ.get(DOOR):
        return False
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as status:
            if not any(line.startswith("Seccomp:") and line.split()[1] == "2" for line in status):
                return False
        return _is_above_us() and "level" in ask({"ask": "state"})
    except OSError:
        return False


def _is_above_us() -> bool:
    """Whether whoever listens at the door is an ancestor of this process, as the supervisor of its tree is: the variable
    alone may be a leftover, and the filter a container's."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(_PATIENCE)
        line.connect(os.environ[DOOR])
        told = line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return tree.belongs(os.getpid(), int(_CREDENTIALS.unpack(told)[0]))


def state() -> dict[str, Any]:
    """What the supervisor says of itself: ``level``, ``walls``, ``since``, ``refused``, ``connections`` in use; empty
    outside a gate."""
    try:
        return ask({"ask": "state"}) if os.environ.get(DOOR) else {}
    except OSError:
        return {}


def resolve(host: str, port: int) -> list[str]:
    """The addresses of ``host`` for a connection to ``port``.

    Raises :class:`Refused` when no Connection covers it, :class:`Unavailable` when it can't be found.
    """
    try:
        answer = ask({"ask": "resolve", "host": host, "port": port})
    except OSError as error:
        raise _not_found(host) from error
    if "refused" in answer:
        raise Refused(str(answer["refused"]), hint=HOW_TO_ALLOW, **dict(answer.get("fields", {})))
    addresses = answer.get("addresses")
    if not addresses:
        raise _not_found(host)
    return [str(each) for each in addresses]


def ended(connection: str, host: str, address: str, port: int, sent: int, received: int) -> None:
    """Says that a connection is over, with the bytes both ways as this process counted them."""
    told = {
        "connection": connection,
        "host": host,
        "address": address,
        "port": port,
        "sent": sent,
        "received": received,
    }
    _tell({"ask": "ended", **told})


def recheck() -> int:
    """Has the policy applied to what is open now; how many connections were cut."""
    return int(_tell({"ask": "recheck"}).get("closed", 0)) if os.environ.get(DOOR) else 0


def ask(question: dict[str, Any]) -> dict[str, Any]:
    """The supervisor's answer to ``question``. Raises ``OSError`` when there is none."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(_PATIENCE)
        line.connect(os.environ[DOOR])
        line.sendall(json.dumps(question).encode() + b"\n")
        answer = b""
        while not answer.endswith(b"\n"):
            piece = line.recv(65536)
            if not piece:
                raise ConnectionResetError("the supervisor hung up")
            answer += piece
    try:
        found = json.loads(answer)
    except ValueError as error:
        raise OSError("the supervisor does not make sense") from error
    if not isinstance(found, dict):
        raise OSError("the supervisor does not make sense")
    return found


def _tell(question: dict[str, Any]) -> dict[str, Any]:
    try:
        return ask(question)
    except (OSError, KeyError):  # outside a gate, or it is closing
        return {}


def _not_found(host: str) -> Unavailable:
    return Unavailable(
        N_("{host} can't be found."),
        hint=N_("Check how the address is written, and the network connection, then try again."),
        host=host,
    )
