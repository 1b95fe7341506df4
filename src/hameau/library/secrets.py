"""Passwords and tokens of sources: in the library's own file, in the desktop's keyring, or in a file that another program
renews. What is in the library's file is as safe as the home folder is: encrypt it to have more."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Protocol

from hameau.kit import N_, Missing, Refused
from hameau.library.types import Source
from hameau.storage import Database, Queries

KEPT, KEYRING, FILE = "kept", "keyring", "file:"
"""What ``source.settings["secret"]`` says: where the secret is."""
_QUERIES = Queries(Path(__file__).with_name("secrets.sql"))
_LONGEST = 65_536
"""Bytes of a file with a token."""


class Keyring(Protocol):
    """Keeps secrets by name, outside of this process."""

    def get(self, name: str) -> str: ...
    def put(self, name: str, secret: str) -> None: ...


class SourceSecrets:
    """The secrets of the sources of one library. Thread-safe. Nothing here ever logs or shows one."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    def of(self, source: Source) -> str:
        """The secret of ``source``, just read. Raises ``Missing`` where there is none, ``Refused`` for a file that others may
        read."""
        where = str(source.settings.get("secret", ""))
        if where.startswith(FILE):
            return _from_file(Path(where.removeprefix(FILE)).expanduser())
        secret = self._keyring.get(_name(source)) if where == KEYRING else self._kept(source)
        if not secret:
            raise Missing(
                N_("The password of this source is not there."),
                hint=N_("Give it again on the page of sources; if it is in the keyring, open that first."),
            )
        return secret

    def put(self, source: Source, secret: str) -> None:
        """Keeps ``secret`` where ``source.settings["secret"]`` says. Raises ``Missing`` or ``Unavailable`` (the keyring)."""
        where = str(source.settings.get("secret", KEPT))
        if where == KEYRING:
            self._keyring.put(_name(source), secret)
            self._forget(source)
        elif not where.startswith(FILE):
            with self._database.transaction(durable=True) as session:
                session.run(_QUERIES["secret_put"], {"source_id": source.id, "secret": secret})

    def remove(self, source: Source) -> None:
        """Forgets the secret of ``source``, wherever it is kept; a file is not touched."""
        if source.settings.get("secret") == KEYRING:
            self._keyring.put(_name(source), "")
        self._forget(source)

    def _kept(self, source: Source) -> str:
        with self._database.read() as session:
            return str(session.value(_QUERIES["secret_of"], {"source_id": source.id}) or "")

    def _forget(self, source: Source) -> None:
        with self._database.transaction(durable=True) as session:
            session.run(_QUERIES["secret_remove"], {"source_id": source.id})


def _name(source: Source) -> str:
    return f"source {source.id}"


def _from_file(path: Path) -> str:
    """The token in ``path``, which must be a file of this user that nobody else may read."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as file:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode) or found.st_mode & (stat.S_IRGRP | stat.S_IROTH):
                raise Refused(
                    N_("Others may read the file {path}: the password or token in it is not taken."),
                    hint=N_("Let only yourself read it: chmod 600 {path}"),
                    path=str(path),
                )
            return file.read(_LONGEST).decode("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise Missing(N_("The file {path} can’t be read: {reason}"), path=str(path), reason=str(reason)) from error
