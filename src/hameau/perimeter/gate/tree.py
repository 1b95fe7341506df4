"""The tree of processes behind the gate, read from ``/proc`` (``proc(5)``): who is in it, what they run and hold."""

# ruff: noqa: PTH115, PTH119, PTH123, PTH208 - on the way of every call: paths stay plain texts
from __future__ import annotations

import os
from collections.abc import Iterator

_DEPTH = 4096  # a bound against a table of processes that changes while it is read


def program_of(pid: int) -> str:
    """What ``pid`` runs: the program's file name, and the name it gives itself when that is another one."""
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            called = file.read().strip()
    except OSError:
        called = ""
    try:
        program = os.path.basename(os.readlink(f"/proc/{pid}/exe"))
    except OSError:
        program = ""
    if not program or program.startswith(called):
        return program or called or "?"
    return f"{called} ({program})"


def parent_of(pid: int) -> int:
    """The parent of ``pid``; 0 when there is none."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return int(file.read().rpartition(b")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0


def belongs(pid: int, root: int) -> bool:
    """Whether ``pid`` is a descendant of ``root``."""
    for _ in range(_DEPTH):
        pid = parent_of(pid)
        if pid == root:
            return True
        if pid <= 1:
            return False
    return False


def descendants(root: int) -> list[int]:
    """All processes below ``root``, children before their own children."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            children.setdefault(parent_of(int(name)), []).append(int(name))
    found, at = list(children.get(root, ())), 0
    while at < len(found):
        found += children.get(found[at], ())
        at += 1
    return found


def sockets_of(pid: int) -> Iterator[tuple[int, int]]:
    """The sockets that ``pid`` holds: descriptor and inode."""
    try:
        names = os.listdir(f"/proc/{pid}/fd")
    except OSError:
        return
    for name in names:
        try:
            target = os.readlink(f"/proc/{pid}/fd/{name}")
        except OSError:
            continue
        if target.startswith("socket:["):
            yield int(name), int(target[8:-1])
