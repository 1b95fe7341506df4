"""Runs an action again and again, and kills it each time one step later: at every file it opens, renames, makes or removes.

Run in a process of its own (it forks): ``python cut_off.py ACTION FOLDER ROUNDS``. Prints how many moments were tried.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from hameau.hub import Hub, Unlocking, back_up, check_backup, lock, read_settings, restore, unlock, vault_of
from hameau.hub.vault import Cost
from hameau.kit import HameauError
from hameau.perimeter import Kind

CHEAP = Cost(memory_kib=64, passes=1, lanes=1)
SECRET = "quatre mots bien choisis"
_STEPS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate"}


def opened(home: Path) -> Hub:
    """The hub of ``home``; a locked one opens by the secret."""
    return Hub(read_settings({"home": str(home)}), Unlocking(environment={}, ask=lambda _tried: SECRET))


def fill(home: Path, word: str) -> None:
    """A home that says ``word`` everywhere."""
    hub = opened(home)
    with hub.database.transaction() as session:
        session.run("delete from settings")
        session.many(
            "insert into settings (key, value) values (?, ?)", [(f"{word}-{n}", f'"{word}"') for n in range(300)]
        )
    (home / "config.toml").write_text('language = "fr"\n' if word == "new" else 'language = "en"\n')
    (home / "uploads" / "home").mkdir(parents=True, exist_ok=True)
    (home / "uploads" / "home" / "note.txt").write_text(word * 1000)
    hub.perimeter.journal.record(Kind.SETTING_CHANGED, by="", setting=word)
    hub.close()


def said(home: Path) -> str:
    """The word that this home says; it must say it everywhere, in an intact library."""
    hub = opened(home)
    try:
        assert hub.database.check() == []
        with hub.database.read() as session:
            rows = session.tuples("select key, value from settings where key <> 'last_backup'")
        assert hub.perimeter.journal.verify().ok
    finally:
        hub.close()
    words = {value.strip('"') for _key, value in rows}
    assert len(rows) == 300, len(rows)
    (word,) = words
    assert (home / "uploads" / "home" / "note.txt").read_text() == word * 1000
    assert (home / "config.toml").read_text() == ('language = "fr"\n' if word == "new" else 'language = "en"\n')
    return word


def prepared(folder: Path, action: str) -> None:
    """What every round begins with, in ``folder/before``."""
    home, other = folder / "before" / "home", folder / "other"
    fill(home, "old")
    fill(other, "new")
    if action == "unlock":
        lock(home, SECRET, cost=CHEAP)
    if action in ("restore", "backup"):
        hub = opened(other)
        back_up(hub, folder / "before" / "backups")
        hub.close()


def act(folder: Path, action: str) -> None:
    home = folder / "home"
    if action == "lock":
        lock(home, SECRET, cost=CHEAP)
    elif action == "unlock":
        vault = vault_of(home)
        assert vault is not None
        unlock(home, vault.unwrap(SECRET) or b"")
    elif action == "restore":
        restore(home, folder / "backups", lambda _vault: b"", replace=True)
    elif action == "backup":
        fill_more(folder.parent / "other")
        hub = opened(folder.parent / "other")
        back_up(hub, folder / "backups", keep=1)
        hub.close()
    else:
        hub = opened(home)
        hub.close()


def fill_more(home: Path) -> None:
    """Something for a second backup to add."""
    (home / "uploads" / "home" / "more.txt").write_bytes(os.urandom(700_000))


def looked_at(folder: Path, action: str) -> None:
    """What must hold after the cut, whenever it came; and the action can be done again."""
    if action == "backup":
        assert check_backup(folder / "backups", lambda _vault: b"")
        act(folder, action)
        assert check_backup(folder / "backups", lambda _vault: b"")
        restore(folder / "again", folder / "backups", lambda _vault: b"")
        assert said(folder / "again") == "new"
        return
    word = said(folder / "home")
    assert word == "old" if action != "restore" else word in ("old", "new")
    left = [each.name for each in (folder / "home").iterdir() if each.name == "restore.json"]
    assert not left, left
    if action == "lock" and vault_of(folder / "home") is None:
        lock(folder / "home", SECRET, cost=CHEAP)
    if action == "lock":
        assert not (folder / "home" / "hameau.db").read_bytes().startswith(b"SQLite")
        assert said(folder / "home") == "old"


def killed_at(step: int, action: Callable[[], None]) -> bool:
    """Whether ``action``, in a process of its own, lived to be killed at ``step``."""
    child = os.fork()
    if child == 0:
        seen = 0

        def count(event: str, _arguments: tuple[object, ...]) -> None:
            nonlocal seen
            if event in _STEPS:
                seen += 1
                if seen == step:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        try:
            action()
        except HameauError as error:
            print(error, file=sys.stderr)
            os._exit(1)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, status
    return os.WIFSIGNALED(status)


def main(action: str, folder: Path, every: int) -> None:
    prepared(folder, action)
    step = 1
    while True:
        now = folder / "now"
        shutil.rmtree(now, ignore_errors=True)
        shutil.copytree(folder / "before", now)
        if not killed_at(step, partial(act, now, action)):
            break
        looked_at(now, action)
        step += every
    looked_at(now, action)
    print(step)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
