"""Every way out that is tried, and who tries it. What is known not to be held is in ``limits``."""

from __future__ import annotations

import platform
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PYTHON, C, CHILD = CALLERS = ("python", "c", "child")
"""Python of the process itself; C in it, by raw system calls; a program of its own, after two forks and ``setsid``."""

LEVELS = {
    "open": "nothing (the negative control)",
    "hook": "the audit hook alone",
    "gate": "the gate, as an ordinary user",
    "gate-root": "the gate, as root",
    "gate-old": "the gate on a kernel without Landlock",
    "nftables": "the system's firewall, for a user of its own",
    "cgroup": "the kernel's programs on a control group",
}
GATES = ("gate", "gate-root", "gate-old")
SYSTEMS = ("nftables", "cgroup")


@dataclass(frozen=True, slots=True)
class Way:
    """One way out. Without ``sends`` it is a door that must not open: what the call answers counts, not a packet."""

    name: str
    what: str
    sends: bool = True
    callers: tuple[str, ...] = CALLERS
    run: str = ""
    """The name in the programs; ``name`` by default."""
    settings: dict[str, str] = field(default_factory=dict)
    written: bool = True
    """Whether a level with a journal of calls promises to write it down."""
    gets_out: bool = True
    """Whether it gets out where nothing holds it; else any kernel refuses it."""


_X86 = platform.machine() == "x86_64"
_CALLS = {  # name: numbers on x86-64 and elsewhere, arguments that do no harm where the call is let through
    "io-uring-setup": ((425, 425), "1 0"),
    "io-uring-enter": ((426, 426), "0xffffffff 0 0 0 0 0"),
    "io-uring-register": ((427, 427), "0xffffffff 0 0 0"),
    "bpf": ((321, 280), "0 0 0"),
    "perf-event-open": ((298, 241), "0 0 0xffffffff 0xffffffff 0"),
    "userfaultfd": ((323, 282), "1"),
    "keyctl": ((250, 219), "0 0xfffffffd 0"),
    "add-key": ((248, 217), "0 0 0 0 0xfffffffd"),
    "request-key": ((249, 218), "0 0 0 0"),
    "kexec-load": ((246, 104), "0 0 0 0xffffffff"),
    "init-module": ((175, 105), "0 0 0"),
    "finit-module": ((313, 273), "0xffffffff 0 0"),
    "mount": ((165, 40), "0 0 0 0 0"),
    "fsopen": ((430, 430), "0 0"),
    "move-mount": ((429, 429), "0 0 0 0 0"),
    "open-tree": ((428, 428), "0xffffffff 0 0xffffffff"),
    "process-vm-readv": ((310, 270), "0 0 0 0 0 0"),
}
_FILES = {
    "file-core-pattern": ("/proc/sys/kernel/core_pattern", "the program that the kernel starts when one crashes"),
    "file-modprobe": ("/proc/sys/kernel/modprobe", "the program that the kernel starts to load a module"),
    "file-uevent-helper": ("/sys/kernel/uevent_helper", "the program that the kernel starts for a device"),
    "file-disk": ("", "the disk itself"),
    "file-memory": ("/dev/mem", "the machine's memory"),
}


def _disk() -> str:
    try:
        names = [line.split()[-1] for line in Path("/proc/partitions").read_text(encoding="ascii").splitlines()[2:]]
    except OSError:
        names = []
    return f"/dev/{names[0]}" if names else "/dev/vda"


