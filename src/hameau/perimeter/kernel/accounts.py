"""The user whose perimeter is kept, and looking at the user's files with no more rights than the user has."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hameau.kit import N_, BadInput, NotFound


@dataclass(frozen=True, slots=True)
class Account:
    """A user of this machine, by the numbers."""

    uid: int
    gid: int


def account(user: str | int) -> Account:
    """The account that ``user`` names, by name or number. Raises :class:`NotFound`, and :class:`BadInput` for root."""
    try:
        number = int(user)
    except ValueError:
        number = -1
    try:
        found = pwd.getpwuid(number) if number >= 0 else pwd.getpwnam(str(user))
    except (KeyError, OverflowError, ValueError) as error:
        raise NotFound(
            N_("There is no user called {user} on this machine."),
            hint=N_("Make one for Hameau with: useradd --system hameau"),
            user=user,
        ) from error
    if found.pw_uid == 0:
        raise BadInput(
            N_("Root can't be held back by these walls: it could take them away."),
            hint=N_("Let Hameau run as a user of its own, and name that one."),
        )
    return Account(found.pw_uid, found.pw_gid)


@contextmanager
def acting_as(who: Account) -> Iterator[None]:
    """In this block files are reached with the rights of ``who`` only; for root."""
    os.setegid(who.gid)
    try:
        os.seteuid(who.uid)
        try:
            yield
        finally:
            os.seteuid(0)
    finally:
        os.setegid(0)
