"""A process of another user that tries the ways out it is told, line by line: ``["tcp", "192.0.2.1", 80]``.

Answers with the name of the error, or « ok ». ``hold`` keeps its connection; ``held`` sends on it. Standard library
only, so that it starts where the held user can read nothing.
"""

import contextlib
import errno
import json
import os
import socket
import sys
from pathlib import Path

WAIT = 2.0  # seconds: silence means that it was not refused, or not with an answer
FAST_OPEN = 0x20000000
MPTCP = 262
held = []


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def connect(kind, protocol):
    def way(address, port):
        with socket.socket(family(address), kind, protocol) as line:
            line.settimeout(WAIT)
            line.connect((address, port))

    return way


def send(kind, protocol, flags=0, content=b"secret"):
    def way(address, port):
        with socket.socket(family(address), kind, protocol) as line:
            line.sendto(content, flags, (address, port))

    return way


def ping(address, port):
    content = (b"\x80" if ":" in address else b"\x08") + bytes(3) + b"\0\1\0\1"
    protocol = socket.IPPROTO_ICMPV6 if ":" in address else socket.IPPROTO_ICMP
    send(socket.SOCK_DGRAM, protocol, 0, content)(address, 0)


def raw_header(address, port):
    """A TCP SYN made by hand, header and all."""
    head = b"\x45\0\0\x28" + bytes(4) + b"\x40\x06" + bytes(6) + socket.inet_aton(address)
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as line:
        line.sendto(head + b"\x30\x39" + port.to_bytes(2, "big") + bytes(8) + b"\x50\x02" + bytes(6), (address, 0))


def hold(address, port):
    line = socket.socket(family(address), socket.SOCK_STREAM)
    line.settimeout(WAIT)
    held.append(line)
    line.connect((address, port))


def still(address, port):
    held[-1].send(b"still there?")


def serve(address, port):
    held.append(socket.create_server((address, port), family=family(address)))


WAYS = {
    "tcp": connect(socket.SOCK_STREAM, 0),
    "mptcp": connect(socket.SOCK_STREAM, MPTCP),
    "udp": send(socket.SOCK_DGRAM, 0),
    "udp-connected": connect(socket.SOCK_DGRAM, 0),
    "udplite": send(socket.SOCK_DGRAM, 136),
    "fast-open": send(socket.SOCK_STREAM, 0, FAST_OPEN),
    "ping": ping,
    "raw": send(socket.SOCK_RAW, 99),
    "raw-header": raw_header,
    "hold": hold,
    "held": still,
    "serve": serve,
}


def tried(way, address, port):
    try:
        WAYS[way](address, port)
    except TimeoutError:
        return "silence"
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))
    return "ok"


def main():
    uid, cgroup = int(sys.argv[1]), sys.argv[2]
    if cgroup:
        Path(cgroup, "cgroup.procs").write_text("0")
    if uid:
        with contextlib.suppress(OSError):  # lets this group ping, in this network
            Path("/proc/sys/net/ipv4/ping_group_range").write_text(f"{uid} {uid}")
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    for line in sys.stdin:
        print(tried(*json.loads(line)), flush=True)


"".encode("idna")  # loaded while its file can be read
main()
