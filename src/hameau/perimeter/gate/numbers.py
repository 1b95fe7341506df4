"""The numbers of the system calls that the gate knows, for both architectures: the one place where they stand.

From the kernel's ``asm/unistd_64.h`` (x86-64) and ``asm-generic/unistd.h`` (aarch64). Calls newer than Linux 5.1 have the
same number everywhere.
"""

from __future__ import annotations

import platform

_EVERYWHERE = {
    "pidfd_send_signal": 424, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428,
    "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "pidfd_open": 434, "openat2": 437,
    "pidfd_getfd": 438, "mount_setattr": 442, "landlock_create_ruleset": 444, "landlock_add_rule": 445,
    "landlock_restrict_self": 446, "open_tree_attr": 467,
}  # fmt: skip
NUMBERS: dict[str, dict[str, int]] = {
    "x86_64": _EVERYWHERE | {
        "ioctl": 16, "socket": 41, "connect": 42, "sendto": 44, "sendmsg": 46, "listen": 50, "socketpair": 53,
        "setsockopt": 54, "ptrace": 101, "pivot_root": 155, "mount": 165, "umount2": 166, "iopl": 172, "ioperm": 173,
        "init_module": 175, "delete_module": 176, "kexec_load": 246, "add_key": 248, "request_key": 249, "keyctl": 250,
        "perf_event_open": 298, "sendmmsg": 307, "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311,
        "finit_module": 313, "seccomp": 317, "kexec_file_load": 320, "bpf": 321, "userfaultfd": 323,
    },
    "aarch64": _EVERYWHERE | {
        "ioctl": 29, "socket": 198, "connect": 203, "sendto": 206, "sendmsg": 211, "listen": 201, "socketpair": 199,
        "setsockopt": 208, "ptrace": 117, "pivot_root": 41, "mount": 40, "umount2": 39, "init_module": 105,
        "delete_module": 106, "kexec_load": 104, "add_key": 217, "request_key": 218, "keyctl": 219,
        "perf_event_open": 241, "sendmmsg": 269, "setns": 268, "process_vm_readv": 270, "process_vm_writev": 271,
        "finit_module": 273, "seccomp": 277, "kexec_file_load": 294, "bpf": 280, "userfaultfd": 282,
    },
}  # fmt: skip
AUDIT = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}
"""What ``seccomp_data.arch`` holds (``linux/audit.h``)."""

HERE = NUMBERS.get(platform.machine(), {})
"""The numbers of this machine; empty where the gate is not to be had."""
