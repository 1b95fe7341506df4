"""Backup, restore, lock and downgrade as a person runs them."""

from __future__ import annotations

import json
import os
import pty
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import fakes
from conftest import HAMEAU, Finished
from fakes import cut_off
from hameau.hub import KEYRING, Vault, lock, vault_of

Hameau = Callable[..., Finished]


@pytest.fixture
def locked(home: Path) -> Vault:
    """An encrypted home that a guess costs little."""
    cut_off.fill(home, "old")
    vault, _recovery = lock(home, cut_off.SECRET, cost=cut_off.CHEAP)
    return vault


@pytest.fixture
def secret(tmp_path: Path) -> Mapping[str, str]:
    """The environment that names a file with the passphrase."""
    (tmp_path / "secret").write_text(cut_off.SECRET + "\n")
    return {"HAMEAU_PASSPHRASE_FILE": str(tmp_path / "secret")}


def test_a_backup_is_made_checked_and_put_back(hameau: Hameau, home: Path, tmp_path: Path) -> None:
    cut_off.fill(home, "old")
    made = hameau("backup", str(tmp_path / "copy"), "--json")
    assert made.code == 0, made.err
    told = json.loads(made.out)
    assert told["encrypted"] is False
    assert told["files"] >= 4
    elsewhere = {"HAMEAU_HOME": str(tmp_path / "elsewhere")}
    back = hameau("restore", str(tmp_path / "copy"), environment=elsewhere)
    assert back.code == 0, back.err
    assert cut_off.said(tmp_path / "elsewhere") == "old"


def test_an_encrypted_home_says_what_opens_it(hameau: Hameau, locked: Vault, tmp_path: Path) -> None:
    nobody = hameau("sources", "list")
    assert nobody.code == 1
    assert "nobody is there to give its passphrase" in nobody.err
    assert "HAMEAU_PASSPHRASE_FILE" in nobody.err
    (tmp_path / "wrong").write_text("something else")
    wrong = hameau("sources", "list", environment={"HAMEAU_PASSPHRASE_FILE": str(tmp_path / "wrong")})
    assert wrong.code == 1
    assert "does not open this home" in wrong.err


def test_a_home_is_encrypted_and_in_the_clear_again(hameau: Hameau, home: Path, secret: Mapping[str, str]) -> None:
    cut_off.fill(home, "old")
    done = hameau("lock", "on", "--file", secret["HAMEAU_PASSPHRASE_FILE"], "--json")
    assert done.code == 0, done.err
    recovery = json.loads(done.out)["recovery_key"]
    assert not (home / "hameau.db").read_bytes().startswith(b"SQLite")
    Path(secret["HAMEAU_PASSPHRASE_FILE"]).write_text(recovery.lower())
    off = hameau("lock", "off", environment=secret)
    assert off.code == 0, off.err
    assert vault_of(home) is None
    assert cut_off.said(home) == "old"


def test_a_passphrase_is_typed_unseen(locked: Vault, home: Path) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(HAMEAU[0], [*HAMEAU, "sources", "list"], dict(os.environ))
    seen = b""
    typed = [b"falsch\n", cut_off.SECRET.encode() + b"\n"]
    try:
        while chunk := os.read(terminal, 4096):
            seen += chunk
            if typed and seen.count(b"Passphrase of this home: ") == 3 - len(typed):
                os.write(terminal, typed.pop(0))
    except OSError:
        pass  # the other end is closed
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, seen
    assert b"does not open it" in seen
    assert cut_off.SECRET.encode() not in seen
    assert b"falsch" not in seen


def test_the_keyring_opens_the_home(
    hameau: Hameau, locked: Vault, home: Path, secret: Mapping[str, str], tmp_path: Path
) -> None:
    pytest.importorskip("keyring")
    desktop = {
        "PYTHON_KEYRING_BACKEND": "fakes.keyring_file.Keyring",
        "PYTHONPATH": str(Path(fakes.__file__).parent.parent),
        "FAKE_KEYRING": str(tmp_path / "keyring.json"),
    }
    put = hameau("lock", "keyring", environment={**desktop, **secret})
    assert put.code == 0, put.err
    vault = vault_of(home)
    assert vault is not None
    assert vault.has(KEYRING)
    assert hameau("sources", "list", environment=desktop).code == 0


def test_without_a_desktop_the_keyring_says_so_and_changes_nothing(
    hameau: Hameau, locked: Vault, home: Path, secret: Mapping[str, str]
) -> None:
    pytest.importorskip("keyring")
    told = hameau("lock", "keyring", environment={**secret, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"})
    assert told.code == 1
    assert "keyring can’t be reached" in told.err
    assert vault_of(home) == locked


def test_the_doctor_repairs(hameau: Hameau, home: Path) -> None:
    cut_off.fill(home, "old")
    (home / "hameau.db.partial").write_text("half")
    told = json.loads(hameau("doctor", "--repair", "--json").out)
    assert [each["name"] for each in told["repairs"]] == ["leftovers"]
    assert not (home / "hameau.db.partial").exists()


def test_the_keyrings_clerk_runs_nothing_from_the_folder_it_is_started_in(
    hameau: Hameau, locked: Vault, home: Path, secret: Mapping[str, str], tmp_path: Path
) -> None:
    started_in = home.parent
    (started_in / "keyring.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nraise SystemExit\n")
    hameau("lock", "keyring", environment={**secret, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"})
    assert not (tmp_path / "ran").exists()
