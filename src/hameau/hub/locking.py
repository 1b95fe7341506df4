"""Encrypts a home, and has it in the clear again. Killed at any moment, the home opens as before or as wanted.

Two files change: ``hameau.db`` and ``vault.toml``. The vault is written first and removed last, so that no encrypted file is
ever without it; what was cut off in between is finished by :func:`ready`, when the home is next opened.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from hameau.hub.vault import FILE, PASSPHRASE, RECOVERY, Cost, Vault, new_key, new_recovery_key, vault_of
from hameau.kit import N_, Conflict, locked
from hameau.storage import alone, is_encrypted, kept_copies, reseal, settle

DATABASE = "hameau.db"
_LOCKED, _OPENING = "locked", "opening"
_log = logging.getLogger(__name__)


def ready(home: Path, unlock: Callable[[Vault], bytes]) -> bytes | None:
    """The key of the home's database; ``None`` when it is not encrypted. Finishes what was cut off.

    Raises ``Refused`` when ``unlock`` does, ``Corrupt`` for a vault that can't be understood.
    """
    path, vault = home / DATABASE, vault_of(home)
    encrypted = is_encrypted(path)
    there = path.exists() and path.stat().st_size > 0
    if vault is None:
        if encrypted:
            _log.info("%s is encrypted or damaged, and there is no %s", path, FILE)
        return None  # whoever opens it says that it is damaged
    if vault.state == _OPENING and there and not encrypted:
        _drop_vault(home)
        return None
    key = unlock(vault)
    if there and not encrypted:
        with alone(home):
            if not is_encrypted(path):
                _log.info("encrypting %s, which was begun earlier", path)
                _reseal_all(home, None, key)
    return key


def lock(home: Path, passphrase: str, *, cost: Cost | None = None) -> tuple[Vault, str]:
    """Encrypts the home. Returns its vault and the recovery key, which stands nowhere else.

    Raises ``Conflict`` when it is encrypted already or in use, ``NotEnough`` without room for a second copy.
    """
    with alone(home):
        if vault_of(home) is not None:
            raise Conflict(
                N_("This home is encrypted already."), hint=N_("Change what opens it: hameau lock passphrase")
            )
        key, recovery = new_key(), new_recovery_key()
        vault = Vault.new(key).with_slot(PASSPHRASE, passphrase, key, cost).with_slot(RECOVERY, recovery, key, cost)
        vault.save(home)
        try:
            _reseal_all(home, None, key)
        except BaseException:
            if not is_encrypted(home / DATABASE):
                _drop_vault(home)
            raise
    return vault, recovery


def unlock(home: Path, key: bytes) -> None:
    """Has the home in the clear again. Raises ``Conflict`` when it is in use, ``NotEnough`` without room."""
    with alone(home):
        vault = vault_of(home)
        if vault is None:
            raise Conflict(N_("This home is not encrypted."))
        replace(vault, state=_OPENING).save(home)
        try:
            _reseal_all(home, key, None)
        except BaseException:
            if is_encrypted(home / DATABASE):
                replace(vault, state=_LOCKED).save(home)
            raise
        _drop_vault(home)


def change_vault(home: Path, change: Callable[[Vault], Vault]) -> Vault:
    """Writes the vault of the home as ``change`` makes it: another passphrase, another recovery key. The key stays.

    Raises ``Conflict`` when the home is not encrypted. May be called while the home is in use.
    """
    with locked(home / f"{FILE}.lock"):
        vault = vault_of(home)
        if vault is None:
            raise Conflict(N_("This home is not encrypted."), hint=N_("Encrypt it with: hameau lock on"))
        changed = change(vault)
        changed.save(home)
    return changed


def _reseal_all(home: Path, key: bytes | None, new: bytes | None) -> None:
    """The database last: until it has its new key, the old one opens it. Copies of earlier upgrades first."""
    path = home / DATABASE
    for copied in kept_copies(path):
        if is_encrypted(copied) == (key is not None):
            reseal(copied, key, new)
    if path.exists() and path.stat().st_size:
        reseal(path, key, new)


def _drop_vault(home: Path) -> None:
    (home / FILE).unlink(missing_ok=True)
    settle(home)
