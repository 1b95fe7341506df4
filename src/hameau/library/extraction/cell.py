"""The first file of a worker process: closes the doors, then imports the readers and serves.

Run by its path (``python -I cell.py ROOT SCRATCH MEMORY_BYTES``), so that the doors are closed before any code that reads
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
    root, scratch, memory_bytes = sys.argv[1], sys.argv[2], int(sys.argv[3])
    os.nice(_NICE)
    sandbox = _load("sandbox")
    readable = {root, sys.prefix, sys.base_prefix, sys.exec_prefix, *filter(os.path.isabs, sys.path)}
    readable |= {"/usr/lib", "/lib", "/lib64", "/usr/share", "/usr/local/share", "/proc/self", "/proc/cpuinfo"}
    readable |= {"/proc/meminfo", "/sys/fs/cgroup", "/sys/devices/system/cpu", "/etc/ld.so.cache", "/dev/urandom"}
    if prefix := os.environ.get("TESSDATA_PREFIX"):
        readable.add(prefix)
    walls = sandbox.lock_in(sorted(readable), scratch, memory_bytes)
    sys.path.insert(0, root)
    worker = importlib.import_module("hameau.library.extraction.worker")
    with socket.socket(fileno=0) as channel:
        try:
            worker.serve(channel, walls)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the parent is gone
    os._exit(0)  # no farewells of native libraries


def _load(name: str):  # type: ignore[no-untyped-def]
    """A neighbour of this file, without importing the package it lives in."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
