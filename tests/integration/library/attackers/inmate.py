"""A hostile reader: put in the place of the real one, it runs in a real locked-in worker and tries everything it can.

Imported by ``cell.py`` as ``hameau.library.extraction.worker`` from a folder that a test made. A job's name says what to do:
``escape`` answers with what came of every attempt, the others misbehave.
"""

# System calls as an attacker would make them:
# ruff: noqa: PTH101, PTH104, PTH108, PTH115, PTH120, PTH123, PTH208, PTH211
from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import mmap
import os
import resource
import socket
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

LIBC = ctypes.CDLL(None, use_errno=True)
LENGTH = struct.Struct(">Q")
PARENT = os.getppid()
Attempts = dict[str, Callable[[], object]]


def prepare() -> None:
    """The real one loads its engine here."""


def serve(channel: socket.socket, walls: tuple[str, ...], scrap: object) -> None:
    """Greets like the real one, then obeys."""
    send(channel, {"walls": walls})
    while True:
        head, descriptors, _, _ = socket.recv_fds(channel, LENGTH.size, 1)
        if not head:
            return
        (length,) = LENGTH.unpack(head)
        job = msgspec.msgpack.decode(channel.recv(length, socket.MSG_WAITALL))
        order, _, rest = job["name"].partition(" ")
        if order == "escape":
            found = {what: outcome(step) for what, step in escapes(json.loads(rest), descriptors[0], scrap).items()}
            send(channel, {"reason": "damaged", "detail": json.dumps(found)})
        else:
            MISCHIEF[order](channel)
        os.close(descriptors[0])


def send(channel: socket.socket, message: object) -> None:
    payload = msgspec.msgpack.encode(message)
    channel.sendall(LENGTH.pack(len(payload)) + payload)


def outcome(step: Callable[[], object]) -> str:
    """``done``, or the name of the error."""
    try:
        made = step()
        for one in made if isinstance(made, tuple) else (made,):
            getattr(one, "close", lambda: None)()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, type(error).__name__)
    except MemoryError:
        return "MemoryError"
    return "done"


def call(number: int, *arguments: object) -> int:
    """A raw system call; raises ``OSError``."""
    result = LIBC.syscall(
        ctypes.c_long(number), *[ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    )
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return int(result)


def escapes(paths: dict[str, str], document: int, scrap: object) -> Attempts:
    """Every attempt by name; those that begin with ``may`` are a reader's right."""
    return {
        **sockets(),
        **processes(),
        **files(paths, document),
        **kernel(),
        **memory(),
        **rights(paths, document, scrap),
    }


def sockets() -> Attempts:
    kinds = {
        "tcp": (socket.AF_INET, socket.SOCK_STREAM, 0),
        "tcp6": (socket.AF_INET6, socket.SOCK_STREAM, 0),
        "udp": (socket.AF_INET, socket.SOCK_DGRAM, 0),
        "multipath": (socket.AF_INET, socket.SOCK_STREAM, 262),
        "raw": (socket.AF_INET, socket.SOCK_RAW, 1),
        "unix": (socket.AF_UNIX, socket.SOCK_STREAM, 0),
        "unix datagram": (socket.AF_UNIX, socket.SOCK_DGRAM, 0),
        "netlink": (16, socket.SOCK_RAW, 0),
        "packet": (17, socket.SOCK_RAW, 0),
        "vsock": (40, socket.SOCK_STREAM, 0),
        "crypto": (38, socket.SOCK_SEQPACKET, 0),
        "bluetooth": (31, socket.SOCK_SEQPACKET, 0),
        "xdp": (44, socket.SOCK_RAW, 0),
    }
    wild = struct.pack("<H", socket.AF_UNIX) + b"\0hameau-abstract"
    return {
        **{f"socket {name}": (lambda kind=kind: socket.socket(*kind)) for name, kind in kinds.items()},
        "pair of datagrams": lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM),
        "pair of inet": lambda: call(53, socket.AF_INET, socket.SOCK_STREAM, 0, ctypes.create_string_buffer(8)),
        "connect": lambda: call(42, 0, ctypes.create_string_buffer(wild), len(wild)),
        "bind": lambda: call(49, 0, ctypes.create_string_buffer(wild), len(wild)),
        "listen": lambda: call(50, 0, 1),
        "send elsewhere": lambda: call(44, 0, b"x", 0, 0, ctypes.create_string_buffer(wild), len(wild)),
        "io_uring": lambda: call(425, 1, ctypes.create_string_buffer(256)),
    }


