"""Puts a restored home in the place of what is there: whole, or not at all, whenever it is killed.

The restored files wait in a folder of the home. A plan is written that names what has to move: from then on the change is
decided, and whoever opens the home next finishes it. Every step may be done twice.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from hameau.storage import BACKUPS, settle

PLAN = "restore.json"
STAGED = ".restored"
_STAYING = {"models", "tmp", BACKUPS, PLAN, STAGED, "server.lock", "indexer.lock"}
"""What belongs to this machine or to running processes: neither backed up nor replaced."""
_DATABASE = ("hameau.db", "hameau.db-wal", "hameau.db-shm", "hameau.db-journal", "vault.toml")
"""Backed up in a way of its own."""
_PASSING = (".new", ".partial", ".lock")


def left_out(name: str) -> bool:
    """Whether ``name``, directly in the home, is not a file that a backup takes as it lies."""
    return name in _STAYING or name in _DATABASE or name.endswith(_PASSING) or name.startswith(".")


def occupied(home: Path) -> list[str]:
    """What lies in the home and would have to make room."""
    if not home.is_dir():
        return []
    return sorted(each.name for each in home.iterdir() if each.name not in _STAYING and not each.name.startswith("."))


def begin(home: Path) -> Path:
    """An empty folder to put the restored files in; leftovers of a restore that was cut off go."""
    staged = home / STAGED
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(mode=0o700)
    return staged


def decide(home: Path, aside: str) -> None:
    """From now on the staged files are the home's; what was there goes to the folder ``aside`` of the home."""
    for folder, _, files in os.walk(home / STAGED, topdown=False):
        for name in files:
            settle(Path(folder) / name)
        settle(Path(folder))
    plan = {"aside": aside, "old": occupied(home)}
    beside = home / f"{PLAN}.new"
    beside.write_text(json.dumps(plan), encoding="utf-8")
    settle(beside)
    beside.replace(home / PLAN)
    settle(home)


def pending(home: Path) -> bool:
    """Whether a restore was decided and is not finished."""
    return (home / PLAN).exists()


def finish(home: Path) -> None:
    """Does what was decided. Call it while nobody else has the home open (:func:`hameau.storage.alone`)."""
    if not pending(home):
        return
    plan = json.loads((home / PLAN).read_text(encoding="utf-8"))
    aside = home / str(plan["aside"])
    for name in plan["old"]:
        if not (aside / name).exists() and (home / name).exists():
            aside.mkdir(mode=0o700, parents=True, exist_ok=True)
            (home / name).rename(aside / name)
    if aside.exists():
        settle(aside)
    staged = home / STAGED
    if staged.is_dir():
        for each in sorted(staged.iterdir()):
            each.rename(home / each.name)
        staged.rmdir()
    settle(home)
    (home / PLAN).unlink()
    settle(home)
