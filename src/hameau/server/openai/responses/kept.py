"""Responses that can be read again for a while: in memory only, bounded, each seen by whoever asked for it alone."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import msgspec

from hameau.kit import N_, NotFound
from hameau.server.openai.responses import told
from hameau.server.replies import json_bytes

Json = dict[str, Any]
MOST = 256
MOST_BYTES = 64_000_000


@dataclass(slots=True)
class Kept:
    """One response. ``items`` is the whole chat before its output; the last ``own`` of them came with its request."""

    owner: str
    response: told.Response
    items: list[Json]
    own: int
    cancel: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)
    size: int = 0


class Responses:
    """Thread-safe. The oldest goes first."""

    def __init__(self, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._bytes = 0

    def keep(self, kept: Kept) -> None:
        """Keeps ``kept``, or notes that it has grown."""
        size = len(json_bytes(kept.items)) + len(json_bytes(kept.response))
        with self._lock:
            known = self._kept.pop(kept.response.id, None)
            self._bytes += size - (known.size if known else 0)
            kept.size = size
            self._kept[kept.response.id] = kept
            while len(self._kept) > self._most or (self._bytes > self._most_bytes and len(self._kept) > 1):
                _, oldest = self._kept.popitem(last=False)
                self._bytes -= oldest.size

    def update(self, kept: Kept) -> None:
        """Notes that ``kept`` has grown, unless it was deleted meanwhile."""
        with self._lock:
            there = kept.response.id in self._kept
        if there:
            self.keep(kept)

    def find(self, owner: str, response_id: str) -> Kept:
        """The response of that id, if it is ``owner``'s. Raises ``NotFound``."""
        with self._lock:
            kept = self._kept.get(response_id)
        if kept is None or kept.owner != owner:
            raise NotFound(
                N_("There is no response {id}."),
                hint=N_("Responses are kept in memory for a while; they go when Hameau stops."),
                id=response_id,
                param="response_id",
            )
        return kept

    def item(self, owner: str, item_id: str) -> Json:
        """An item that came with a response or was its output. Raises ``NotFound``."""
        with self._lock:
            mine = [kept for kept in self._kept.values() if kept.owner == owner]
        for kept in reversed(mine):
            for item in (*kept.items, *msgspec.to_builtins(kept.response.output)):
                if item["id"] == item_id:
                    return dict(item)
        raise NotFound(
            N_("There is no item {id}."),
            hint=N_("Responses are kept in memory for a while; they go when Hameau stops."),
            id=item_id,
            param="input",
        )

    def delete(self, owner: str, response_id: str) -> None:
        """Forgets it. Raises ``NotFound``."""
        kept = self.find(owner, response_id)
        kept.cancel.set()
        with self._lock:
            if self._kept.pop(response_id, None) is not None:
                self._bytes -= kept.size

    def running(self) -> int:
        """How many are being made in the background."""
        with self._lock:
            return sum(not kept.done.is_set() for kept in self._kept.values())
