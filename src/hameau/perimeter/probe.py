"""The self-test: three attempts on purpose, by Python, by C and by a child process. Each must be refused at once, and
each refusal must stand in the journal.

They go to 192.0.2.1, an address that is nobody's (RFC 5737, TEST-NET-1), each to a port of its own by which it is found
again. Where only Python is bound, the others are not sent: they would leave.
"""

from __future__ import annotations

import ctypes
import errno
import os
import random
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from hameau.perimeter.journal import Journal, Kind

NOBODY = "192.0.2.1"
_REFUSED = {errno.EACCES, errno.EPERM, errno.ECONNREFUSED}
"""The last one is what the system's packet filter answers. Nobody lives at that address who could answer it."""
_CHILD = """
import _socket, sys
line = _socket.socket(2, 1)
line.setblocking(False)
sys.exit(line.connect_ex((sys.argv[1], int(sys.argv[2]))) % 256)
"""
_PATIENCE = 20.0  # seconds for a child on a slow machine
_WRITTEN_WITHIN = 5.0  # seconds from an attempt to its line in the journal


@dataclass(frozen=True, slots=True)
class Probe:
    """One attempt on purpose: who makes it, and what the system answered (0: it got through)."""

    name: str
    port: int
    error: int


def try_python(port: int) -> int:
    """A connection by Python's own socket."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as line:
        line.setblocking(False)
        try:
            return line.connect_ex((NOBODY, port))
        except OSError as error:
            return error.errno or 0


def try_c(port: int) -> int:
    """A connection by the C library, past everything that Python could see."""
    libc = ctypes.CDLL(None, use_errno=True)
    handle = libc.socket(socket.AF_INET, socket.SOCK_STREAM | getattr(socket, "SOCK_NONBLOCK", 0), 0)
    if handle < 0:
        return ctypes.get_errno()
    try:
        address = struct.pack("=H", socket.AF_INET) + struct.pack(">H", port) + socket.inet_aton(NOBODY) + bytes(8)
        return 0 if libc.connect(handle, address, len(address)) == 0 else ctypes.get_errno()
    finally:
        os.close(handle)


def try_child(port: int) -> int:
    """A connection by another program."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _CHILD, NOBODY, str(port)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=_PATIENCE,
    )
    return done.returncode


PROBES: dict[str, Callable[[int], int]] = {"python": try_python, "c": try_c, "child": try_child}


def self_test(journal: Journal) -> tuple[str, ...]:
    """Makes the three attempts; the names of those that were not refused at once or are missing in the journal."""
    ports = random.sample(range(20_000, 60_000), len(PROBES))  # not a secret: a mark to find them by
    began = time.monotonic()
    probes = [Probe(name, port, attempt(port)) for (name, attempt), port in zip(PROBES.items(), ports, strict=True)]
    refused = [probe for probe in probes if probe.error in _REFUSED]
    written = _written(journal)
    while any(probe.port not in written for probe in refused) and time.monotonic() - began < _WRITTEN_WITHIN:
        time.sleep(0.05)  # the system's filter tells root's keeper, and that one writes
        written = _written(journal)
    return tuple(probe.name for probe in probes if probe not in refused or probe.port not in written)


def _written(journal: Journal) -> set[object]:
    """The ports of the attempts to reach nobody that stand in the journal."""
    found = journal.entries(kinds={Kind.REFUSED}, limit=100)
    return {entry.facts.get("port") for entry in found if entry.facts.get("address") == NOBODY}