def processes() -> Attempts:
    own = struct.pack("ii", 2, PARENT)  # F_OWNER_PGRP and its kin take a struct
    return {
        "fork": lambda: os.fork() or os._exit(0),
        "vfork": lambda: call(58) or os._exit(0),
        "clone": lambda: call(56, 17, 0, 0, 0, 0) or os._exit(0),
        "clone3": lambda: call(435, ctypes.create_string_buffer(88), 88) or os._exit(0),
        "exec": lambda: os.execv("/bin/true", ["true"]),
        "exec from memory": lambda: call(322, 0, b"", None, None, 0x1000),
        "kill the parent": lambda: os.kill(PARENT, 0),
        "kill everybody": lambda: os.kill(-1, 0),
        "tkill": lambda: call(200, PARENT, 0),
        "tgkill": lambda: call(234, PARENT, PARENT, 0),
        "queue a signal": lambda: call(129, PARENT, 0, ctypes.create_string_buffer(128)),
        "signal by descriptor": lambda: call(424, 0, 0, 0, 0),
        "pidfd": lambda: call(434, PARENT, 0),
        "signals by owner": lambda: fcntl.fcntl(0, fcntl.F_SETOWN, PARENT),
        "signals by owner, extended": lambda: fcntl.fcntl(0, 15, own),
        "deadly signal": lambda: fcntl.fcntl(0, 10, 9),
        "owner by ioctl": lambda: fcntl.ioctl(0, 0x8901, struct.pack("i", PARENT)),
        "ptrace": lambda: call(101, 16, PARENT, 0, 0),
        "read its memory": lambda: call(310, PARENT, None, 0, None, 0, 0),
        "write its memory": lambda: call(311, PARENT, None, 0, None, 0, 0),
        "its limits": lambda: resource.prlimit(PARENT, resource.RLIMIT_CPU),
        "its cores": lambda: os.sched_setaffinity(PARENT, {0}),
        "its rank": lambda: os.setpriority(os.PRIO_PROCESS, PARENT, 19),
        "outlive it": lambda: call(157, 1, 0, 0, 0, 0),
        "be seen": lambda: call(157, 4, 1, 0, 0, 0),
        "be root": lambda: os.setresuid(0, 0, 0),
        "new session": os.setsid,
    }


def files(paths: dict[str, str], document: int) -> Attempts:
    scratch = Path.cwd()
    target = {f"read {name}": (lambda path=path: Path(path).read_bytes()) for name, path in paths.items()}
    return {
        **target,
        "read passwords": Path("/etc/passwd").read_text,
        "list the home": lambda: os.listdir(os.path.dirname(paths["database"])),
        "list the system": lambda: os.listdir("/"),
        "parent's memory": lambda: open(f"/proc/{PARENT}/mem", "rb"),
        "parent's environment": lambda: Path(f"/proc/{PARENT}/environ").read_bytes(),
        "terminal": lambda: os.open("/dev/tty", os.O_RDONLY),
        "type into it": lambda: fcntl.ioctl(0, 0x5412, b"x"),
        "a device": lambda: os.open("/dev/full", os.O_RDONLY),
        "write the document": lambda: os.write(document, b"x"),
        "reopen the document": lambda: os.open(f"/proc/self/fd/{document}", os.O_RDWR),
        "its rights": lambda: os.fchmod(document, 0o4777),
        "its owner": lambda: os.fchown(document, 0, 0),
        "its times": lambda: os.utime(document, (1, 1)),
        "its label": lambda: os.setxattr(document, "user.x", b"x"),
        "lock it": lambda: fcntl.flock(document, fcntl.LOCK_EX),
        "lease it": lambda: fcntl.fcntl(document, 1024, 0),
        "write to the home": lambda: Path(paths["database"] + ".new").write_text("x"),
        "write to the database": lambda: os.open(paths["database"], os.O_WRONLY),
        "cut the database": lambda: os.truncate(paths["database"], 0),
        "remove the database": lambda: os.unlink(paths["database"]),
        "open it to all": lambda: os.chmod(paths["database"], 0o777),
        "touch it": lambda: os.utime(paths["database"], (1, 1)),
        "write to /tmp": lambda: Path("/tmp/hameau-inmate").write_text("x"),
        "write to /dev/shm": lambda: Path("/dev/shm/hameau-inmate").write_text("x"),
        "write the program": lambda: Path(os.__file__).with_name("hameau_inmate.py").write_text("x"),
        "write a file": lambda: (scratch / "new").write_text("x"),
        "write the scrap by its path": lambda: os.open(scratch / "scrap", os.O_WRONLY),
        "make a folder": (scratch / "new").mkdir,
        "make a link": lambda: os.symlink("/etc", scratch / "link"),
        "make a hard link": lambda: os.link(paths["database"], scratch / "link"),
        "make a pipe": lambda: os.mkfifo(scratch / "pipe"),
        "make a device": lambda: os.mknod(scratch / "disk", 0o60600, os.makedev(8, 0)),
        "rename": lambda: os.rename(scratch / "scrap", scratch / "x"),
        "remove": lambda: os.unlink(scratch / "scrap"),
        "watch": lambda: call(294, 0),
        "by handle": lambda: call(304, 0, ctypes.create_string_buffer(64), 0),
    }


