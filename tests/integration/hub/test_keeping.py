"""Backups of a real home: while it is used, only what changed, read back, restored elsewhere, and cut off at any moment."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from fakes import cut_off
from hameau.hub import (
    Hub,
    Unlocking,
    Vault,
    back_up,
    check_backup,
    list_backups,
    lock,
    read_settings,
    restore,
    vault_of,
)
from hameau.kit import BadInput, Conflict, Corrupt, NotEnough, NotFound, Refused
from hameau.storage import Database, newest_version

EVERY = 1 if "HAMEAU_ROUNDS" in os.environ else 13
PUT = "insert or replace into settings (key, value) values (?, ?)"


def opens_anything(vault: Vault) -> bytes:
    return vault.unwrap(cut_off.SECRET) or b""


@pytest.fixture
def lived(tmp_path: Path) -> Iterator[Hub]:
    """A home in which something happened, and its hub."""
    cut_off.fill(tmp_path / "home", "old")
    made = cut_off.opened(tmp_path / "home")
    yield made
    made.close()


def test_a_backup_is_the_home_and_nothing_of_this_machine(lived: Hub, tmp_path: Path) -> None:
    (lived.home / "models").mkdir(exist_ok=True)
    (lived.home / "models" / "large.gguf").write_bytes(b"x" * 1000)
    made = back_up(lived, tmp_path / "backup")
    paths = {file.path for file in made.manifest.files}
    assert {"hameau.db", "config.toml", "uploads/home/note.txt", "journal/head", "journal/key"} <= paths
    assert not [
        path for path in paths if path.startswith(("models", "tmp", "backups")) or path.endswith((".lock", "-wal"))
    ]
    assert made.manifest.schema == newest_version()
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "backup").rglob("*")} == {0}
    restored = restore(tmp_path / "elsewhere", tmp_path / "backup", opens_anything)
    assert restored.aside is None
    assert cut_off.said(tmp_path / "elsewhere") == "old"


def test_a_second_backup_adds_only_what_changed(lived: Hub, tmp_path: Path) -> None:
    for number in range(6):
        (lived.home / "uploads" / f"{number}.bin").write_bytes(os.urandom(500_000))
    first = back_up(lived, tmp_path / "backup")
    again = back_up(lived, tmp_path / "backup")
    assert first.written > 3_000_000
    assert again.written < 200_000
    with lived.database.transaction() as session:
        session.run(PUT, ("later", '"later"'))
    third = back_up(lived, tmp_path / "backup")
    assert 0 < third.new_pieces < 5
    assert len(list_backups(tmp_path / "backup", opens_anything)) == 3
    restore(tmp_path / "first", tmp_path / "backup", opens_anything, name=first.name)
    assert cut_off.said(tmp_path / "first") == "old"


def test_what_is_written_while_a_backup_is_made_is_not_half_in_it(lived: Hub, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            with lived.database.transaction() as session:
                session.many(PUT, [("a", str(number)), ("b", str(number)), (f"x{number}", '"' + "x" * 5000 + '"')])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(3):
            back_up(lived, tmp_path / "backup")
            restore(tmp_path / f"r{number}", tmp_path / "backup", opens_anything)
            found = Database(tmp_path / f"r{number}" / "hameau.db")
            with found.read() as session:
                values = {row[0] for row in session.tuples("select value from settings where key in ('a', 'b')")}
            assert found.check() == []
            assert len(values) <= 1
            found.close()
    finally:
        stop.set()
        writer.join()


def test_a_backup_can_be_one_file(lived: Hub, tmp_path: Path) -> None:
    target = tmp_path / "copy.hameau"
    back_up(lived, target)
    back_up(lived, target)
    assert target.stat().st_mode & 0o777 == 0o600
    assert zipfile.ZipFile(target).testzip() is None
    restore(tmp_path / "elsewhere", target, opens_anything)
    assert cut_off.said(tmp_path / "elsewhere") == "old"
    assert len(check_backup(target, opens_anything)) == 1


def test_old_backups_go_and_their_pieces_with_them(lived: Hub, tmp_path: Path) -> None:
    for _number in range(3):
        (lived.home / "uploads" / "big.bin").write_bytes(os.urandom(400_000))
        back_up(lived, tmp_path / "backup", keep=2)
    assert len(check_backup(tmp_path / "backup", opens_anything)) == 2
    held = sum(path.stat().st_size for path in (tmp_path / "backup").rglob("*") if path.is_file())
    assert held < 1_200_000


def test_a_damaged_piece_is_found_and_mended_by_the_next_backup(lived: Hub, tmp_path: Path) -> None:
    (lived.home / "uploads" / "big.bin").write_bytes(os.urandom(200_000))
    back_up(lived, tmp_path / "backup")
    piece = max(
        (tmp_path / "backup" / "pieces").rglob("*"), key=lambda path: path.stat().st_size if path.is_file() else 0
    )
    content = bytearray(piece.read_bytes())
    content[len(content) // 2] ^= 1
    piece.write_bytes(content)
    with pytest.raises(Corrupt):
        check_backup(tmp_path / "backup", opens_anything)
    with pytest.raises(Corrupt):
        restore(tmp_path / "elsewhere", tmp_path / "backup", opens_anything)
    assert not [each for each in (tmp_path / "elsewhere").iterdir() if each.name != "tmp"]
    assert back_up(lived, tmp_path / "backup").new_pieces >= 1
    assert len(check_backup(tmp_path / "backup", opens_anything)) == 2


@pytest.mark.parametrize("victim", ["backups", "pieces"])
def test_a_backup_that_lacks_a_part_is_not_restored(lived: Hub, tmp_path: Path, victim: str) -> None:
    back_up(lived, tmp_path / "backup")
    next(path for path in (tmp_path / "backup" / victim).rglob("*") if path.is_file()).unlink()
    with pytest.raises((NotFound, Corrupt)):
        restore(tmp_path / "elsewhere", tmp_path / "backup", opens_anything)


def test_places_that_can_not_hold_a_backup_are_refused(lived: Hub, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.txt").write_text("a")
    (tmp_path / "letter.txt").write_text("a")
    for target, error in (
        (tmp_path / "letters", Conflict),
        (tmp_path / "letter.txt", Conflict),
        (lived.home / "copy", BadInput),
    ):
        with pytest.raises(error):
            back_up(lived, target)
    assert (tmp_path / "letter.txt").read_text() == "a"
    back_up(lived, lived.home / "backups" / "mine")
    for source, error in (
        (tmp_path / "none", NotFound),
        (tmp_path / "letters", BadInput),
        (tmp_path / "letter.txt", BadInput),
    ):
        with pytest.raises(error):
            restore(tmp_path / "elsewhere", source, opens_anything)


def test_a_home_that_holds_something_is_replaced_only_when_asked(lived: Hub, tmp_path: Path) -> None:
    back_up(lived, tmp_path / "backup")
    cut_off.fill(tmp_path / "other", "new")
    with pytest.raises(Conflict):
        restore(tmp_path / "other", tmp_path / "backup", opens_anything)
    assert cut_off.said(tmp_path / "other") == "new"
    done = restore(tmp_path / "other", tmp_path / "backup", opens_anything, replace=True)
    assert cut_off.said(tmp_path / "other") == "old"
    assert done.aside is not None
    assert (done.aside / "hameau.db").exists()
    with pytest.raises(Conflict):  # lived's own hub has it open
        restore(lived.home, tmp_path / "backup", opens_anything, replace=True)


def test_a_backup_of_a_newer_hameau_is_refused(lived: Hub, tmp_path: Path) -> None:
    with lived.database.transaction() as session:
        session.run(f"pragma user_version = {newest_version() + 1}")
    back_up(lived, tmp_path / "backup")
    with pytest.raises(Refused, match="newer"):
        restore(tmp_path / "elsewhere", tmp_path / "backup", opens_anything)


def test_without_room_nothing_is_restored(lived: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    back_up(lived, tmp_path / "backup")
    import shutil

    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(NotEnough):
        restore(tmp_path / "elsewhere", tmp_path / "backup", opens_anything)


def test_files_of_the_home_are_found_where_it_is_restored(lived: Hub, tmp_path: Path) -> None:
    lived.library.add_source("folder", str(lived.home / "uploads" / "home"))
    lived.library.add_source("folder", "/documents")
    made = back_up(lived, tmp_path / "backup")
    restore(tmp_path / "elsewhere", tmp_path / "backup", opens_anything)
    there = cut_off.opened(tmp_path / "elsewhere")
    there.settle_in(made.manifest.home)
    uris = {source.uri for source in there.library.sources()}
    there.close()
    assert uris == {str(tmp_path / "elsewhere" / "uploads" / "home"), "/documents"}


def test_the_backup_of_an_encrypted_home_says_nothing_without_its_passphrase(tmp_path: Path) -> None:
    cut_off.fill(tmp_path / "home", "old")
    lock(tmp_path / "home", cut_off.SECRET, cost=cut_off.CHEAP)
    hub = cut_off.opened(tmp_path / "home")
    plain = tmp_path / "plain"
    made = back_up(hub, tmp_path / "backup")
    again = back_up(hub, tmp_path / "backup")
    back_up(hub, tmp_path / "one.hameau")
    hub.close()
    assert made.encrypted
    assert again.new_pieces <= 3
    for path in [*(tmp_path / "backup").rglob("*"), tmp_path / "one.hameau"]:
        assert not path.is_file() or (b"old-1" not in (content := path.read_bytes()) and b"config.toml" not in content)
    with pytest.raises(Refused):
        restore(plain, tmp_path / "backup", Unlocking(environment={}, ask=lambda _tried: "wrong guess").key)
    for number, source in enumerate((tmp_path / "backup", tmp_path / "one.hameau")):
        restore(tmp_path / f"r{number}", source, opens_anything)
        assert not (tmp_path / f"r{number}" / "hameau.db").read_bytes().startswith(b"SQLite")
        assert vault_of(tmp_path / f"r{number}") is not None
        assert cut_off.said(tmp_path / f"r{number}") == "old"


def test_what_is_encrypted_and_what_is_not_are_kept_apart(lived: Hub, tmp_path: Path) -> None:
    back_up(lived, tmp_path / "backup")
    lived.close()
    lock(lived.home, cut_off.SECRET, cost=cut_off.CHEAP)
    hub = cut_off.opened(lived.home)
    with pytest.raises(Conflict):
        back_up(hub, tmp_path / "backup")
    hub.close()


@pytest.mark.parametrize("action", ["backup", "restore", "lock", "unlock"])
def test_cut_off_at_any_moment_nothing_is_lost_or_half_there(action: str, tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", cut_off.__file__, action, str(tmp_path), str(EVERY)]
    environment = {**os.environ, "PYTHONPATH": str(Path(cut_off.__file__).parent.parent)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=500)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20


def test_a_restore_that_was_decided_is_finished_by_whoever_opens_the_home(lived: Hub, tmp_path: Path) -> None:
    back_up(lived, tmp_path / "backup")
    from hameau.hub.swap import begin, decide

    cut_off.fill(tmp_path / "other", "new")
    restore(tmp_path / "elsewhere", tmp_path / "backup", opens_anything)
    staged = begin(tmp_path / "other")
    for each in (tmp_path / "elsewhere").iterdir():
        if each.name not in ("tmp", "server.lock", "indexer.lock"):
            each.rename(staged / each.name)
    decide(tmp_path / "other", "backups/replaced-1")
    Hub(read_settings({"home": str(tmp_path / "other")})).close()
    assert cut_off.said(tmp_path / "other") == "old"
    assert (tmp_path / "other" / "backups" / "replaced-1" / "hameau.db").exists()


def told_otherwise(folder: Path, **changes: object) -> None:
    """The list of the only backup in ``folder``, as somebody else would write it."""
    (path,) = (folder / "backups").iterdir()
    content = json.dumps({**json.loads(path.read_bytes()), **changes}).encode()
    path.unlink()
    name = f"{path.name.rpartition('-')[0]}-{hashlib.sha256(content).hexdigest()[:16]}"
    (folder / "backups" / name).write_bytes(content)


@pytest.mark.parametrize(
    "path", ["../out", "/out", "restore.json", "models/a.gguf", "tmp/a", "hameau.db-wal", ".x", ""]
)
def test_a_list_that_lies_about_its_files_is_not_restored(lived: Hub, tmp_path: Path, path: str) -> None:
    files = msgspec.to_builtins(back_up(lived, tmp_path / "backup").manifest.files)
    told_otherwise(tmp_path / "backup", files=[*files, {**files[-1], "path": path}])
    with pytest.raises(Corrupt):
        restore(tmp_path / "new", tmp_path / "backup", opens_anything)
    assert not [each for each in (tmp_path / "new").iterdir() if each.name not in ("tmp", "backups")]


@pytest.mark.parametrize("lie", ["empty", "twice", "endless"])
def test_a_list_without_a_library_or_with_too_much_is_not_restored(lived: Hub, tmp_path: Path, lie: str) -> None:
    database, *others = msgspec.to_builtins(back_up(lived, tmp_path / "backup").manifest.files)
    endless = {**database, "pieces": [*database["pieces"], *database["pieces"] * 1000]}
    lies = {"empty": others, "twice": [database, database], "endless": [endless]}
    told_otherwise(tmp_path / "backup", files=lies[lie])
    with pytest.raises(Corrupt):
        restore(tmp_path / "new", tmp_path / "backup", opens_anything)


def test_the_backup_that_was_just_made_stays_though_the_clock_went_back(lived: Hub, tmp_path: Path) -> None:
    early = back_up(lived, tmp_path / "backup")
    folder = tmp_path / "backup" / "backups"
    later = f"2999{early.name[4:]}"
    (folder / early.name).rename(folder / later)
    made = back_up(lived, tmp_path / "backup", keep=1)
    assert [name for name, _ in list_backups(tmp_path / "backup", opens_anything)] == [made.name]
    assert check_backup(tmp_path / "backup", opens_anything)
