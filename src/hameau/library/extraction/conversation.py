"""A conversation of a messenger as documents: one a month, day by day under headings. Knows nothing of formats."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from hameau.library.extraction import days, limits
from hameau.library.extraction.context import Context
from hameau.library.extraction.gathering import Inside
from hameau.library.extraction.properties import moment, people
from hameau.library.extraction.reasons import MEMBERS_LEFT, Unreadable
from hameau.library.extraction.structure import Draft, one_line
from hameau.library.types import Extracted

MEDIA_TYPE = "text/x-chat"
ME = "Moi"
_EARLIEST, _LATEST = 1990, 2200
_NAMES = 500
_LONGEST_NAME = 120
_LONGEST_MESSAGE = 200_000


class Message(NamedTuple):
    """One message. Its hour is as it was written: local, or UTC where the export says so."""

    when: datetime
    sender: str
    """Empty for what the messenger itself says."""
    text: str


class _Month:
    """What was said in one month."""

    def __init__(self, title: str, when: datetime) -> None:
        self.draft = Draft()
        self.draft.block(f"# {title}")
        self.day = ""
        self.first = self.last = when
        self.senders: dict[str, None] = {}

    def add(self, message: Message, name: str, text: str) -> None:
        day = days.day(message.when)
        if day != self.day:
            self.draft.end_rows()
            self.draft.block(f"## {day}")
            self.day = day
        line = f"{name} : {text}" if name else f"— {text}"
        self.draft.block(f"{days.hour(message.when)} {line}", close=True)
        self.last = max(self.last, message.when)
        if name and len(self.senders) < _NAMES:
            self.senders[name] = None


class Conversation:
    """Gathers the messages of one conversation, month by month, as they come."""

    def __init__(self, service: str, title: str, most: int) -> None:
        """``most`` characters are kept."""
        self.service, self._title = service, one_line(title)[:_LONGEST_NAME]
        self._left = most
        self._months: dict[tuple[int, int], _Month] = {}
        self.senders: dict[str, None] = {}
        self.messages = 0
        self.is_cut = False
        """Whether it had more than was kept."""

    @property
    def title(self) -> str:
        """What it is called; else who takes part."""
        if self._title:
            return self._title
        others = [name for name in self.senders if name != ME] or list(self.senders)
        return ", ".join(others[:4]) + (" et d'autres" if len(others) > 4 else "")

    def add(self, message: Message) -> None:
        """Writes one message down; what has no sensible date or no text is passed over."""
        text, name = message.text.strip()[:_LONGEST_MESSAGE], one_line(message.sender)[:_LONGEST_NAME]
        if not text or not _EARLIEST <= message.when.year <= _LATEST:
            return
        if self._left <= 0:
            self.is_cut = True
            return
        key = (message.when.year, message.when.month)
        if key not in self._months:
            self._months[key] = _Month(days.month(*key), message.when)
        month = self._months[key]
        before = month.draft.characters
        month.add(message, name, text)
        self._left -= month.draft.characters - before
        self.messages += 1
        if name and len(self.senders) < _NAMES:
            self.senders[name] = None

    def gather(self, inside: Inside, below: str = "") -> bool:
        """Its months as parts, oldest first. False: nothing more is taken."""
        for (year, number), month in sorted(self._months.items()):
            title = f"{self.title} — {days.month(year, number)}"
            extracted = Extracted(
                text=month.draft.finish()[0].replace(f"# {days.month(year, number)}", f"# {title}", 1),
                title=title,
                media_type=MEDIA_TYPE,
                dated_at=moment(month.last.isoformat(timespec="seconds")),
                authors=people([*month.senders, *self.senders]),
                thread=f"{self.service} {self.title}"[: limits.LINK_CHARACTERS],
            )
            if not inside.add(f"{below}{year:04}-{number:02}", extracted):
                return False
        return True

    def told(self, span: str) -> str:
        """« 1 234 messages, du 3 mars 2024 au 5 juin 2025 »."""
        return f"{self.messages} {'messages' if self.messages > 1 else 'message'}{span}"


def written(conversations: Iterable[Conversation], context: Context) -> Extracted:
    """A file of one or several conversations. Raises :class:`Unreadable` when nobody said anything."""
    kept = [one for one in conversations if one.messages]
    if not kept:
        raise Unreadable("empty")
    inside = Inside(context)
    alone = len(kept) == 1
    for one in kept:
        if not one.gather(inside, "" if alone else f"{one.title}/"):
            break
    draft = Draft()
    if alone:
        one = kept[0]
        title = f"Conversation {one.service} : {one.title}"
        draft.block(f"# {title}")
        draft.block(f"Participants : {people(one.senders)}", close=True)
        draft.block(one.told(inside.told_span()), close=True)
    else:
        title = f"Conversations {kept[0].service}"
        draft.block(f"# {title}")
        for one in kept:
            draft.block(f"{one.title} : {one.told('')}", close=True)
    warnings = {*inside.warnings, *(MEMBERS_LEFT for one in kept if one.is_cut)}
    return Extracted(
        text=draft.finish()[0],
        title=title,
        media_type=MEDIA_TYPE,
        dated_at=inside.last,
        authors=people(kept[0].senders) if alone else "",
        parts=inside.parts,
        warnings=tuple(sorted(warnings)),
    )
