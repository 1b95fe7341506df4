"""The filter that every system call of the tree passes: a table, and the BPF program made of it.

A call that is in no rule is allowed. Nothing that the filter allows can leave the machine by itself: the only sockets
that can be made are unix and TCP streams and route questions to the kernel, none of which goes anywhere without
``connect`` or ``listen``; those two are stopped, and the supervisor does them in the caller's stead.

What a filter sees are registers, never memory. The arguments looked at here are all ``int`` or ``unsigned int`` to the
kernel, which cuts the register to 32 bits: so do we, and must (compared at 64 bits, ``TIOCSTI + 2**32`` would pass).

Sources: ``seccomp(2)``, ``seccomp_unotify(2)``, the kernel's ``Documentation/userspace-api/seccomp_filter.rst``.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from hameau.perimeter.gate.numbers import AUDIT, NUMBERS

ALLOW, NOTIFY, KILL = 0x7FFF_0000, 0x7FC0_0000, 0x8000_0000
_ERROR = 0x0005_0000
NOT_PERMITTED, NO_SUCH_CALL = _ERROR | errno.EPERM, _ERROR | errno.ENOSYS
_X32 = 0x4000_0000

FAST_OPEN = 0x2000_0000
"""MSG_FASTOPEN: connects and sends at once, without ``connect``."""
_UNIX, _INET, _INET6, _NETLINK, _TCP = 1, 2, 10, 16, 6
_KIND = 0xF  # SOCK_TYPE_MASK: the rest are SOCK_NONBLOCK and SOCK_CLOEXEC
_STREAM, _SEQPACKET = 1, 5
_NETLINK_ROUTE = 0
_SOL_IP, _SOL_SOCKET, _SOL_IPV6 = 0, 1, 41


@dataclass(frozen=True, slots=True)
class Is:
    """An argument (counted from 0) that equals ``value`` under ``mask``."""

    argument: int
    value: int
    mask: int = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True)
class Rule:
    """``then`` is the answer when all conditions of one of the cases hold, ``otherwise`` when those of none do."""

    call: str
    cases: tuple[tuple[Is, ...], ...] = ()
    then: int = ALLOW
    otherwise: int = ALLOW


def _options(level: int, *names: int) -> tuple[tuple[Is, ...], ...]:
    return tuple((Is(1, level), Is(2, name)) for name in names)


_SENDING = (
    # Data in the first packet of a connection, which connect() would never see.
    Rule("sendto", ((Is(3, FAST_OPEN, FAST_OPEN),),), then=NOTIFY),
    Rule("sendmsg", ((Is(2, FAST_OPEN, FAST_OPEN),),), then=NOTIFY),
    Rule("sendmmsg", ((Is(3, FAST_OPEN, FAST_OPEN),),), then=NOTIFY),
)
_SOCKETS = (
    Rule(
        "socket",
        (
            (Is(0, _UNIX), Is(1, _STREAM, _KIND)),
            (Is(0, _UNIX), Is(1, _SEQPACKET, _KIND)),
            (Is(0, _INET), Is(1, _STREAM, _KIND), Is(2, 0)),
            (Is(0, _INET), Is(1, _STREAM, _KIND), Is(2, _TCP)),
            (Is(0, _INET6), Is(1, _STREAM, _KIND), Is(2, 0)),
            (Is(0, _INET6), Is(1, _STREAM, _KIND), Is(2, _TCP)),
            (Is(0, _NETLINK), Is(2, _NETLINK_ROUTE)),
        ),
        otherwise=NOTIFY,
    ),
    # A pair of unix datagram sockets could still send to the path of another program.
    Rule(
        "socketpair",
        ((Is(0, _UNIX), Is(1, _STREAM, _KIND)), (Is(0, _UNIX), Is(1, _SEQPACKET, _KIND))),
        otherwise=NOTIFY,
    ),
    Rule("connect", otherwise=NOTIFY),
    Rule("listen", otherwise=NOTIFY),  # an unbound socket would listen on every interface
    Rule(
        "setsockopt",
        (
            # Source routes: a connection « to loopback » whose packets go to the first hop named in the option.
            *_options(_SOL_IP, 4),  # IP_OPTIONS
            *_options(_SOL_IPV6, 6, 54, 55, 57, 59),  # 2292PKTOPTIONS, HOPOPTS, RTHDRDSTOPTS, RTHDR, DSTOPTS
            # Interfaces: « loopback » packets out of a network card.
            *_options(_SOL_SOCKET, 25, 62),  # SO_BINDTODEVICE, SO_BINDTOIFINDEX
            # A port shared with other programs of the same user: « our » listener might be theirs.
            *_options(_SOL_SOCKET, 15),  # SO_REUSEPORT
            # Addresses of other machines: a « loopback » connection whose answers go there.
            *_options(_SOL_IP, 15, 19),  # IP_FREEBIND, IP_TRANSPARENT
            *_options(_SOL_IPV6, 75, 78),  # IPV6_TRANSPARENT, IPV6_FREEBIND
            # Memberships: their announcements are packets, with bits that the program chooses.
            *_options(_SOL_IP, 35, 39, 42, 46),  # IP_ADD_(SOURCE_)MEMBERSHIP, MCAST_JOIN_(SOURCE_)GROUP
            *_options(_SOL_IPV6, 20, 27, 42, 46),  # ADD_MEMBERSHIP, JOIN_ANYCAST, MCAST_JOIN_(SOURCE_)GROUP
        ),
        then=NOTIFY,
    ),
)
_OTHERS = (
    Rule("ioctl", tuple((Is(1, number),) for number in (0x5412, 0x541C)), then=NOT_PERMITTED),  # TIOCSTI, TIOCLINUX
    Rule("request_key", otherwise=NOTIFY),  # the kernel would start a program that asks the DNS (dns_resolver keys)
    *(Rule(call, otherwise=NO_SUCH_CALL) for call in ("io_uring_setup", "io_uring_enter", "io_uring_register")),
    # Other processes' memory and sockets, other namespaces, the kernel itself, new file systems (that may be remote).
    *(
        Rule(call, otherwise=NOT_PERMITTED)
        for call in (
            "ptrace process_vm_readv process_vm_writev pidfd_getfd setns bpf perf_event_open userfaultfd add_key keyctl "
            "kexec_load kexec_file_load init_module finit_module delete_module iopl ioperm mount umount2 pivot_root "
            "open_tree open_tree_attr move_mount fsopen fsconfig fsmount fspick mount_setattr"
        ).split()
    ),
)
RULES: tuple[Rule, ...] = (*_SENDING, *_SOCKETS, *_OTHERS)


def program(machine: str, rules: Sequence[Rule] = RULES) -> bytes:
    """The BPF program for ``machine`` (``x86_64``, ``aarch64``), eight bytes an instruction.

    Programs of another architecture (32 bits) are killed; the x32 calls of x86-64 do not exist.
    """
    code = [_load(4), _same(AUDIT[machine], 1, 0), _answer(KILL), _load(0)]
    if machine == "x86_64":
        code += [_at_least(_X32, 0, 1), _answer(NO_SUCH_CALL)]
    for rule in rules:
        number = NUMBERS[machine].get(rule.call)
        if number is not None:
            body = _body(rule)
            code += [_same(number, 0, len(body)), *body]
    return b"".join([*code, _answer(ALLOW)])


def _body(rule: Rule) -> list[bytes]:
    code: list[bytes] = []
    for case in rule.cases:
        tests: list[bytes] = [_answer(rule.then)]
        for condition in reversed(case):
            step = [_load(16 + 8 * condition.argument)]  # the low half: both architectures are little-endian
            if condition.mask != 0xFFFF_FFFF:
                step.append(_and(condition.mask))
            tests = [*step, _same(condition.value, 0, len(tests)), *tests]
        code += tests
    return [*code, _answer(rule.otherwise)]


def _load(offset: int) -> bytes:
    return struct.pack("=HBBI", 0x20, 0, 0, offset)


def _and(mask: int) -> bytes:
    return struct.pack("=HBBI", 0x54, 0, 0, mask)


def _same(value: int, then: int, otherwise: int) -> bytes:
    return struct.pack("=HBBI", 0x15, then, otherwise, value)


def _at_least(value: int, then: int, otherwise: int) -> bytes:
    return struct.pack("=HBBI", 0x35, then, otherwise, value)


def _answer(value: int) -> bytes:
    return struct.pack("=HBBI", 0x06, 0, 0, value)
