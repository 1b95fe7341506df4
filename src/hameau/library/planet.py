"""The planet: what all feeds of a space brought, strictly in the order of time. Nothing is ranked, hidden or counted as read.

Named after the pages where free-software communities have gathered the journals of their members since 2003.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hameau.kit import N_, BadInput
from hameau.library import rows
from hameau.library.enclosures import Enclosed, found
from hameau.library.shelves import HOME
from hameau.library.types import Document
from hameau.storage import Database, Queries, Row

_QUERIES = Queries(Path(__file__).with_name("planet.sql"))
_MOST = 200
_EXCERPT = 320
_AFTER_ALL = "9999-12-31T23:59:59.999Z"
_PLACE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)~(\d{1,18})")
_HEADING = re.compile(r"^#{1,6}[ \t]+")


@dataclass(frozen=True, slots=True)
class News:
    """One article. ``excerpt`` is how it begins, ``files`` what comes with it, such as the sound of a podcast."""

    document: Document
    feed: str
    """The title of its feed."""
    excerpt: str = ""
    files: tuple[Enclosed, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanetPage:
    """Some articles, the newest first; ``more`` is where the older ones begin, empty when there are none."""

    news: tuple[News, ...]
    more: str = ""


@dataclass(frozen=True, slots=True)
class PlanetFeed:
    """A feed and what it brought so far."""

    source_id: str
    title: str
    uri: str
    folder: str = ""
    articles: int = 0
    newest: str = ""
    """When its newest article is from."""
    synced_at: str = ""
    failing: bool = False
    paused: bool = False


class Planet:
    """Reads the news of ``database``. Thread-safe; changes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def news(
        self, space: str = HOME, *, source_id: str = "", before: str = "", since: str = "", limit: int = 40
    ) -> PlanetPage:
        """Articles of ``space``, perhaps of one feed: those that are older than ``before`` (the ``more`` of the page above),
        and not older than the moment ``since``. Raises ``BadInput`` for a ``before`` that is none."""
        moment, below = _place(before)
        limit = max(1, min(limit, _MOST))
        asked = {"space": space, "before": moment, "below": below, "since": since, "limit": limit + 1}
        name = "news_of" if source_id else "news"
        with self._database.read() as session:
            found_rows = session.all(_QUERIES[name], {**asked, "source_id": source_id} if source_id else asked)
        more = ""
        if len(found_rows) > limit:
            last = found_rows[limit - 1]
            more = f"{last['dated_at']}~{last['id']}"
        return PlanetPage(tuple(_news(row) for row in found_rows[:limit]), more)

    def feeds(self, space: str = HOME) -> Sequence[PlanetFeed]:
        """The feeds of ``space``, by name."""
        with self._database.read() as session:
            return [_feed(row) for row in session.all(_QUERIES["feeds"], {"space": space})]


def _place(before: str) -> tuple[str, int]:
    if not before:
        return _AFTER_ALL, 0
    match = _PLACE.fullmatch(before)
    if match is None:
        raise BadInput(N_("This is not a place among the news."), hint=N_("Begin again with the newest."))
    return match[1], int(match[2])


def _news(row: Row) -> News:
    start = str(row["start"] or "")
    files = found(str(row["tail"] or ""))
    return News(rows.document(row), row["feed_title"] or row["feed_uri"], excerpt(start, files), files)


def _feed(row: Row) -> PlanetFeed:
    settings = json.loads(row["settings"])
    return PlanetFeed(
        row["id"],
        row["title"] or row["uri"],
        row["uri"],
        str(settings.get("folder", "")),
        row["articles"],
        row["newest"] or "",
        row["synced_at"] or "",
        bool(row["failing"]),
        bool(row["paused_at"]),
    )


def excerpt(text: str, files: Sequence[Enclosed] = ()) -> str:
    """How ``text`` begins: headings, and the lines that name ``files``, left out; cut between two words."""
    addresses = tuple(f"{one.address} (" for one in files)
    lines = [line for line in text.split("\n") if line.strip() and not _HEADING.match(line)]
    plain = " ".join(" ".join(line for line in lines if not (addresses and line.startswith(addresses))).split())
    if len(plain) <= _EXCERPT:
        return plain
    return plain[:_EXCERPT].rpartition(" ")[0].rstrip(",;:") + "…"
