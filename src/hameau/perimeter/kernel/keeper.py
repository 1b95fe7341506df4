"""Root's keeper of one user's perimeter: sets the walls, follows the policy, and has what was refused written down.

It fails closed: the walls stay when it ends, however it ends, until :func:`release` or a restart of the machine takes
them away. A policy that can't be read opens nothing. It must itself be outside the walls and outside the gate.
"""

from __future__ import annotations

import logging
import os
import select
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path

from hameau.kit import N_, Corrupt, HameauError
from hameau.perimeter import standing
from hameau.perimeter.guard import address_of
from hameau.perimeter.kernel import nftables, sockets
from hameau.perimeter.kernel.accounts import Account, account, acting_as
from hameau.perimeter.kernel.cgroup import remove_programs, root_folder
from hameau.perimeter.kernel.errors import NotPermitted
from hameau.perimeter.kernel.notify import tell_systemd
from hameau.perimeter.kernel.places import Opening, named, next_change, opening
from hameau.perimeter.kernel.refusals import facts_of, missed
from hameau.perimeter.kernel.resolver import Lookup, Resolver, lookup
from hameau.perimeter.kernel.scribe import Record, Scribe
from hameau.perimeter.kernel.signals import Asked, asked_by_signals
from hameau.perimeter.kernel.walls import BpfWall, NftablesWall, Wall
from hameau.perimeter.policy import Mark, PolicyStore
from hameau.perimeter.types import Policy

logger = logging.getLogger(__name__)

MECHANISMS = ("auto", "nftables", "cgroup", "both")
_LOOK = 0.2  # seconds between two looks at the policy
_CHECK = 20.0  # seconds between two looks at the walls themselves
_MOST = 200  # refusals written down one by one in a look; more are counted


def keep(
    user: str | int,
    home: Path,
    *,
    record: Record,
    mechanism: str = "auto",
    cgroup: Path | None = None,
    policy_folder: Path | None = None,
    leave_walls: bool = True,
    run_folder: Path = standing.RUN,
    ask: Lookup = lookup,
    refresh: float = 60.0,
) -> None:
    """Holds everything that ``user`` sends, until SIGTERM or SIGINT; call it as root in the main thread.

    ``mechanism``: ``nftables``, ``cgroup``, ``both``, or ``auto``, the first of these two that the machine has.
    ``cgroup``: a cgroup of version 2 that is held as a whole, whoever runs in it; without it, all that the user does.
    ``policy_folder``: where ``perimeter.toml`` is; without it the home folder, where Hameau itself can change it.
    ``leave_walls``: at a signal the walls stay (they stay at any other end anyhow). ``ask`` finds the addresses of a
    name, again every ``refresh`` seconds. Raises :class:`NotPermitted` when no mechanism works.
    """
    if os.geteuid() != 0:
        raise NotPermitted(N_("Only root can keep the perimeter of a user."))
    who = account(user)
    scribe = Scribe(record, who.uid, who.gid)  # before there is a second thread
    decisions = Decisions(PolicyStore(policy_folder or home), nullcontext if policy_folder else lambda: acting_as(who))
    decisions.changed()
    resolver = Resolver(ask, refresh=refresh)
    if (before := standing.read(who.uid, run_folder)) is not None:
        resolver.remember(before.names)  # so that a restart cuts nothing that may go on
    opened = opening(decisions.policy, time.time(), resolver.addresses)
    keeper = Keeper(who, decisions, build(mechanism, who.uid, opened, cgroup), resolver, scribe, run_folder, cgroup)
    with asked_by_signals() as asked:
        try:
            keeper.follow()
            tell_systemd("READY=1")
            while not asked.over:
                keeper.turn(asked)
            tell_systemd("STOPPING=1")
        finally:
            keeper.end(remove=asked.over and not leave_walls)


def release(user: str | int, *, cgroup: Path | None = None, run_folder: Path = standing.RUN) -> None:
    """Takes away every wall of ``user``, kept or left behind. For root."""
    who = account(user)
    standing.withdraw(who.uid, run_folder)
    if nftables.program():
        nftables.run(nftables.removal(who.uid))
    with suppress(NotPermitted):  # a machine without cgroups has none there
        remove_programs(cgroup or root_folder(), None if cgroup else who.uid)


def build(mechanism: str, uid: int, opened: Opening, cgroup: Path | None) -> tuple[Wall, ...]:
    """The walls that ``mechanism`` names. Raises the first wall's error when none can be built."""
    makers: dict[str, Callable[[], Wall]] = {
        "nftables": lambda: NftablesWall(uid, opened),
        "cgroup": lambda: BpfWall(uid, opened, cgroup),
    }
    if mechanism in makers:
        return (makers[mechanism](),)
    if mechanism == "both":
        return tuple(make() for make in makers.values())
    try:
        return (makers["nftables"](),)
    except HameauError as error:
        logger.warning("%s The walls are made by the kernel's programs on control groups instead.", error)
        return (makers["cgroup"](),)


