"""A program that goes behind the border as every command of Hameau does, and then tries to get out, each way on purpose.

Run by the stage in the sealed network. Prints what the system answered, and what holds the border, as JSON.
"""

from __future__ import annotations

import errno
import json
import secrets
import socket
import sys
from collections.abc import Callable

from hameau.kit import home_folder
from hameau.perimeter.entrance import enter, here
from hameau.perimeter.probe import NOBODY, try_c, try_child, try_python

NEIGHBOUR = "neighbour.sock"
"""The socket of a program that is not Hameau's, in the folder in which this one runs."""
_NOBODY6 = "2001:db8::1"  # RFC 3849
_PATIENCE = 5.0  # seconds


def main() -> None:
    """Tries every way once, each to a port of its own by which it is found again."""
    enter(home_folder())
    port = secrets.randbelow(20_000) + 30_000
    tries = [_tried(way, target, port + number, attempt) for number, (way, target, attempt) in enumerate(_WAYS)]
    held = here()
    json.dump({"level": held.level.value, "walls": list(held.walls), "tries": tries}, sys.stdout)
    sys.stdout.flush()


def _tried(way: str, target: str, port: int, attempt: Callable[[int], int]) -> dict[str, str | int]:
    try:
        number = attempt(port)
    except OSError as error:
        number = error.errno or errno.EIO
    error_name = errno.errorcode.get(number, str(number)) if number else ""
    return {"way": way, "target": target, "port": port, "error": error_name}


def _ipv6(port: int) -> int:
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as line:
        line.setblocking(False)
        return line.connect_ex((_NOBODY6, port))


def _udp(port: int) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.sendto(b"hameau", (NOBODY, port))
    return 0


def _unix(_port: int) -> int:
    """Another program of this machine, which could send things on for us; it listens in our folder."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(_PATIENCE)
        return line.connect_ex(NEIGHBOUR)


def _name(port: int) -> int:
    """A name that can't be (RFC 6761): only the question can leave."""
    try:
        socket.getaddrinfo(_NAME, port)
    except PermissionError:
        return errno.EACCES
    except socket.gaierror:
        return errno.EHOSTUNREACH
    return 0


_NAME = f"hameau-{secrets.token_hex(6)}.invalid"
_WAYS: tuple[tuple[str, str, Callable[[int], int]], ...] = (
    ("python", NOBODY, try_python),
    ("c", NOBODY, try_c),
    ("child", NOBODY, try_child),
    ("ipv6", _NOBODY6, _ipv6),
    ("udp", NOBODY, _udp),
    ("name", _NAME, _name),
    ("unix", NEIGHBOUR, _unix),
)

if __name__ == "__main__":
    main()
