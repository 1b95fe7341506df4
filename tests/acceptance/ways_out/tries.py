"""Ways out, tried from Python: its own sockets where it has them, else the C library's ``syscall``.

Where to go is told by the environment, as to ``tries.c``. Each function returns the error's number, 0 when it got through.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import errno
import fcntl
import os
import socket
import struct
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

_PATIENCE = 0.25
_FAST_OPEN = 0x20000000
_libc = ctypes.CDLL(None, use_errno=True)


def told(name: str) -> str:
    return os.environ.get(f"WAY_{name}", "")


def port_of(n: int) -> int:
    return int(told("PORTS")) + n


def token(n: int) -> bytes:
    return b"WAY%05d\n" % n


def try_way(name: str, n: int) -> int:
    """Tries the way ``name``."""
    try:
        return WAYS[name](n) or 0
    except TimeoutError:
        return errno.ETIMEDOUT
    except socket.gaierror:
        return errno.EHOSTUNREACH
    except OSError as error:
        return error.errno or errno.EIO


def line(family: int, kind: int = socket.SOCK_STREAM, protocol: int = 0) -> socket.socket:
    made = socket.socket(family, kind, protocol)
    made.settimeout(_PATIENCE)
    return made


def dial(family: int, where: object, n: int, kind: int = socket.SOCK_STREAM, protocol: int = 0) -> int:
    with line(family, kind, protocol) as out:
        out.connect(where)  # type: ignore[arg-type]
        out.sendall(token(n))
    return 0


def tcp4(n: int) -> int:
    return dial(socket.AF_INET, (told("OUT4"), port_of(n)), n)


def scoped(n: int) -> int:
    return dial(socket.AF_INET6, (told("OUT6"), port_of(n), 0x12345, socket.if_nametoindex(told("CARD"))), n)


def nonblocking(n: int) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as out:
        got = out.connect_ex((told("OUT4"), port_of(n)))
    return 0 if got == errno.EINPROGRESS else got


def own_listener(n: int) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", port_of(n)))
    made.listen()
    return made


def reconnected(n: int) -> int:
    with own_listener(n), line(socket.AF_INET) as out:
        out.connect(("127.0.0.1", port_of(n)))
        none = struct.pack("=H14x", socket.AF_UNSPEC)
        _libc.connect(out.fileno(), none, len(none))
        out.connect((told("OUT4"), port_of(n)))
        out.sendall(token(n))
    return 0


def to_own(n: int, level: int, option: int, value: bytes) -> int:
    with own_listener(n), line(socket.AF_INET) as out:
        out.setsockopt(level, option, value)
        out.connect(("127.0.0.1", port_of(n)))
        out.sendall(token(n))
    return 0


def source_route(n: int) -> int:
    return to_own(n, socket.IPPROTO_IP, 4, b"\x83\x07\x04" + socket.inet_aton(told("OUT4")) + b"\0")


def fast_connect(n: int) -> int:
    with line(socket.AF_INET) as out:
        out.setsockopt(socket.IPPROTO_TCP, 30, 1)
        out.connect((told("OUT4"), port_of(n)))
        out.sendall(token(n))
    return 0


def fast_send(n: int) -> int:
    with line(socket.AF_INET) as out:
        out.sendto(token(n), _FAST_OPEN, (told("OUT4"), port_of(n)))
    return 0


def fast_message(n: int) -> int:
    with line(socket.AF_INET) as out:
        out.sendmsg([token(n)], [], _FAST_OPEN, (told("OUT4"), port_of(n)))
    return 0


def throw(family: int, where: object, n: int, kind: int = socket.SOCK_DGRAM, protocol: int = 0) -> int:
    with line(family, kind, protocol) as out:
        out.sendto(token(n), where)  # type: ignore[arg-type]
    return 0


def message(n: int) -> int:
    with line(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.sendmsg([token(n)], [], 0, (told("OUT4"), port_of(n)))
    return 0


def echo(family: int, kind: int, n: int) -> int:
    first = b"\x08" if family == socket.AF_INET else b"\x80"
    where = told("OUT4" if family == socket.AF_INET else "OUT6")
    with line(family, kind, 1 if family == socket.AF_INET else 58) as out:
        out.sendto(first + bytes(7) + token(n), (where, 0))
    return 0


def raw_header(n: int) -> int:
    head = b"\x45\0\0\x28" + bytes(4) + b"\x40\x63" + bytes(6) + socket.inet_aton(told("OUT4")) + bytes(4)
    with line(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as out:
        out.sendto((head + token(n)).ljust(40, b"\0"), (told("OUT4"), 0))
    return 0


def frame(kind: int, n: int) -> int:
    with line(socket.AF_PACKET, kind, socket.htons(0x88B5)) as out:
        where = (told("CARD"), 0x88B5, 0, 0, b"\xff" * 6)
        out.sendto(b"\xff" * 20 + token(n) + bytes(40), where)
    return 0


def member(family: int) -> socket.socket:
    """A socket that may be a member: where datagrams can't be had, a stream, which the kernel refuses."""
    try:
        return line(family, socket.SOCK_DGRAM)
    except OSError:
        return line(family)


