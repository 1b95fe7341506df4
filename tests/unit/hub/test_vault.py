"""The key of a home is had only by who has a secret of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hameau.hub import KEYRING, PASSPHRASE, RECOVERY, Unlocking, Vault, check_new, new_recovery_key, vault_of
from hameau.hub.vault import Cost, new_key, recovery_spelled
from hameau.kit import Corrupt, Refused

CHEAP = Cost(memory_kib=64, passes=1, lanes=1)
SECRET = "un mot de passe à accents"


@pytest.fixture
def key() -> bytes:
    return new_key()


@pytest.fixture
def vault(key: bytes) -> Vault:
    return Vault.new(key).with_slot(PASSPHRASE, SECRET, key, CHEAP)


def test_only_the_passphrase_opens_it(vault: Vault, key: bytes) -> None:
    assert vault.unwrap(SECRET) == key
    for wrong in ("", SECRET.upper(), SECRET + " ", "x"):
        assert vault.unwrap(wrong) is None


def test_accents_typed_in_another_way_are_the_same(vault: Vault, key: bytes) -> None:
    assert vault.unwrap("un mot de passe a\u0300 accents") == key


def test_a_recovery_key_opens_it_however_it_is_typed(vault: Vault, key: bytes) -> None:
    recovery = new_recovery_key()
    both = vault.with_slot(RECOVERY, recovery, key, CHEAP)
    for typed in (recovery, recovery.lower(), recovery.replace("-", " "), recovery.replace("0", "O").replace("1", "l")):
        assert both.unwrap(typed) == key
    assert both.unwrap(SECRET) == key
    assert both.unwrap(new_recovery_key()) is None
    assert both.with_slot(RECOVERY, new_recovery_key(), key, CHEAP).unwrap(recovery) is None


def test_a_changed_passphrase_replaces_the_old_one(vault: Vault, key: bytes) -> None:
    changed = vault.with_slot(PASSPHRASE, "quatre autres mots", key, CHEAP)
    assert changed.unwrap("quatre autres mots") == key
    assert changed.unwrap(SECRET) is None


def test_it_is_the_same_after_writing_and_reading(vault: Vault, key: bytes, tmp_path: Path) -> None:
    assert vault_of(tmp_path) is None
    vault.save(tmp_path)
    assert vault_of(tmp_path) == vault
    assert (tmp_path / "vault.toml").stat().st_mode & 0o777 == 0o600
    content = (tmp_path / "vault.toml").read_bytes()
    assert key not in content
    assert key.hex().encode() not in content


@given(st.integers(0, 10**6), st.integers(0, 255))
@settings(max_examples=30, deadline=None)
def test_a_vault_that_somebody_touched_never_gives_a_wrong_key(at: int, value: int) -> None:
    key = bytes(range(32))
    content = bytearray(Vault.new(key).with_slot(PASSPHRASE, SECRET, key, CHEAP).content)
    content[at % len(content)] = value
    try:
        touched = Vault.read(bytes(content))
    except Corrupt:
        return
    if any(slot.cost != CHEAP for slot in touched.slots):
        return
    assert touched.unwrap(SECRET) in (key, None)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"id = 3", b'id = "a"\nstate = "locked"\ncheck = "zz"\n'])
def test_what_is_no_vault_is_said_to_be_damaged(content: bytes) -> None:
    with pytest.raises(Corrupt):
        Vault.read(content)


def test_what_a_recovery_key_can_not_be() -> None:
    assert recovery_spelled("") == recovery_spelled("bonjour") == ""
    spelled = new_recovery_key()
    assert recovery_spelled(spelled) == spelled
    assert len(spelled) == 39


def test_a_short_passphrase_is_refused() -> None:
    with pytest.raises(Refused):
        check_new("1234567")
    check_new("12345678")


def test_the_file_that_was_named_is_read(vault: Vault, key: bytes, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET + "\n", encoding="utf-8")
    named = {"HAMEAU_PASSPHRASE_FILE": str(tmp_path / "secret")}
    assert Unlocking(environment=named).key(vault) == key
    (tmp_path / "hameau-passphrase").write_text(SECRET, encoding="utf-8")
    assert Unlocking(environment={"CREDENTIALS_DIRECTORY": str(tmp_path)}).key(vault) == key
    for wrong in ({"HAMEAU_PASSPHRASE_FILE": str(tmp_path / "none")}, {"HAMEAU_PASSPHRASE_FILE": __file__}):
        with pytest.raises(Refused):
            Unlocking(environment=wrong, ask=lambda _tried: SECRET).key(vault)


def test_the_keyring_is_tried_before_a_person_is_asked(vault: Vault, key: bytes) -> None:
    both = vault.with_slot(KEYRING, "f00", key, CHEAP)
    kept = {both.id: "f00"}
    assert Unlocking(environment={}, keyring=lambda name: kept[name]).key(both) == key
    assert Unlocking(environment={}, keyring=lambda _name: "", ask=lambda _tried: SECRET).key(both) == key
    assert both.unwrap("f00") is None, "what the keyring keeps is no passphrase"


def test_a_person_has_three_tries(vault: Vault, key: bytes) -> None:
    typed = iter(["a", "b", SECRET])
    assert Unlocking(environment={}, ask=lambda _tried: next(typed)).key(vault) == key
    tries: list[int] = []

    def wrong(tried: int) -> str:
        tries.append(tried)
        return "no"

    with pytest.raises(Refused):
        Unlocking(environment={}, ask=wrong).key(vault)
    assert tries == [0, 1, 2]


def test_where_nobody_is_nobody_is_asked(vault: Vault, key: bytes) -> None:
    with pytest.raises(Refused, match="nobody is there"):
        Unlocking(environment={}).key(vault)
    assert Unlocking(environment={}, known=key).key(vault) == key
    with pytest.raises(Refused):
        Unlocking(environment={}, known=new_key()).key(vault)


@pytest.mark.parametrize("cost", [Cost(1 << 40, 1, 1), Cost(64, 1 << 30, 1), Cost(64, 1, 0), Cost(64, 1, 1 << 20)])
def test_a_strangers_vault_may_not_ask_for_all_of_the_machine(vault: Vault, cost: Cost) -> None:
    (slot,) = vault.slots
    with pytest.raises(Corrupt):
        Vault.read(replace(vault, slots=(replace(slot, cost=cost),)).content)
