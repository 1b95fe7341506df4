"""The filter's program, run by a BPF machine of a few lines, on both architectures: what each call is answered."""

from __future__ import annotations

import errno
import re
import struct
from pathlib import Path

import pytest

from hameau.perimeter.gate.filter import ALLOW, FAST_OPEN, KILL, NO_SUCH_CALL, NOT_PERMITTED, NOTIFY, program
from hameau.perimeter.gate.numbers import AUDIT, NUMBERS

MACHINES = ("x86_64", "aarch64")


def run(machine: str, call: str | int, *arguments: int, audit: int | None = None) -> int:
    """The answer of the program to a call: loads, ands, compares and returns, as classic BPF defines them."""
    number = NUMBERS[machine][call] if isinstance(call, str) else call
    filled = [each & (2**64 - 1) for each in (*arguments, 0, 0, 0, 0, 0, 0)[:6]]
    data = struct.pack("<iIQ6Q", number, AUDIT[machine] if audit is None else audit, 0, *filled)
    code = program(machine)
    at = register = 0
    while True:
        operation, then, otherwise, value = struct.unpack_from("=HBBI", code, at * 8)
        at += 1
        if operation == 0x20:
            register = struct.unpack_from("<I", data, value)[0]
        elif operation == 0x54:
            register &= value
        elif operation == 0x15:
            at += then if register == value else otherwise
        elif operation == 0x35:
            at += then if register >= value else otherwise
        elif operation == 0x06:
            return value
        else:
            raise AssertionError(hex(operation))


