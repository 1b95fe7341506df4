"""The process that holds one archive open: locked in (``cell.py``), then one order after the other until the socket closes."""

from __future__ import annotations

import logging
import select
import socket  # noqa: TID251 - a pair of connected sockets between two processes, no network
from collections import OrderedDict

from hameau.library.archives.asking import Word, candidates, weighed
from hameau.library.archives.choosing import Cut, best, cut
from hameau.library.archives.opening import Gone, Zim
from hameau.library.archives.types import Hits
from hameau.library.archives.wire import NAMED, Answer, Opened, Order
from hameau.library.extraction.wire import receive, send
from hameau.library.language import detect

logger = logging.getLogger(__name__)
IDLE_SECONDS = 600
"""A process that nobody asks goes away after so long and gives its memory back."""
_KEPT = 32
_LONGEST = 1_500_000
"""Bytes of an article that is read for a question; longer ones are lists."""


def serve(channel: socket.socket, walls: tuple[str, ...], path: str) -> None:
    """Opens the archive, says so, then answers orders until there are none."""
    try:
        desk = _Desk(Zim(path))
    except MemoryError:
        send(channel, Opened(walls, reason="too_much_memory"))
        return
    except Exception as error:  # the edge of the process: whatever a hostile archive provokes is a verdict on it
        logger.exception("the archive could not be opened")
        send(channel, Opened(walls, reason="damaged", detail=repr(error)[:300]))
        return
    send(channel, Opened(walls, desk.zim.facts))
    while select.select([channel], [], [], IDLE_SECONDS)[0]:
        try:
            order = receive(channel, Order)
        except EOFError:
            return
        send(channel, _answer(desk, order))


def _answer(desk: _Desk, order: Order) -> Answer:
    try:
        match order.do:
            case "ask":
                return Answer(hits=desk.ask(order.text, order.count))
            case "page":
                return desk.page(order.text)
            case "thing":
                return Answer(thing=desk.zim.thing(order.text))
            case "titles":
                return Answer(titles=tuple(desk.zim.titled(order.text, min(order.count, NAMED))))
            case _:
                return Answer(moved=desk.zim.chance())
    except Gone:
        return Answer(reason="gone")
    except MemoryError:
        return Answer(reason="too_much_memory")
    except Exception as error:  # the edge of the process, as above
        logger.exception("an order failed")
        return Answer(reason="damaged", detail=repr(error)[:300])


class _Desk:
    """What the process does with its archive, and the articles that it cut lately."""

    def __init__(self, zim: Zim) -> None:
        self.zim = zim
        self._cuts: OrderedDict[str, Cut] = OrderedDict()

    def ask(self, question: str, count: int) -> Hits:
        """The passages that fit ``question`` best."""
        language = self.zim.facts.language or detect(question) or "fr"
        words = weighed(question, language, self.zim, max(self.zim.facts.entries, 1))
        shares = candidates(question, words, self.zim, self._known)
        weights = tuple((stem, word.weight / len(word.stems)) for word in words for stem in word.stems)
        return Hits(best(shares, words, lambda path: self._cut(path, language), count), weights)

    def page(self, path: str) -> Answer:
        """The article at ``path``, or where it is when it is elsewhere."""
        there = self.zim.path_of(path)
        return Answer(moved=there) if there != path else Answer(article=self.zim.article(path))

    def _known(self, word: Word) -> bool:
        return not self.zim.facts.searchable or bool(word.elided) or self.zim.count(word.asked) > 0

    def _cut(self, path: str, language: str) -> Cut | None:
        kept = self._cuts.get(path)
        if kept is not None:
            self._cuts.move_to_end(path)
            return kept
        try:
            if self.zim.size(path) > _LONGEST:
                return None
            made = cut(self.zim.article(path), language)
        except Gone:
            return None
        self._cuts[path] = made
        while len(self._cuts) > _KEPT:
            self._cuts.popitem(last=False)
        return made
