"""The walls that can hold one user's traffic back, under one face: nftables with NFLOG, and eBPF on a cgroup."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from hameau.kit import HameauError
from hameau.perimeter.kernel import nftables
from hameau.perimeter.kernel.cgroup import CgroupWall, root_folder
from hameau.perimeter.kernel.netlink import Netlink, attributes, messages
from hameau.perimeter.kernel.nflog import Reader
from hameau.perimeter.kernel.places import Opening, Refusal

_NETFILTER, _TABLES, _GROUP = 12, 10, 7  # linux/netfilter/nfnetlink.h: NFNL_SUBSYS_NFTABLES, NFNLGRP_NFTABLES
_SOL_NETLINK, _ADD_MEMBERSHIP = 270, 1
_TABLE_CHANGES = {0, 2, 5, 8}  # a table made or changed; a table, chain or rule gone
_NAME = 1


class Wall(Protocol):
    """Something that holds back what one user sends and stays when this process ends."""

    name: str

    @property
    def missing(self) -> int:
        """How many refusals were never seen, as far as is known."""

    def open(self, opened: Opening) -> None:
        """From now on exactly ``opened`` is open."""

    def refusals(self) -> list[Refusal]:
        """What was refused since the last time; never waits."""

    def disturbed(self) -> bool:
        """Whether somebody may have changed the wall since the last time."""

    def stands(self) -> bool:
        """Whether it is there."""

    def renew(self, opened: Opening) -> None:
        """Builds it anew, in place of what is left of it."""

    def remove(self) -> None:
        """Takes it away."""

    def close(self) -> None:
        """Lets go of it; it stays."""

    def filenos(self) -> Sequence[int]:
        """Descriptors that become readable when there is something to look at."""


class NftablesWall:
    """Rules in the firewall for every packet of the user ``uid``. Raises what :func:`nftables.run` does."""

    name = "nftables"

    def __init__(self, uid: int, opened: Opening) -> None:
        self._uid = uid
        self._reader = Reader(nftables.group_of(uid))  # before the rules: the first refusal is seen too
        self._changes = Netlink(_NETFILTER)
        self._changes.socket.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, _GROUP)
        self._changes.socket.setblocking(False)
        try:
            nftables.run(nftables.ruleset(uid, opened))
        except HameauError:
            self.close()
            raise

    @property
    def missing(self) -> int:
        """How many refused packets came too fast to be read."""
        return self._reader.missing

    def open(self, opened: Opening) -> None:
        """One transaction: there is no moment with half of it."""
        nftables.run(nftables.update(self._uid, opened))

    def refusals(self) -> list[Refusal]:
        """The refused packets, the same ones counted together."""
        found: dict[Refusal, int] = {}
        for event in self._reader.read():
            found[event.refusal] = found.get(event.refusal, 0) + 1
        return [replace(refusal, times=times) for refusal, times in found.items()]

    def disturbed(self) -> bool:
        """Whether the table was touched (a firewall that is loaded anew forgets all others' tables)."""
        touched = False
        while True:
            try:
                data = self._changes.socket.recv(1 << 16)
            except BlockingIOError:
                return touched
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                touched = True  # too many changes to be read: look
                continue
            touched = touched or any(
                message.kind >> 8 == _TABLES
                and message.kind & 0xFF in _TABLE_CHANGES
                and (_NAME, nftables.table_of(self._uid).encode() + b"\0") in attributes(message.body, 4)
                for message in messages(data)
            )

    def stands(self) -> bool:
        """Whether the table is there and hooked in."""
        return nftables.stands(self._uid)

    def renew(self, opened: Opening) -> None:
        """The whole table anew, in one transaction."""
        nftables.run(nftables.ruleset(self._uid, opened))

    def remove(self) -> None:
        """Takes the table away."""
        nftables.run(nftables.removal(self._uid))

    def close(self) -> None:
        """The table stays; nobody reads what is refused."""
        self._reader.close()
        self._changes.close()

    def filenos(self) -> Sequence[int]:
        """Refused packets; changes of the firewall."""
        return self._reader.fileno(), self._changes.socket.fileno()


class BpfWall:
    """Programs on a cgroup: on ``folder`` for all in it, or on the root of all for what the user ``uid`` does."""

    name = "cgroup"

    def __init__(self, uid: int, opened: Opening, folder: Path | None = None) -> None:
        self._where = (folder or root_folder(), None if folder else uid)
        self._wall = CgroupWall(*self._where, opened)

    @property
    def missing(self) -> int:
        """How many refusals were pushed out of the list."""
        return self._wall.missing

    def open(self, opened: Opening) -> None:
        """What stays open is never shut in between."""
        self._wall.open(opened)

    def refusals(self) -> list[Refusal]:
        """With the number of the process, where one asked by connect or sendto."""
        return self._wall.refusals()

    def disturbed(self) -> bool:
        """The kernel does not tell; :meth:`stands` is asked now and then."""
        return False

    def stands(self) -> bool:
        """Whether all programs are on the cgroup."""
        return self._wall.stands()

    def renew(self, opened: Opening) -> None:
        """New programs in place of the others."""
        older, self._wall = self._wall, CgroupWall(*self._where, opened)
        older.close()

    def remove(self) -> None:
        """Takes the programs away."""
        self._wall.remove()

    def close(self) -> None:
        """The programs stay."""
        self._wall.close()

    def filenos(self) -> Sequence[int]:
        """Nothing to wait for: the list is looked at now and then."""
        return ()