def _tcp() -> list[Way]:
    odd = {"gets_out": False, "written": False}
    return [
        Way("tcp4", "TCP over IPv4"),
        Way("tcp6", "TCP over IPv6"),
        Way("tcp-mapped", "TCP to an IPv4 address in IPv6 clothes"),
        Way("tcp-scoped", "TCP over IPv6 with a scope and a flow label"),
        Way("tcp-nonblocking", "TCP that does not wait"),
        Way("tcp-broadcast", "TCP to the broadcast address", gets_out=False),
        Way("tcp-multicast", "TCP to a multicast address", gets_out=False),
        Way("urllib", "a web request of Python's library", callers=(PYTHON,)),
        Way("asyncio", "a connection of Python's event loop", callers=(PYTHON,)),
        Way("address-short", "an address that is too short", callers=(C, CHILD), **odd),
        Way("address-long", "an address with something after it", callers=(C, CHILD)),
        Way("address-huge", "an address of 2 GB", callers=(C, CHILD), **odd),
        Way("address-high-bits", "a descriptor and a length with bits above the 32nd", callers=(C, CHILD)),
        Way("address-no-family", "an address of the family « none »", callers=(C, CHILD), **odd),
        Way("address-odd-family", "an address of a family that is not", callers=(C, CHILD), **odd),
        Way("address-inet6-on-inet", "an IPv6 address on an IPv4 socket", callers=(C, CHILD), **odd),
        Way("address-inet-on-inet6", "an IPv4 address on an IPv6 socket", callers=(C, CHILD), **odd),
        Way("address-netlink-on-inet", "a netlink address on an IPv4 socket", callers=(C, CHILD), **odd),
        Way("address-unaligned", "an address at an odd place in memory", callers=(C, CHILD)),
        Way("tcp-reconnected", "a socket that was connected among ourselves before"),
        Way("source-route", "a connection « to ourselves » with a source route"),
        Way("source-route-high-bits", "the same, the option's number with high bits", callers=(C, CHILD)),
        Way("bind-to-device", "a connection « to ourselves » by a network card", gets_out=False),
        Way(
            "own-by-options",
            "a connection « to ourselves » with every option that names a card",
            callers=(C, CHILD),
            **odd,
        ),
        Way(
            "own-from-link-local",
            "a connection « to ourselves » from a link-local address",
            callers=(C, CHILD),
            gets_out=False,
        ),
        Way("own-from-elsewhere", "a connection « to ourselves » from another machine's address", callers=(C, CHILD)),
        Way("fastopen-sendto", "TCP Fast Open by sendto"),
        Way("fastopen-sendmsg", "TCP Fast Open by sendmsg"),
        Way("fastopen-sendmmsg", "TCP Fast Open by sendmmsg", callers=(C, CHILD)),
        Way("fastopen-high-bits", "TCP Fast Open, flags with high bits", callers=(C, CHILD)),
        Way("fastopen-connect", "TCP Fast Open by an option and connect"),
        Way("fastopen-in-header", "TCP Fast Open, its flag in the message", callers=(C, CHILD), **odd),
        Way("mptcp", "MPTCP over IPv4"),
        Way("mptcp6", "MPTCP over IPv6"),
        Way("sctp", "SCTP"),
        Way("sctp-packets", "SCTP, in messages"),
        Way("smc", "SMC"),
        Way("smc-inet", "SMC as a protocol of IPv4"),
        Way("dccp", "DCCP"),
    ]


def _packets() -> list[Way]:
    return [
        Way("udp-connect", "UDP by connect"),
        Way("udp-sendto", "UDP by sendto"),
        Way("udp-sendmsg", "UDP by sendmsg"),
        Way("udp-sendmmsg", "UDP by sendmmsg", callers=(C, CHILD)),
        Way("udp6", "UDP over IPv6"),
        Way("udp-mapped", "UDP to an IPv4 address in IPv6 clothes"),
        Way("udp-multicast", "UDP to a multicast address"),
        Way("udplite", "UDP-Lite"),
        Way("ping", "an echo request"),
        Way("ping6", "an echo request over IPv6"),
        Way("raw-icmp", "a raw socket for ICMP"),
        Way("raw-protocol", "a raw socket for an unknown protocol"),
        Way("raw-header", "a raw socket with a header of one's own"),
        Way("packet-raw", "a frame of one's own"),
        Way("packet-cooked", "a frame with the kernel's header"),
        Way("packet-old", "a frame by a socket of the old kind", callers=(C, CHILD)),
        Way("igmp-membership", "a membership in a group, announced by the kernel"),
        Way("mld-membership", "a membership in an IPv6 group"),
        Way("getaddrinfo", "a name, asked of the C library", written=False),
        Way("res-query", "a name, asked of the resolver's library", callers=(C, CHILD)),
        Way("dns-outside", "a name, asked of a server outside"),
        Way("dns-stub", "a name, asked of this machine's resolver at 127.0.0.53"),
        Way("dns-stub-tcp", "the same by TCP"),
        Way("door-resolve", "a name that nobody allowed, asked of the supervisor", callers=(PYTHON,), gets_out=False),
    ]


def _near() -> list[Way]:
    return [
        Way("loopback4", "another program on 127.0.0.1"),
        Way("loopback-other", "another program on 127.0.0.2"),
        Way("loopback6", "another program on ::1"),
        Way("loopback-mapped", "another program on ::ffff:127.0.0.1"),
        Way("loopback-any4", "another program, as 0.0.0.0"),
        Way("loopback-any6", "another program, as ::"),
        Way("loopback-by-card", "another program, by this machine's own address"),
        Way("loopback-udp", "another program by UDP"),
        Way("reuseport", "another program on a port that we listen on too (SO_REUSEPORT)"),
        Way("port-taken-over", "another program on a port that was ours before", callers=(C, CHILD)),
        Way("unix-stream", "another program's unix socket, such as docker.sock"),
        Way("unix-packets", "another program's unix socket for messages"),
        Way("unix-datagrams", "another program's unix socket for datagrams"),
        Way("unix-pair", "the same, from a pair of sockets"),
        Way("unix-abstract", "another program's abstract unix socket"),
        Way("unix-symlink", "a symbolic link to another program's socket"),
        Way("unix-relative", "a relative path to it"),
        Way("unix-proc-root", "a path to it by /proc/self/root"),
        Way("unix-proc-fd", "a path to it by /proc/self/fd", written=False),
        Way("unix-renamed", "a hard link to it in place of our own socket"),
        Way(
            "unix-mounted",
            "a mount over our own socket, in a namespace of one's own",
            callers=(C, CHILD),
            written=False,
        ),
        Way("unix-chroot", "the same path under another root", callers=(C, CHILD), written=False),
        Way("named-pipe", "a named pipe that another program reads", written=False),
        Way("listen-any4", "listening on every address", sends=False),
        Way("listen-any6", "listening on every IPv6 address", sends=False),
        Way("listen-card", "listening on a network card's address", sends=False),
        Way("listen-unbound", "listening without an address", sends=False),
    ]


