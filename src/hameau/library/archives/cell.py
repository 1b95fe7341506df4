"""The first file of an archive's process: closes the doors, then opens the archive and serves.

Run by its path (``python -I -B cell.py ROOT FOLDER MEMORY_BYTES ARCHIVE``), so that the doors are closed before the library
that reads archives is even loaded. The walls are those of the readers of documents (``extraction/sandbox.py`` and ``calls.py``);
besides its program, this process sees one file: its archive.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import socket  # noqa: TID251 - the pair to the parent, inherited; the network is closed
import sys
import types
from pathlib import Path

_WALLS = Path(__file__).resolve().parent.parent / "extraction"


def main() -> None:
    """Locks the process in and serves until the socket closes."""
    root, folder, memory_bytes, archive = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    sandbox, calls = _load("sandbox"), _load("calls")
    readable = {root, sys.prefix, sys.base_prefix, sys.exec_prefix, *filter(os.path.isabs, sys.path), archive}
    readable |= {"/usr/lib", "/lib", "/lib64", "/usr/share", "/proc/self", "/proc/cpuinfo", "/proc/meminfo"}
    readable |= {"/sys/devices/system/cpu", "/etc/ld.so.cache", "/dev/urandom"}
    walls = sandbox.lock_in(sorted(readable), folder, memory_bytes, calls.forbid_reaching_out)
    sys.path.insert(0, root)
    _without_faces(root)
    worker = importlib.import_module("hameau.library.archives.worker")
    if sandbox.SECCOMP in walls and not calls.forbid_writing():
        walls = tuple(wall for wall in walls if wall != sandbox.SECCOMP)
    with socket.socket(fileno=0) as channel:
        try:
            worker.serve(channel, walls, archive)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the parent is gone
    os._exit(0)  # no farewells of native libraries


def _without_faces(root: str) -> None:
    """Lets this process import single files of the library: its faces would bring the database and all the rest of it along,
    35 MB in each process, and code that has no business here."""
    for name in ("hameau.library", "hameau.library.extraction", "hameau.library.archives"):
        package = types.ModuleType(name)
        package.__path__ = [str(Path(root, *name.split(".")))]
        sys.modules[name] = package


def _load(name: str):  # type: ignore[no-untyped-def]
    """A wall, without importing the package it lives in."""
    spec = importlib.util.spec_from_file_location(name, _WALLS / f"{name}.py")
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # a dataclass asks for its module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
