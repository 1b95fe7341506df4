"""A source as a person sees it: what it may reach, how it is, what came of it. Shared by pages, and by the API."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from hameau.library import Source
from hameau.perimeter import Connection, Policy
from hameau.server.source_words import GROUPS, Group, KindWords, group_of, of_kind

State = Literal["closed", "failed", "paused", "partly", "busy", "ready"]
MANY = 60
"""More sources than a person reads in a list."""
_WORST: dict[State, int] = {"closed": 0, "failed": 0, "partly": 1, "busy": 2, "paused": 3, "ready": 4}


@dataclass(frozen=True, slots=True)
class ShownSource:
    """One source on the page."""

    source: Source
    words: KindWords
    group: str
    state: State
    """``closed``: it is elsewhere, and nobody allows to reach it any more."""
    connection: Connection | None
    """What it may reach; ``None`` for a place of this machine's own disk, and for what is closed."""

    @property
    def title(self) -> str:
        return self.source.title or self.source.uri

    @property
    def outward(self) -> bool:
        return bool(self.source.settings.get("connection"))

    @property
    def user(self) -> str:
        return str(self.source.settings.get("user", ""))


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """The sources of one group that fit on the page, those that need somebody first."""

    group: Group
    shown: tuple[ShownSource, ...]
    count: int
    documents: int
    failing: int
    more: int


def shown(source: Source, policy: Policy | None, now: float) -> ShownSource:
    """``source`` under ``policy``; ``None`` where the decisions can't be read: nothing may leave then."""
    name = str(source.settings.get("connection") or "")
    held = policy.connection(name) if policy and name else None
    connection = held if held is not None and now < held.until else None
    return ShownSource(
        source, of_kind(source.kind), group_of(source.kind), _state(source, name, connection), connection
    )


def grouped(sources: Iterable[ShownSource], most: int) -> list[ShownGroup]:
    """The groups that have any source, at most ``most`` of each."""
    by_group: dict[str, list[ShownSource]] = {}
    for one in sources:
        by_group.setdefault(one.group, []).append(one)
    return [_group(group, by_group[group.name], most) for group in GROUPS if group.name in by_group]


def ordered(sources: Sequence[ShownSource]) -> list[ShownSource]:
    """Those that need somebody first, then as they were added."""
    return sorted(sources, key=lambda one: _WORST[one.state])


def choosable(sources: Sequence[Source], chosen: str = "") -> list[Source]:
    """The sources that a list « look in » offers: where there are very many, not each feed, but for the one that is chosen."""
    if len(sources) <= MANY:
        return list(sources)
    return [one for one in sources if one.kind != "feed" or one.id == chosen]


def _group(group: Group, all_: list[ShownSource], most: int) -> ShownGroup:
    failing = sum(one.state in ("failed", "closed") for one in all_)
    documents = sum(one.source.documents for one in all_)
    return ShownGroup(group, tuple(ordered(all_)[:most]), len(all_), documents, failing, max(0, len(all_) - most))


def _state(source: Source, name: str, connection: Connection | None) -> State:
    if name and connection is None:
        return "closed"
    if source.paused_at:
        return "paused"
    if source.error:
        return "failed" if source.state == "failed" else "partly"
    return "busy" if source.state in ("new", "syncing") else "ready"
