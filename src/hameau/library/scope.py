"""Which passages a search may see: a space and a filter become ranges of passage ids, once, for words and vectors alike.

The passages of a document have neighbouring ids, so a document is one range and a mailbox often one too. What was worked out is
kept until somebody writes. Knows nothing of ranking.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hameau.library.types import Filter
from hameau.storage import Database, Queries

_QUERIES = Queries(Path(__file__).with_name("scope.sql"))
_KEPT = 16


class Scope:
    """Ranges of passage ids, ``firsts`` inclusive and ``ends`` exclusive, in order, none inside another.

    ``everything`` when nothing needs to be looked at: the space is the only one and the filter is empty. Never changed once
    made, so any thread may use it.
    """

    __slots__ = ("_flags", "ends", "everything", "firsts")

    def __init__(self, firsts: NDArray[np.int64], ends: NDArray[np.int64], *, everything: bool = False) -> None:
        self.firsts, self.ends, self.everything = firsts, ends, everything
        self._flags: NDArray[np.bool_] | None = None

    @property
    def passages(self) -> int:
        """How many ids the ranges hold; nothing is known, and 0 is said, for ``everything``."""
        return int((self.ends - self.firsts).sum())

    def holds(self, passages: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of ``passages`` (ids, in any order) may be seen."""
        if self.everything:
            return np.ones(len(passages), np.bool_)
        if not len(self.firsts):
            return np.zeros(len(passages), np.bool_)
        if len(passages) > 1_000:
            flags = self._by_id()
            return flags[np.minimum(passages, len(flags) - 1)]
        at = np.searchsorted(self.firsts, passages, "right") - 1
        return (at >= 0) & (passages < self.ends[np.maximum(at, 0)])

    def by_block(self, size: int) -> NDArray[np.bool_]:
        """The same for each id, ``size`` ids a row; the last row stands for all that lie beyond."""
        if not len(self.firsts):
            return np.zeros((1, size), np.bool_)
        flags = self._by_id()
        whole = np.zeros((len(flags) // size + 2) * size, np.bool_)
        whole[: len(flags)] = flags
        return whole.reshape(-1, size)

    def _by_id(self) -> NDArray[np.bool_]:
        """For each id from 0 whether it may be seen; the last entry stands for all that lie beyond."""
        if self._flags is None:
            steps = np.zeros(int(self.ends[-1]) + 1, np.int8)
            steps[self.firsts] += 1
            steps[self.ends] -= 1
            self._flags = np.cumsum(steps, dtype=np.int8).view(np.bool_)
        return self._flags


EVERYTHING = Scope(np.empty(0, np.int64), np.empty(0, np.int64), everything=True)


class Scopes:
    """Makes the scope of a search over ``database``, and keeps the last ones until somebody writes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._made: OrderedDict[tuple[str, Filter], tuple[int, Scope]] = OrderedDict()

    def of(self, space: str, bound: Filter = Filter()) -> Scope:  # noqa: B008  (frozen)
        """The passages of ``space`` whose documents ``bound`` allows; sources that are being removed are left out."""
        version = self._database.data_version()
        with self._lock:
            kept = self._made.get((space, bound))
            if kept is not None and kept[0] == version:
                self._made.move_to_end((space, bound))
                return kept[1]
        scope = self._make(space, bound)
        with self._lock:
            self._made[space, bound] = (version, scope)
            while len(self._made) > _KEPT:
                self._made.popitem(last=False)
        return scope

    def _make(self, space: str, bound: Filter) -> Scope:
        with self._database.read() as session:
            if bound == Filter() and not session.value(_QUERIES["others"], {"space": space}):
                return EVERYTHING
            asked = {
                "space": space,
                "document_id": bound.document_id,
                "sources": _listed(bound.sources),
                "kinds": _listed(bound.kinds),
                "languages": _listed(bound.languages),
                "people": _listed(bound.people),
                "since": bound.since,
                "until": bound.until,
            }
            packed = session.value(_QUERIES["ranges"], asked)
        numbers = np.fromstring(packed, np.int64, sep=" ") if packed else np.empty(0, np.int64)
        firsts = numbers[0::2]
        return _joined(firsts, firsts + numbers[1::2])


def _listed(values: frozenset[str]) -> str | None:
    return json.dumps(sorted(values)) if values else None


def _joined(firsts: NDArray[np.int64], ends: NDArray[np.int64]) -> Scope:
    """Ranges in order, those that touch as one."""
    order = np.argsort(firsts)
    firsts, ends = firsts[order], ends[order]
    opens = np.ones(len(firsts), np.bool_)
    opens[1:] = firsts[1:] != ends[:-1]
    closes = np.ones(len(firsts), np.bool_)
    closes[:-1] = opens[1:]
    return Scope(firsts[opens], ends[closes])
