"""Run by its path: locks itself in as a worker does, then tries to get out and prints, as JSON, what it could do.

Arguments: the path of ``sandbox.py``, a folder it may read, a scratch folder, a file outside that it must not read.
"""

from __future__ import annotations

import ctypes
import importlib.util
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

sandbox_file, readable, scratch, outside = sys.argv[1:5]
spec = importlib.util.spec_from_file_location("sandbox", sandbox_file)
sandbox = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sandbox)
folders = [readable, sys.prefix, sys.base_prefix, "/usr/lib", "/lib", "/lib64", "/proc/self"]
walls = sandbox.lock_in(folders, scratch, 300 << 20)


def attempt(step: Callable[[], object]) -> str:
    """What came of it: ``done`` or the kind of refusal."""
    try:
        step()
    except (OSError, MemoryError) as error:
        return type(error).__name__
    return "done"


def thread() -> None:
    started = threading.Thread(target=lambda: None)
    started.start()
    started.join()


def io_uring() -> None:
    if ctypes.CDLL(None, use_errno=True).syscall(425, 1, ctypes.create_string_buffer(256)) < 0:
        raise OSError(ctypes.get_errno(), "io_uring_setup")


print(
    json.dumps(
        {
            "walls": walls,
            "inet socket": attempt(socket.socket),
            "unix socket": attempt(lambda: socket.socket(socket.AF_UNIX)),
            "socket pair": attempt(socket.socketpair),
            "io_uring": attempt(io_uring),
            "program": attempt(lambda: subprocess.run([sys.executable, "-c", ""], check=True)),
            "fork": attempt(os.fork),
            "kill the parent": attempt(lambda: os.kill(os.getppid(), 0)),
            "thread": attempt(thread),
            "read inside": attempt((Path(readable) / "inside.txt").read_text),
            "read outside": attempt(Path(outside).read_text),
            "write outside": attempt(lambda: Path(outside + ".new").write_text("x")),
            "write scratch": attempt(lambda: (Path(scratch) / "x").write_text("x")),
            "memory": attempt(lambda: bytearray(600 << 20)),
        }
    )
)