CASES: list[tuple[str, tuple[int, ...], int]] = [
    ("socket", (1, 1, 0), ALLOW),
    ("socket", (1, 5, 0), ALLOW),
    ("socket", (1, 1 | 0o2000000 | 0o4000, 0), ALLOW),  # SOCK_CLOEXEC, SOCK_NONBLOCK
    ("socket", (1, 2, 0), NOTIFY),
    ("socket", (1, 3, 0), NOTIFY),
    ("socket", (2, 1, 0), ALLOW),
    ("socket", (2, 1, 6), ALLOW),
    ("socket", (2, 1 | 0o2000000, 6), ALLOW),
    ("socket", (10, 1, 0), ALLOW),
    ("socket", (10, 1, 6), ALLOW),
    ("socket", (2, 1, 262), NOTIFY),
    ("socket", (2, 1, 132), NOTIFY),
    ("socket", (2, 1, 256), NOTIFY),
    ("socket", (2, 1, 0xFFFF_FFFF), NOTIFY),
    ("socket", (2, 2, 0), NOTIFY),
    ("socket", (2, 2, 17), NOTIFY),
    ("socket", (2, 2, 1), NOTIFY),
    ("socket", (2, 3, 255), NOTIFY),
    ("socket", (2, 5, 132), NOTIFY),
    ("socket", (10, 2, 0), NOTIFY),
    ("socket", (10, 3, 58), NOTIFY),
    ("socket", (16, 3, 0), ALLOW),
    ("socket", (16, 2, 0), ALLOW),
    ("socket", (16, 3, 4), NOTIFY),
    ("socket", (16, 3, 15), NOTIFY),
    ("socket", (2**32 + 2, 1, 0), ALLOW),  # the kernel cuts an int to 32 bits
    ("socket", (2**32 + 17, 3, 0), NOTIFY),
    *(
        ("socket", (family, 1, 0), NOTIFY)
        for family in (0, 3, 5, 9, 17, 21, 29, 30, 31, 38, 39, 40, 41, 42, 43, 44, 45)
    ),
    ("socketpair", (1, 1, 0), ALLOW),
    ("socketpair", (1, 5, 0), ALLOW),
    ("socketpair", (1, 2, 0), NOTIFY),
    ("socketpair", (30, 1, 0), NOTIFY),
    ("connect", (3, 0, 16), NOTIFY),
    ("listen", (3, 5), NOTIFY),
    ("sendto", (3, 0, 0, 0x4000), ALLOW),
    ("sendto", (3, 0, 0, FAST_OPEN), NOTIFY),
    ("sendto", (3, 0, 0, FAST_OPEN | 0x4000), NOTIFY),
    ("sendto", (3, 0, FAST_OPEN, 0), ALLOW),
    ("sendmsg", (3, 0, FAST_OPEN), NOTIFY),
    ("sendmsg", (3, 0, 0), ALLOW),
    ("sendmmsg", (3, 0, 1, FAST_OPEN), NOTIFY),
    ("sendmmsg", (3, 0, 1, 0), ALLOW),
    ("setsockopt", (3, 0, 4), NOTIFY),  # IP_OPTIONS
    ("setsockopt", (3, 41, 57), NOTIFY),  # IPV6_RTHDR
    ("setsockopt", (3, 41, 27), NOTIFY),  # IPV6_JOIN_ANYCAST
    ("setsockopt", (3, 1, 25), NOTIFY),  # SO_BINDTODEVICE
    ("setsockopt", (3, 0, 15), NOTIFY),  # IP_FREEBIND
    ("setsockopt", (3, 41, 78), NOTIFY),  # IPV6_FREEBIND
    ("setsockopt", (3, 1, 2), ALLOW),  # SO_REUSEADDR
    ("setsockopt", (3, 6, 1), ALLOW),  # TCP_NODELAY
    ("setsockopt", (3, 41, 26), ALLOW),  # IPV6_V6ONLY
    ("setsockopt", (3, 6, 4), ALLOW),  # the number of IP_OPTIONS, at another level
    ("ioctl", (0, 0x5412), NOT_PERMITTED),  # TIOCSTI
    ("ioctl", (0, 2**32 + 0x5412), NOT_PERMITTED),
    ("ioctl", (0, 0x541C), NOT_PERMITTED),
    ("ioctl", (0, 0x5413), ALLOW),
    ("io_uring_setup", (), NO_SUCH_CALL),
    ("io_uring_enter", (), NO_SUCH_CALL),
    ("io_uring_register", (), NO_SUCH_CALL),
    ("request_key", (), NOTIFY),
    *(
        (call, (), NOT_PERMITTED)
        for call in ("ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "setns")
    ),
    *((call, (), NOT_PERMITTED) for call in ("bpf", "perf_event_open", "userfaultfd", "kexec_load", "finit_module")),
    *(
        (call, (), NOT_PERMITTED)
        for call in ("mount", "umount2", "move_mount", "open_tree", "open_tree_attr", "keyctl")
    ),
    ("pidfd_open", (), ALLOW),
    ("landlock_restrict_self", (), ALLOW),
    ("seccomp", (), ALLOW),
]


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(("call", "arguments", "answer"), CASES)
def test_each_call_is_answered_as_the_table_says(
    machine: str, call: str, arguments: tuple[int, ...], answer: int
) -> None:
    assert run(machine, call, *arguments) == answer


@pytest.mark.parametrize("machine", MACHINES)
def test_programs_of_another_architecture_are_killed(machine: str) -> None:
    for audit in (0x4000_0003, 0x4000_0028, AUDIT[MACHINES[machine == "x86_64"]]):
        assert run(machine, "connect", audit=audit) == KILL


def test_the_x32_calls_do_not_exist() -> None:
    for number in (0x4000_0000 | 42, 0x4000_0000 | 518, -1):
        assert run("x86_64", number) == 0x0005_0000 | errno.ENOSYS


@pytest.mark.parametrize("machine", MACHINES)
def test_the_program_fits_into_the_kernel(machine: str) -> None:
    code = program(machine)
    assert len(code) % 8 == 0
    assert len(code) // 8 <= 4096  # BPF_MAXINSNS


@pytest.mark.parametrize(
    ("machine", "header", "prefix"),
    [
        ("x86_64", "/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "__NR_"),
        ("aarch64", "/usr/include/asm-generic/unistd.h", "__NR(?:3264)?_"),
    ],
)
def test_the_numbers_are_those_of_the_kernels_own_headers(machine: str, header: str, prefix: str) -> None:
    if not Path(header).exists():
        pytest.skip(f"{header} is not here (Debian: apt install linux-libc-dev)")
    found = dict(re.findall(rf"#define {prefix}(\w+) (\d+)", Path(header).read_text(encoding="ascii")))
    compared = {name: number for name, number in NUMBERS[machine].items() if name in found}
    assert compared == {name: int(found[name]) for name in compared}
    assert len(compared) >= len(NUMBERS[machine]) - 3  # the newest may be newer than the headers
