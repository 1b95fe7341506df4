"""The first file of a worker process: closes the doors, then imports the readers and serves.

Run by its path (``python -I -B cell.py ROOT FOLDER MEMORY_BYTES``), so that the doors are closed before any code that reads
documents, or any library with threads, is even loaded.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import socket  # noqa: TID251 - the pair to the parent, inherited; the network is closed
import sys
from pathlib import Path

_NICE = 10
"""Reading documents steps back behind everything a person does; vectors step back further still."""


def main() -> None:
    """Locks the process in and serves until the socket closes."""
    root, folder, memory_bytes = sys.argv[1], sys.argv[2], int(sys.argv[3])
    os.nice(_NICE)
    sandbox, calls, scrap = _load("sandbox"), _load("calls"), _load("scrap")
    readable = {root, sys.prefix, sys.base_prefix, sys.exec_prefix, *filter(os.path.isabs, sys.path)}
    readable |= {"/usr/lib", "/lib", "/lib64", "/usr/share", "/usr/local/share", "/proc/self", "/proc/cpuinfo"}
    readable |= {"/proc/meminfo", "/sys/fs/cgroup", "/sys/devices/system/cpu", "/etc/ld.so.cache", "/dev/urandom"}
    if prefix := os.environ.get("TESSDATA_PREFIX"):
        readable.add(prefix)
    path = f"{folder}/{scrap.NAME}"
    writable = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    walls = sandbox.lock_in(sorted(readable), folder, memory_bytes, calls.forbid_reaching_out)
    sys.path.insert(0, root)
    worker = importlib.import_module("hameau.library.extraction.worker")
    worker.prepare()
    if sandbox.SECCOMP in walls and not calls.forbid_writing():
        walls = tuple(wall for wall in walls if wall != sandbox.SECCOMP)
    with socket.socket(fileno=0) as channel:
        try:
            worker.serve(channel, walls, scrap.Scrap(path, writable))
        except (BrokenPipeError, ConnectionResetError):
            pass  # the parent is gone
    os._exit(0)  # no farewells of native libraries


def _load(name: str):  # type: ignore[no-untyped-def]
    """A neighbour of this file, without importing the package it lives in."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # a dataclass asks for its module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