def igmp(n: int) -> int:
    group = b"\xef\x4d" + struct.pack(">H", n)
    card = struct.pack("=i", socket.if_nametoindex(told("CARD")))
    with member(socket.AF_INET) as out:
        out.setsockopt(socket.IPPROTO_IP, 35, group + bytes(4) + card)
        time.sleep(0.3)
    return 0


def mld(n: int) -> int:
    group = socket.inet_pton(socket.AF_INET6, "ff15::ef4d:0")[:14] + struct.pack(">H", n)
    with member(socket.AF_INET6) as out:
        out.setsockopt(socket.IPPROTO_IPV6, 20, group + struct.pack("=I", socket.if_nametoindex(told("CARD"))))
        time.sleep(0.3)
    return 0


def question(n: int) -> bytes:
    return b"\0\x07\x01\0\0\x01" + bytes(6) + b"\x08way%05d\x07invalid\0\0\x01\0\x01" % n


def ask(kind: int, address: str, n: int) -> int:
    text = question(n)
    with line(socket.AF_INET, kind) as out:
        out.connect((address, 53))
        out.send(struct.pack(">H", len(text)) + text if kind == socket.SOCK_STREAM else text)
    return 0


def door(n: int) -> int:
    from hameau.kit import HameauError
    from hameau.perimeter.gate import resolve

    try:
        resolve(f"way{n:05d}.invalid", 443)
    except (HameauError, KeyError):
        return errno.EHOSTUNREACH
    return 0


def family(_: int) -> int:
    which = int(told("FAMILY"))
    all_of_them = (0, 1, 2, 4, 6, 9, 15, 16, 17, 33, 41, 47, 50, 58, 103, 115, 132, 136, 255, 256, 262)
    for kind in (1, 2, 3, 4, 5, 6, 10):
        for protocol in all_of_them if which in (1, 2, 10, 16) else all_of_them[:3]:
            with contextlib.suppress(OSError), socket.socket(which, kind, protocol):
                tcp = which in (2, 10) and kind == 1 and protocol in (0, 6)
                if not (tcp or (which == 1 and kind in (1, 5)) or (which == 16 and protocol == 0)):
                    return 0
    return errno.EACCES


def call(_: int) -> int:
    numbers = [int(each, 0) for each in told("CALL").split()]
    arguments = [ctypes.c_long(each) for each in (*numbers, *[0] * 7)[:7]]
    if _libc.syscall(*arguments) >= 0:
        return 0
    number = ctypes.get_errno()
    return number if number in (errno.EPERM, errno.EACCES, errno.ENOSYS) else 0


def opened(_: int) -> int:
    os.close(os.open(told("FILE"), os.O_WRONLY))
    return 0


def hear(address: str, n: int) -> int:
    with line(socket.AF_INET6 if ":" in address else socket.AF_INET) as server:
        if address:
            server.bind((address, port_of(n)))
        server.listen()
    return 0


def near(address: str, n: int) -> int:
    return dial(socket.AF_INET6 if ":" in address else socket.AF_INET, (address, int(told("FOREIGN"))), n)


def same_port(n: int) -> int:
    where = ("127.0.0.1", int(told("SHARED")))
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        server.bind(where)
        server.listen(100)
        for _ in range(64):
            dial(socket.AF_INET, where, n)
    return 0


def path(name: str) -> str:
    return f"{told('FOLDER')}/{name}"


def unix(where: object, n: int, kind: int = socket.SOCK_STREAM) -> int:
    return dial(socket.AF_UNIX, where, n, kind)


def unix_pair(n: int) -> int:
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with one, other:
        one.sendto(token(n), path("foreign/datagrams.sock"))
    return 0


def unix_link(n: int) -> int:
    link = Path(path(f"own/pl{n}"))
    link.symlink_to(path("foreign/docker.sock"))
    return unix(str(link), n)


def unix_relative(n: int) -> int:
    os.chdir(path("own"))
    return unix("../foreign/docker.sock", n)


def unix_handle(n: int) -> int:
    handle = os.open(path("foreign/docker.sock"), os.O_PATH)
    return unix(f"/proc/self/fd/{handle}", n)


