"""``hameau lock``: encrypts the home, and changes what opens it."""

from __future__ import annotations

import os
from pathlib import Path

import click

from hameau.cli import keyring, terminal
from hameau.cli.house import as_json, closed_house, house
from hameau.cli.secrets import new_passphrase
from hameau.cli.words import _
from hameau.hub import KEYRING, PASSPHRASE, RECOVERY, Vault, change_vault, new_recovery_key, unlock, vault_of
from hameau.hub import lock as encrypt
from hameau.kit import N_, home_folder
from hameau.perimeter import Kind

_FILE = click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=_("Read the new passphrase from this file."),
)


@click.group(help=_("Encrypt the home folder, and change what opens it."))
def lock() -> None:
    """Its commands follow."""


@lock.command(help=_("Say whether the home folder is encrypted, and what opens it."))
@as_json
def show(json_: bool) -> None:
    vault = vault_of(home_folder())
    kinds = [slot.kind for slot in vault.slots] if vault else []
    if json_:
        terminal.document({"encrypted": vault is not None, "opened_by": kinds})
        return
    if vault is None:
        terminal.line(_(N_("This home is not encrypted. « hameau lock on » encrypts it.")))
        return
    terminal.line(_(N_("This home is encrypted. It opens with:")))
    for kind in kinds:
        terminal.line(f"· {_(_KINDS[kind])}")


@lock.command(help=_("Encrypt the library. Shows a recovery key once: write it down."))
@_FILE
@as_json
def on(file: Path | None, json_: bool) -> None:
    with closed_house() as (home, _key):
        _vault, recovery = encrypt(home, new_passphrase(file))
    _note("on")
    if json_:
        terminal.document({"encrypted": True, "recovery_key": recovery})
    else:
        terminal.line(_(N_("The library is encrypted.")))
        _show_recovery(recovery)


@lock.command(help=_("Have the library in the clear again."))
@as_json
def off(json_: bool) -> None:
    with closed_house() as (home, key):
        vault = vault_of(home)
        unlock(home, key or b"")
    if vault is not None and vault.has(KEYRING):
        keyring.put(vault.id, "")
    _note("off")
    if json_:
        terminal.document({"encrypted": False})
    else:
        terminal.line(_(N_("The library is no longer encrypted.")))


@lock.command(help=_("Choose another passphrase; the present one, or the recovery key, is asked first."))
@_FILE
def passphrase(file: Path | None) -> None:
    with closed_house() as (home, key):
        chosen = new_passphrase(file) if key else ""
        change_vault(home, lambda vault: vault.with_slot(PASSPHRASE, chosen, key or b""))
    _note("passphrase")
    terminal.line(_(N_("The new passphrase holds from now on.")))
    terminal.note(N_("Backups open with it after the next « hameau backup »; until then, with the one before."))


@lock.command(help=_("Make another recovery key; the one before opens nothing any more."))
@as_json
def recovery(json_: bool) -> None:
    with closed_house() as (home, key):
        made = new_recovery_key()
        change_vault(home, lambda vault: vault.with_slot(RECOVERY, made, key or b""))
    _note("recovery key")
    if json_:
        terminal.document({"recovery_key": made})
    else:
        _show_recovery(made)


@lock.command("keyring", help=_("Let the desktop’s keyring open the home, so that nothing is asked in your session."))
@click.option("--remove", is_flag=True, help=_("No longer: the passphrase is asked again."))
def keyring_(remove: bool) -> None:
    with closed_house() as (home, key):
        if remove:
            vault = change_vault(home, lambda vault: vault.without(KEYRING))
            keyring.put(vault.id, "")
        else:
            secret = os.urandom(32).hex()
            change_vault(home, lambda vault: _kept(vault, secret).with_slot(KEYRING, secret, key or b""))
    _note("keyring")
    said = N_("The keyring no longer opens this home.") if remove else N_("The keyring opens this home from now on.")
    terminal.line(_(said))


def _kept(vault: Vault, secret: str) -> Vault:
    """First the keyring, then the vault: one that names a secret which nobody keeps would start a clerk for nothing."""
    keyring.put(vault.id, secret)
    return vault


def _note(what: str) -> None:
    with house() as hub:
        hub.perimeter.record(Kind.LOCK_CHANGED, what=what)


def _show_recovery(key: str) -> None:
    terminal.line(_(N_("Recovery key, shown this once:")))
    terminal.line()
    terminal.line(f"    {key}", "bold")
    terminal.line()
    terminal.note(
        N_(
            "Write it down and keep it away from this machine: without it and the passphrase, nobody can read the library."
        )
    )


_KINDS = {
    PASSPHRASE: N_("the passphrase"),
    RECOVERY: N_("the recovery key"),
    KEYRING: N_("the desktop’s keyring"),
}