class Decisions:
    """The policy as it is now; one that can't be understood opens nothing and is said once."""

    def __init__(self, store: PolicyStore, reading: Callable[[], AbstractContextManager[None]]) -> None:
        self._store, self._reading = store, reading
        self._mark: Mark = (0, 0, 0)
        self._broken = False
        self.policy = Policy()

    def changed(self) -> bool:
        """Whether the policy is another than the last time."""
        with self._reading():
            mark = self._store.mark()
            if mark == self._mark and not self._broken:
                return False
            before = self.policy
            try:
                self.policy, self._broken = self._store.read(), False
            except Corrupt as error:
                if mark != self._mark:
                    logger.error("%s Nothing is open until then.", error)
                self.policy, self._broken = Policy(), True
            self._mark = mark
        return before != self.policy


class Keeper:
    """One user's walls and what they follow."""

    def __init__(
        self,
        who: Account,
        decisions: Decisions,
        walls: Sequence[Wall],
        resolver: Resolver,
        scribe: Scribe,
        run_folder: Path,
        cgroup: Path | None,
    ) -> None:
        self._who, self._decisions, self._walls = who, decisions, tuple(walls)
        self._resolver, self._scribe, self._folder = resolver, scribe, run_folder
        self._cgroup = "/" + str(cgroup.relative_to(root_folder())) if cgroup else "/"
        self._opened: Opening | None = None
        self._names: dict[str, tuple[str, ...]] = {}
        self._hosts: dict[str, str] = {}  # by address; also of what is no longer open, for the journal
        self._until = float("inf")
        self._since = time.time()
        self._checked = time.monotonic()
        self._missing = 0

    def turn(self, asked: Asked) -> None:
        """Waits for something to happen, no longer than to the next look, and does what is due."""
        watched = [each for wall in self._walls for each in wall.filenos()]
        select.select([*watched, self._resolver.fileno(), asked.wake], [], [], _LOOK)
        asked.drain()
        changed, answered, anew = self._decisions.changed(), self._resolver.drain(), asked.again()
        if changed or answered or anew or time.time() >= self._until:
            self.follow(anew=anew)
        self._mend()
        self._write_down()

    def follow(self, *, anew: bool = False) -> None:
        """Opens and closes what the policy says now, cuts what is closed, and tells Hameau; ``anew`` asks for the
        addresses of all names again."""
        policy, moment = self._decisions.policy, time.time()
        hosts = {host for host, _ in named(policy, moment)}
        self._resolver.want((host for host in hosts if address_of(host) is None), now=anew)
        self._until = next_change(policy, moment)
        opened = opening(policy, moment, self._resolver.addresses)
        if opened != self._opened:
            for wall in self._walls:
                wall.open(opened)
            sockets.cut(self._who.uid, opened)
        self._opened = opened
        self._names = {host: found for host in sorted(hosts) if (found := self._resolver.addresses(host))}
        self._hosts |= {address: host for host, found in self._names.items() for address in found}
        self._say()

    def end(self, *, remove: bool) -> None:
        """Writes down what is left to be, and lets go of the walls; takes them away only with ``remove``."""
        with suppress(HameauError, OSError):
            self._write_down()
        for wall in self._walls:
            if remove:
                wall.remove()
            wall.close()
        if remove:
            standing.withdraw(self._who.uid, self._folder)
        self._resolver.close()
        self._scribe.close()

    def _say(self) -> None:
        found = standing.Standing(
            uid=self._who.uid,
            pid=os.getpid(),
            born=standing.born(os.getpid()),
            since=self._since,
            mechanisms=tuple(wall.name for wall in self._walls),
            network=standing.own_network(),
            cgroup=self._cgroup,
            names=self._names,
        )
        standing.publish(found, self._who.gid, self._folder)

    def _mend(self) -> None:
        """Builds up again what somebody took away."""
        due = time.monotonic() - self._checked >= _CHECK
        for wall in self._walls:
            if (wall.disturbed() or due) and not wall.stands():
                logger.warning("the wall %s was gone; it is built again", wall.name)
                wall.renew(self._opened or Opening())
                sockets.cut(self._who.uid, self._opened or Opening())
        if due:
            self._checked = time.monotonic()

    def _write_down(self) -> None:
        moment, policy = time.time(), self._decisions.policy
        found = [each for wall in self._walls for each in wall.refusals()]
        for refusal in found[:_MOST]:
            self._scribe.write(facts_of(refusal, policy, moment, self._hosts.get(refusal.address, "")))
        missing = sum(wall.missing for wall in self._walls)
        number = sum(each.times for each in found[_MOST:]) + max(0, missing - self._missing)
        self._missing = missing
        if number:
            self._scribe.write(missed(number))
            time.sleep(_LOOK / 4)  # a flood: what can't be read meanwhile is counted by the kernel