def unix_renamed(n: int) -> int:
    own = Path(path(f"own/ps{n}"))
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(own))
        server.listen()
        unix(str(own), n)
        beside = own.with_suffix(".new")
        beside.hardlink_to(path("foreign/docker.sock"))
        beside.replace(own)
        return unix(str(own), n)


def named_pipe(n: int) -> int:
    with open(
        path("foreign/pipe"), "wb", buffering=0, opener=lambda name, _: os.open(name, os.O_WRONLY | os.O_NONBLOCK)
    ) as pipe:
        pipe.write(token(n))
    return 0


def inherited(n: int) -> int:
    os.write(int(told("INHERITED")), token(n))
    return 0


def handed_over(n: int) -> int:
    with socket.socket(fileno=os.dup(int(told("INPUT")))) as standard:
        _, found, *_ = socket.recv_fds(standard, 1, 1)
    if not found:
        return errno.EBADF
    os.write(found[0], token(n))
    return 0


def fetched(whose: str, n: int) -> int:
    process = os.pidfd_open(int(told(whose)))
    got = _libc.syscall(438, process, int(told("VICTIM_LINE")), 0)
    if got < 0:
        return ctypes.get_errno()
    os.write(got, token(n))
    return 0


def poke(whose: str, where: int) -> int:
    handle = os.open(f"/proc/{told(whose)}/mem", os.O_RDWR)
    if where:
        os.pwrite(handle, b"written!", where)
    return 0


def files_of_supervisor(_: int) -> int:
    for each in range(64):
        with contextlib.suppress(OSError):
            os.close(os.open(f"/proc/{told('SUPERVISOR')}/fd/{each}", os.O_RDWR | os.O_NONBLOCK))
            return 0
    return errno.EACCES


def signalled(_: int) -> int:
    os.kill(int(told("SUPERVISOR")), 0)
    return 0


def other_network(_: int) -> int:
    handle = os.open(f"/proc/{told('BEYOND')}/ns/net", os.O_RDONLY)
    return 0 if _libc.setns(handle, 0x40000000) == 0 else ctypes.get_errno()


def other_process(_: int) -> int:
    handle = os.pidfd_open(int(told("BEYOND")))
    return 0 if _libc.setns(handle, 0x40000000) == 0 else ctypes.get_errno()


def terminal(_: int) -> int:
    fcntl.ioctl(os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY), 0x5412, b"x")
    return 0


def tun(n: int) -> int:
    handle = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(handle, 0x400454CA, struct.pack("16sH22x", b"p%d" % n, 0x1001))
    return 0


def web(n: int) -> int:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(f"http://{told('OUT4')}:{port_of(n)}/", timeout=_PATIENCE).close()
    except urllib.request.URLError as error:
        return getattr(error.reason, "errno", None) or errno.EIO
    return 0


def event_loop(n: int) -> int:
    async def out() -> None:
        _, writer = await asyncio.wait_for(asyncio.open_connection(told("OUT4"), port_of(n)), _PATIENCE)
        writer.close()

    asyncio.run(out())
    return 0


def own_permission(n: int) -> int:
    """Writes a Connection into the home's own file, then goes."""
    from hameau.perimeter.policy import PolicyStore
    from hameau.perimeter.types import Connection

    store = PolicyStore(Path(told("HOME")))
    store.allow(Connection(f"mine.{n}", "nobody", "because", told("OUT4"), port_of(n), local=True))
    time.sleep(0.5)  # for a keeper that follows
    try:
        return tcp4(n)
    finally:
        store.revoke(f"mine.{n}")


