"""Puts this process, and every process it will start, behind the best border that the machine has to offer.

Called first thing, before anything heavy is imported. What could not be had is said aloud: the next level down is shown for
what it is.
"""

from __future__ import annotations

import logging
import os
import time
from dataclasses import replace
from pathlib import Path

from hameau.kit import Corrupt
from hameau.perimeter import gate, hook, names
from hameau.perimeter.book import JournalBook
from hameau.perimeter.doors import FOUND
from hameau.perimeter.finding import find, held_by_system
from hameau.perimeter.guard import verdict
from hameau.perimeter.journal import Journal, Kind
from hameau.perimeter.policy import PolicyStore
from hameau.perimeter.record import asked_by, facts_of
from hameau.perimeter.switches import set_switches
from hameau.perimeter.types import Attempt, Enforcement, Policy, Protection, Verdict

CHOICE = "HAMEAU_PERIMETER"
"""The environment variable that asks for less than the best: ``hook``, to compare and to look for faults."""

logger = logging.getLogger(__name__)
_here = Protection(Enforcement.HOOK)


def enter(home: Path) -> None:
    """Enters the perimeter of ``home``; the calling process must have one thread.

    Where there is a gate to be had, this process becomes its supervisor and the call returns in a child of it.
    """
    global _here  # noqa: PLW0603 - a process is behind one border, from its start to its end
    set_switches()
    held = held_by_system()
    if gate.inside():  # started by a Hameau that is: bound already
        names.ask_supervisor()
        told = gate.state()
        walls, since = told.get("walls"), told.get("since")
        known = (*held, *(str(wall) for wall in walls)) if isinstance(walls, list) else held
        _here = Protection(
            _level(held, Enforcement.GATE), known, float(since) if isinstance(since, int | float) else time.time()
        )
        return
    store, journal = PolicyStore(home), Journal(home / "journal")

    def judge(attempt: Attempt) -> Verdict:
        return verdict(attempt, policy_of(store), time.time())

    if os.environ.get(CHOICE) == "hook":
        lacking = f"{CHOICE}=hook asks for it"
    else:
        entered = gate.enter(judge=judge, book=JournalBook(journal), find=find)
        if entered.gated:
            names.ask_supervisor()
            _here = Protection(_level(held, Enforcement.GATE), (*held, *entered.walls), entered.since)
            return
        lacking = entered.reason
        logger.warning("There is no gate: %s", entered.reason)
    _put_up_hook(judge, journal)
    _here = Protection(_level(held, Enforcement.HOOK), (*held, "hook"), time.time(), lacking=lacking)


def policy_of(store: PolicyStore) -> Policy:
    """What was decided; nothing is allowed when that can't be understood."""
    try:
        return store.read()
    except Corrupt as error:
        logger.error("%s", error)
        return Policy()


def here() -> Protection:
    """What holds the border in this process."""
    return _here


def find_names() -> None:
    """For a Python process inside the gate that did not come through :func:`enter`: names are asked of the supervisor."""
    if gate.inside():
        names.ask_supervisor()


def _level(held: tuple[str, ...], otherwise: Enforcement) -> Enforcement:
    return Enforcement.SYSTEM if held else otherwise


def _put_up_hook(judge: hook.Judge, journal: Journal) -> None:
    def judged_as_found(attempt: Attempt) -> Verdict:
        for host in FOUND.hosts(attempt.address, attempt.port) if attempt.address and not attempt.host else ():
            if (judged := judge(replace(attempt, host=host))).allowed:
                return judged
        return judge(attempt)

    def recording(attempt: Attempt) -> Verdict:
        judged = judged_as_found(attempt)
        if not judged.allowed:
            journal.record(Kind.REFUSED, by=asked_by(), **facts_of(attempt, judged))
        return judged

    hook.put_up(recording)
