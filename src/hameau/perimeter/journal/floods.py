"""Refusals that come again and again: the first is written, the others of the same minute are counted.

Knows no file and no clock. What is counted is bounded: when too many different things are refused at once, they are
counted together by what they wanted to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from hameau.perimeter.journal.types import Fact

WINDOW = 60.0
"""Seconds for which the same refusal is counted instead of written."""
DISTINCT = 256
"""How many different refusals are told apart at once."""
TIMES = 1000
"""A count that reaches this is written at once, so that a process that is killed loses no more than this of one refusal."""
_NAMED = ("act", "program", "host", "address", "port")

_Key = tuple[Fact, ...]


@dataclass(slots=True)
class _Count:
    began: float
    facts: dict[str, Fact]
    first: int = 0
    times: int = 0
    many: bool = field(default=False)


class Floods:
    """Counts; not safe from several threads by itself."""

    def __init__(self) -> None:
        self._counts: dict[_Key, _Count] = {}

    def __len__(self) -> int:
        return sum(1 for each in self._counts.values() if each.times)

    def counted(self, facts: Mapping[str, Fact], moment: float) -> int | None:
        """The number of the entry that stands for this refusal, which is only counted; ``None``: it is to be written."""
        count = self._counts.get(self._key(facts))
        if count is None or not 0 <= moment - count.began < WINDOW:
            return None
        count.times += 1
        return count.first

    def written(self, facts: Mapping[str, Fact], moment: float, number: int) -> None:
        """This refusal was written as entry ``number``: the next ones of the same are counted."""
        key = self._key(facts)
        many = len(key) == 1
        named = ("act",) if many else _NAMED
        self._counts[key] = _Count(moment, {name: facts[name] for name in named if name in facts}, number, 0, many)

    def due(self, moment: float, *, all_: bool = False) -> Iterator[dict[str, Fact]]:
        """The facts of what is to be written now. A count is forgotten when the caller comes back for the next one."""
        for key, count in list(self._counts.items()):
            over = all_ or not 0 <= moment - count.began < WINDOW
            if count.times and (over or count.times >= TIMES):
                facts: dict[str, Fact] = {**count.facts, "times": count.times, "first": count.first}
                yield {**facts, "many": True} if count.many else facts
                count.times = 0
            if over:
                del self._counts[key]

    def _key(self, facts: Mapping[str, Fact]) -> _Key:
        exact = tuple(facts.get(name, "") for name in _NAMED)
        if exact in self._counts or len(self._counts) < DISTINCT:
            return exact
        return (facts.get("act", ""),)