def kernel() -> Attempts:
    return {
        "namespaces": lambda: call(272, 0x1000_0000),
        "another network": lambda: call(308, 0, 0),
        "mount": lambda: call(165, b"x", b"/nowhere", b"tmpfs", 0, None),
        "umount": lambda: call(166, b"/nowhere", 0),
        "new mount": lambda: call(430, b"tmpfs", 0),
        "clone a tree": lambda: call(428, -100, b"/", 1),
        "pivot": lambda: call(155, b"/nowhere", b"/nowhere"),
        "chroot": lambda: os.chroot("/"),
        "keys": lambda: call(250, 0, -3, 0, 0, 0),
        "add a key": lambda: call(248, b"user", b"x", b"x", 1, -3),
        "ask for a key": lambda: call(249, b"user", b"x", None, -3),
        "bpf": lambda: call(321, 0, ctypes.create_string_buffer(64), 64),
        "perf": lambda: call(298, ctypes.create_string_buffer(128), 0, -1, -1, 0),
        "userfaultfd": lambda: call(323, 0),
        "module": lambda: call(175, None, 0, b""),
        "kexec": lambda: call(246, 0, 0, None, 0),
        "clock": lambda: time.clock_settime(time.CLOCK_REALTIME, time.time()),
        "kernel log": lambda: call(103, 3, ctypes.create_string_buffer(64), 64),
        "ports": lambda: call(172, 3),
        "host name": lambda: socket.sethostname(socket.gethostname()),
        "another filter": lambda: call(317, 1, 8, ctypes.create_string_buffer(16)),
    }


def memory() -> Attempts:
    return {
        "private memory": lambda: bytearray(2 << 30),
        "shared memory": lambda: mmap.mmap(-1, 64 << 20),
        "memory as a file": lambda: os.memfd_create("x"),
        "secret memory": lambda: call(447, 0),
        "System V memory": lambda: call(29, 0, 1 << 20, 0o1600),
        "System V queue": lambda: call(68, 0, 0o1600),
        "message queue": lambda: call(240, b"hameau", 0o102, 0o600, None),
        "a huge scrap": lambda: os.pwrite(_scrap(), b"x", 1 << 40),
        "more files than any": _open_many,
        "higher limits": lambda: call(302, 0, resource.RLIMIT_DATA, struct.pack("QQ", 1 << 40, 1 << 40), None),
    }


def rights(paths: dict[str, str], document: int, scrap: object) -> Attempts:
    def thread() -> None:
        started = threading.Thread(target=lambda: None)
        started.start()
        started.join()

    return {
        "may read the document": lambda: os.pread(document, 10, 0),
        "may use its scrap": lambda: os.pwrite(scrap.descriptor, b"x", 0),  # type: ignore[attr-defined]
        "may start a thread": thread,
        "may pair sockets": socket.socketpair,
        "may read its library": Path(os.__file__).read_bytes,
        "may take memory": lambda: bytearray(100 << 20),
    }


def _open_many() -> None:
    copies: list[int] = []
    try:
        while len(copies) < 5000:
            copies.append(os.dup(0))
    finally:
        for copy in copies:
            os.close(copy)


def _scrap() -> int:
    return next(
        int(name) for name in os.listdir("/proc/self/fd") if os.readlink(f"/proc/self/fd/{name}").endswith("scrap")
    )


def _loop(channel: socket.socket) -> None:
    while True:
        pass


def _drip(channel: socket.socket) -> None:
    while True:
        channel.sendall(b"\0")
        time.sleep(0.3)


def _boast(channel: socket.socket) -> None:
    channel.sendall(LENGTH.pack(200 << 20))


def _pages(channel: socket.socket) -> None:
    """A few megabytes that would be gigabytes as objects."""
    pages = b"\xdd" + struct.pack(">I", 8_000_000) + b"\xc0" * 8_000_000
    payload = b"\x81\xa5found\x82\xa4text\xa0\xa5pages" + pages
    channel.sendall(LENGTH.pack(len(payload)) + payload)


def _lie(channel: socket.socket) -> None:
    page = {"number": 1, "start": 0, "end": 10**9}
    title = "Titre\n\x1b[2J\u202e" + "x" * 10_000
    found = {
        "text": "a\x1b]0;x\x07b\x00",
        "title": title,
        "media_type": "\x1b[2J",
        "pages": [page],
        "warnings": ["\x1b[2J"],
    }
    send(channel, {"found": found, "detail": "\x1b[2J"})


def _x32(channel: socket.socket) -> None:
    call(0x4000_0000 + 39)
    send(channel, {"reason": "damaged"})


MISCHIEF = {"loop": _loop, "drip": _drip, "boast": _boast, "pages": _pages, "lie": _lie, "x32": _x32}
