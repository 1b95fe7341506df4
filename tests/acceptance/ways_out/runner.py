"""A process that goes behind one level, then tries the ways it is told, each in a child of its own.

``python runner.py ORDER``, a JSON object. Prints one JSON line: for each way its process and what the system answered.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import tries

from hameau.perimeter import Journal, Kind, enter, here

_PATIENCE = 20.0
_SET_DUMPABLE, _SET_NAME, _SET_NO_NEW_PRIVS, _SET_SECCOMP = 4, 15, 38, 22
_libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    order: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    if order["level"] == "hook":
        os.environ["HAMEAU_PERIMETER"] = "hook"
    library = ctypes.CDLL(order["library"])
    _load_what_is_loaded_late()
    if order["cgroup"]:
        Path(order["cgroup"], "cgroup.procs").write_text("0", encoding="ascii")
    if order["old"]:
        _hide_landlock()
    if order["user"]:
        os.setgroups([])
        os.setresgid(order["user"], order["user"], order["user"])
        os.setresuid(order["user"], order["user"], order["user"])
        _libc.prctl(_SET_DUMPABLE, 1, 0, 0, 0)
    os.chdir("/")
    supervisor = int(os.environ["WAY_VICTIM"])
    if order["level"] == "hook" or order["level"].startswith("gate"):
        enter(Path(order["home"]))
        if order["level"].startswith("gate"):
            supervisor = os.getppid()
    os.environ["WAY_SUPERVISOR"] = str(supervisor)
    found = [_tried(each, order, library) for each in order["ways"]]
    print(json.dumps({"level": here().level.value, "walls": here().walls, "tries": found}), flush=True)


def _load_what_is_loaded_late() -> None:
    """What the journal needs, while the files can still be read: the ordinary user may not see this Python."""
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder))
        journal.record(Kind.STARTED)
        journal.entries(limit=1)
    "".encode("idna")


def _tried(way: dict[str, Any], order: dict[str, Any], library: ctypes.CDLL) -> dict[str, Any]:
    reading, writing = os.pipe()
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            _be(way, order, library, writing)
        finally:
            os._exit(0)
    os.close(writing)
    text, hung = _heard(reading)
    os.close(reading)
    if hung:
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    words = text.split()
    pid, result = (int(words[0]), words[1]) if len(words) == 2 else (child, "")
    if hung:
        result = "hung"
    elif not words:
        result = signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else "killed"
    return {**way, "pid": pid, "result": result, "seconds": round(time.monotonic() - began, 3)}


def _heard(reading: int) -> tuple[str, bool]:
    """The child's word; whether it never came."""
    text, end = b"", time.monotonic() + _PATIENCE
    while True:
        if not select.select([reading], [], [], max(0.0, end - time.monotonic()))[0]:
            return text.decode(), True
        piece = os.read(reading, 100)
        if not piece:
            return text.decode(), False
        text += piece


def _be(way: dict[str, Any], order: dict[str, Any], library: ctypes.CDLL, writing: int) -> None:
    os.environ.update(way["settings"])
    name, n = way["run"], way["n"]
    _libc.prctl(_SET_NAME, b"w%d" % n, 0, 0, 0)  # so that the journal tells them apart
    if order["caller"] == "python":
        os.write(writing, b"%d %d\n" % (os.getpid(), tries.try_way(name, n)))
    elif order["caller"] == "c":
        result = library.try_way(name.encode(), n)
        os.write(writing, b"%d %d\n" % (os.getpid(), result))
    else:
        os.setsid()
        if os.fork() == 0:
            os.set_inheritable(writing, True)
            for each in ("INHERITED", "INPUT"):
                with contextlib.suppress(OSError):  # the gate may have closed it
                    os.set_inheritable(int(os.environ[f"WAY_{each}"]), True)
            own = f"{os.environ['WAY_FOLDER']}/own/w{n}"  # a name of its own, so that the journal tells it apart
            Path(own).symlink_to(order["program"])
            os.execv(own, [f"w{n}", name, str(n), str(writing)])


def _hide_landlock() -> None:
    """From now on the kernel seems to have no Landlock (a small filter says ENOSYS)."""
    number, load, same, end = 444, 0x20, 0x15, 0x06
    steps = [(load, 0, 0, 0), (same, 0, 1, number), (end, 0, 0, 0x50000 | 38), (end, 0, 0, 0x7FFF0000)]
    code = b"".join(code.to_bytes(2, sys.byteorder) + bytes((yes, no)) + value.to_bytes(4, sys.byteorder)
                    for code, yes, no, value in steps)  # fmt: skip
    held = ctypes.create_string_buffer(code, len(code))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))

    program = Program(len(steps), ctypes.addressof(held))
    _libc.prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if _libc.prctl(_SET_SECCOMP, 2, ctypes.byref(program), 0, 0):
        raise OSError(ctypes.get_errno(), "seccomp")


main()