_I4, _I6, _DGRAM, _RAW = socket.AF_INET, socket.AF_INET6, socket.SOCK_DGRAM, socket.SOCK_RAW
WAYS: dict[str, Callable[[int], int]] = {
    "tcp4": tcp4,
    "tcp6": lambda n: dial(_I6, (told("OUT6"), port_of(n)), n),
    "tcp-mapped": lambda n: dial(_I6, (f"::ffff:{told('OUT4')}", port_of(n)), n),
    "tcp-scoped": scoped,
    "tcp-nonblocking": nonblocking,
    "tcp-broadcast": lambda n: dial(_I4, ("255.255.255.255", port_of(n)), n),
    "tcp-multicast": lambda n: dial(_I6, ("ff02::1", port_of(n)), n),
    "urllib": web,
    "asyncio": event_loop,
    "tcp-reconnected": reconnected,
    "source-route": source_route,
    "bind-to-device": lambda n: to_own(n, socket.SOL_SOCKET, socket.SO_BINDTODEVICE, told("CARD").encode()),
    "fastopen-sendto": fast_send,
    "fastopen-sendmsg": fast_message,
    "fastopen-connect": fast_connect,
    "mptcp": lambda n: dial(_I4, (told("OUT4"), port_of(n)), n, protocol=262),
    "mptcp6": lambda n: dial(_I6, (told("OUT6"), port_of(n)), n, protocol=262),
    "sctp": lambda n: dial(_I4, (told("OUT4"), port_of(n)), n, protocol=132),
    "sctp-packets": lambda n: dial(_I4, (told("OUT4"), port_of(n)), n, socket.SOCK_SEQPACKET, 132),
    "smc": lambda n: dial(43, (told("OUT4"), port_of(n)), n),
    "smc-inet": lambda n: dial(_I4, (told("OUT4"), port_of(n)), n, protocol=256),
    "dccp": lambda n: dial(_I4, (told("OUT4"), port_of(n)), n, 6, 33),
    "udp-connect": lambda n: dial(_I4, (told("OUT4"), port_of(n)), n, _DGRAM),
    "udp-sendto": lambda n: throw(_I4, (told("OUT4"), port_of(n)), n),
    "udp-sendmsg": message,
    "udp6": lambda n: throw(_I6, (told("OUT6"), port_of(n)), n),
    "udp-mapped": lambda n: throw(_I6, (f"::ffff:{told('OUT4')}", port_of(n)), n),
    "udp-multicast": lambda n: throw(_I4, ("224.0.0.251", port_of(n)), n),
    "udplite": lambda n: throw(_I4, (told("OUT4"), port_of(n)), n, protocol=136),
    "ping": lambda n: echo(_I4, _DGRAM, n),
    "ping6": lambda n: echo(_I6, _DGRAM, n),
    "raw-icmp": lambda n: echo(_I4, _RAW, n),
    "raw-protocol": lambda n: throw(_I4, (told("OUT4"), 0), n, _RAW, 99),
    "raw-header": raw_header,
    "packet-raw": lambda n: frame(_RAW, n),
    "packet-cooked": lambda n: frame(_DGRAM, n),
    "igmp-membership": igmp,
    "mld-membership": mld,
    "getaddrinfo": lambda n: 0 if socket.getaddrinfo(f"way{n:05d}.invalid", 443) else 1,
    "dns-outside": lambda n: ask(_DGRAM, told("OUT4"), n),
    "dns-stub": lambda n: ask(_DGRAM, "127.0.0.53", n),
    "dns-stub-tcp": lambda n: ask(socket.SOCK_STREAM, "127.0.0.53", n),
    "door-resolve": door,
    "loopback4": lambda n: near("127.0.0.1", n),
    "loopback-other": lambda n: near("127.0.0.2", n),
    "loopback6": lambda n: near("::1", n),
    "loopback-mapped": lambda n: near("::ffff:127.0.0.1", n),
    "loopback-any4": lambda n: near("0.0.0.0", n),
    "loopback-any6": lambda n: near("::", n),
    "loopback-by-card": lambda n: near(told("HERE4"), n),
    "loopback-udp": lambda n: throw(_I4, ("127.0.0.1", int(told("FOREIGN"))), n),
    "reuseport": same_port,
    "unix-stream": lambda n: unix(path("foreign/docker.sock"), n),
    "unix-packets": lambda n: unix(path("foreign/packets.sock"), n, socket.SOCK_SEQPACKET),
    "unix-datagrams": lambda n: unix(path("foreign/datagrams.sock"), n, _DGRAM),
    "unix-pair": unix_pair,
    "unix-abstract": lambda n: unix("\0" + told("ABSTRACT"), n),
    "unix-symlink": unix_link,
    "unix-relative": unix_relative,
    "unix-proc-root": lambda n: unix("/proc/self/root" + path("foreign/docker.sock"), n),
    "unix-proc-fd": unix_handle,
    "unix-renamed": unix_renamed,
    "listen-any4": lambda n: hear("0.0.0.0", n),
    "listen-any6": lambda n: hear("::", n),
    "listen-card": lambda n: hear(told("HERE4"), n),
    "listen-unbound": lambda n: hear("", n),
    "named-pipe": named_pipe,
    "inherited-socket": inherited,
    "handed-over": handed_over,
    "pidfd-getfd": lambda n: fetched("VICTIM", n),
    "pidfd-getfd-supervisor": lambda n: fetched("SUPERVISOR", n),
    "proc-mem": lambda _: poke("VICTIM", int(told("VICTIM_AT"), 16)),
    "proc-mem-supervisor": lambda _: poke("SUPERVISOR", 0),
    "proc-fd-supervisor": files_of_supervisor,
    "signal-supervisor": signalled,
    "setns": other_network,
    "setns-pidfd": other_process,
    "tiocsti": terminal,
    "tun": tun,
    "policy-file": own_permission,
    "call": call,
    "open": opened,
    "family": family,
}
