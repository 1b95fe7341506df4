"""Passphrases: typed unseen at a terminal, read from a file, or had from the desktop's keyring."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path

import click

from hameau.cli import keyring
from hameau.cli.words import _
from hameau.hub import Unlocking, check_new
from hameau.kit import N_, BadInput, Refused

_LONGEST = 8192


class Keyring:
    """The desktop's keyring, for the sources of the home in ``home``."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def there(self) -> bool:
        return keyring.there()

    def get(self, name: str) -> str:
        return keyring.get(name)

    def put(self, name: str, secret: str) -> None:
        """Raises ``Missing`` or ``Unavailable``."""
        keyring.put(name, secret)
        if secret:
            keyring.mark(self._home)


def source_secret(file: Path | None, question: str) -> str:
    """The password of a source: from ``file`` (``-``: the input), or typed unseen; nothing where nobody is there."""
    if file is not None:
        try:
            raw = sys.stdin.buffer.read(_LONGEST) if str(file) == "-" else file.read_bytes()[:_LONGEST]
            return raw.decode("utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or error
            raise BadInput(N_("{path} can't be read: {reason}"), path=str(file), reason=str(reason)) from error
    return _hidden(question) if _somebody_there() else ""


def unlocking(known: bytes | None = None) -> Unlocking:
    """How this terminal finds the key of an encrypted home; ``known`` is one that was found before."""
    return Unlocking(keyring=keyring.get, ask=_asked if _somebody_there() else None, known=known)


def new_passphrase(file: Path | None) -> str:
    """A passphrase to be, from ``file`` or typed twice. Raises ``Refused`` for one that is too short."""
    if file is not None:
        chosen = file.read_text(encoding="utf-8").rstrip("\r\n")
    elif not _somebody_there():
        raise Refused(
            N_("Nobody is there to choose a passphrase."),
            hint=N_("Start this in a terminal, or name a file that holds it with --file."),
        )
    else:
        chosen = _hidden(_(N_("New passphrase: ")))
    check_new(chosen)
    if file is None and _hidden(_(N_("The same again: "))) != chosen:
        raise BadInput(N_("That was not the same twice."), hint=N_("Nothing was changed."))
    return chosen


def somebody_there() -> bool:
    """Whether a person can be asked."""
    return _somebody_there()


def _asked(tried: int) -> str:
    if tried:
        click.echo(_(N_("That does not open it. Try again; Ctrl-C gives up.")), err=True)
    return _hidden(_(N_("Passphrase of this home: ")))


def _hidden(question: str) -> str:
    try:
        return getpass.getpass(question, stream=sys.stderr)
    except EOFError:
        raise click.Abort from None


def _somebody_there() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()