def _others() -> list[Way]:
    unwritten: dict[str, Any] = {"written": False}
    held: dict[str, Any] = {"sends": False, "written": False}
    inside: dict[str, Any] = {"callers": (C, CHILD)}
    return [
        Way("inherited-socket", "a connected socket that was open before", **unwritten),
        Way("handed-over", "a connected socket that another program hands over by our standard input", **unwritten),
        Way("pidfd-getfd", "a connected socket fetched from another program (pidfd_getfd)", **unwritten),
        Way("pidfd-getfd-supervisor", "a socket fetched from the supervisor", **held),
        Way("ptrace", "tracing another program", **held, **inside),
        Way("ptrace-supervisor", "tracing the supervisor", **held, **inside),
        Way("process-vm-writev", "writing into another program (process_vm_writev)", **held, **inside),
        Way("proc-mem", "writing into another program (/proc/PID/mem)", **held),
        Way("proc-mem-supervisor", "writing into the supervisor", **held),
        Way("proc-fd-supervisor", "the supervisor's files by /proc/PID/fd", **held),
        Way("signal-supervisor", "a signal to the supervisor", **held),
        Way("setns", "going into another network", **held),
        Way("setns-pidfd", "going into another program's network", **held),
        Way("netlink-route", "a new route", **held, **inside),
        Way("own-network", "a network of one's own", **unwritten, **inside, gets_out=False),
        Way("own-processes", "process numbers of one's own", **unwritten, **inside),
        Way("seccomp-allow-all", "a filter that allows everything", **inside),
        Way("seccomp-listener", "a listener of one's own on the filter", **held, **inside),
        Way("int80", "the calls of 32 bits (int 0x80)", **unwritten, **inside),
        Way("x32", "the calls of x32", **held, **inside, gets_out=False),
        Way("clone3", "a child made by clone3", **inside),
        Way("vfork", "a child made by vfork", **inside),
        Way("setuid-program", "a program that runs as root (set-user-ID)", **unwritten, **inside),
        Way("tiocsti", "typing into a terminal (TIOCSTI)", **held),
        Way("tiocsti-high-bits", "the same, the number with high bits", **held, **inside),
        Way("tun", "a network card of one's own (/dev/net/tun)", **held),
        Way("policy-file", "writing the permission oneself", **unwritten, callers=(PYTHON,)),
        Way("race-address", "the address changed by another thread during the call", **unwritten, **inside),
        Way("race-path", "the path changed during the call", **unwritten, **inside),
        Way(
            "race-pages", "the memory of the address taken away during the call", **unwritten, **inside, gets_out=False
        ),
        Way("race-line", "the descriptor changed during the call", **unwritten, **inside),
    ]


def _tables() -> list[Way]:
    doors = [
        Way(name, f"the call {name.replace('-', '_')}", False, (PYTHON, C, CHILD), "call",
            {"WAY_CALL": f"{numbers[not _X86]} {arguments}"}, written=False)
        for name, (numbers, arguments) in _CALLS.items()
    ]  # fmt: skip
    files = [
        Way(name, what, False, CALLERS, "open", {"WAY_FILE": path or _disk()}, written=False, gets_out=path != "")
        for name, (path, what) in _FILES.items()
    ]
    families = [
        Way(f"family-{each:02}", f"sockets of the family {each}", False, CALLERS, "family", {"WAY_FAMILY": str(each)},
            gets_out=False)
        for each in range(51)
    ]  # fmt: skip
    return [*doors, *files, *families]


RARE = {
    *("sctp", "sctp-packets", "smc", "smc-inet", "dccp", "mptcp", "mptcp6", "udplite", "ping", "ping6", "int80"),
    *("setuid-program", "tiocsti", "tiocsti-high-bits", "tun", "unix-mounted", "unix-chroot", "own-processes", "source-route"),
    *("source-route-high-bits", "fastopen-connect", "ptrace-supervisor", "tcp6", "tcp-scoped", "udp6", "mld-membership"),
    *_CALLS, *_FILES,
}  # fmt: skip
"""What a kernel may lack, so that it does not get out where nothing holds it either."""

WAYS: dict[str, Way] = {each.name: each for each in (*_tcp(), *_packets(), *_near(), *_others(), *_tables())}
"""All, in the order of the table. ``policy-file`` allows only its own port."""


def tried(level: str) -> list[tuple[str, str]]:
    """Each way and caller that is tried at ``level``. Doors that only lead to others are no business of walls that look
    at packets, nor of the hook."""
    return [
        (way.name, caller)
        for way in WAYS.values()
        for caller in way.callers
        if way.sends or level == "open" or level in GATES
    ]
