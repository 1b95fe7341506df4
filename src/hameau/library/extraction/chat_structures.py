"""Exports of messengers that are structures: Element (JSON, HTML), Signal's own and signal-export's. Runs in the worker.

Sources: the Matrix client-server specification (m.room.message, m.replace); Signal's ``Backup.proto``, whose frames
Signal Desktop writes as lines of JSON when it exports in plain text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any

import msgspec

from hameau.library.extraction import marks
from hameau.library.extraction.conversation import ME, Conversation, Message
from hameau.library.extraction.decoding import decode
from hameau.library.extraction.reasons import Unreadable
from hameau.library.extraction.spoken_dates import moment_of
from hameau.library.extraction.structure import one_line
from hameau.library.extraction.tags import Tags

_CHATS = 2_000
_PEOPLE = 50_000
_ATTACHED = 20


def _structure(data: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(data, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise Unreadable("damaged", str(error)[:300]) from error


def _lines(data: bytes) -> Iterator[dict[str, Any]]:
    """The lines that are structures; a cut one at the end is passed over."""
    for line in data.splitlines():
        try:
            told = msgspec.json.decode(line)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            continue
        if isinstance(told, dict):
            yield told


def _inside(told: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = told.get(name)
    return value if isinstance(value, dict) else {}


def _text(told: Mapping[str, Any], *names: str) -> str:
    for name in names:
        value = told.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return ""


def _list(told: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    value = told.get(name)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _milliseconds(value: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(str(value)[:16]) / 1000, UTC).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError):
        return None


# Element, JSON


def _element(data: bytes, _name: str, most: int) -> list[Conversation]:
    told = _structure(data)
    conversation = Conversation("Matrix", _text(told, "room_name"), most)
    events = _list(told, "messages")
    names: dict[str, str] = {}
    newer: dict[str, str] = {}
    for event in events:
        content = _inside(event, "content")
        if _text(event, "type") == "m.room.member" and len(names) < _PEOPLE:
            names[_text(event, "state_key") or _text(event, "sender")] = _text(content, "displayname")
        relation = _inside(content, "m.relates_to")
        if _text(relation, "rel_type") == "m.replace":
            newer[_text(relation, "event_id")] = _text(_inside(content, "m.new_content"), "body")
    for event in events:
        content = _inside(event, "content")
        when = _milliseconds(event.get("origin_server_ts"))
        if _text(event, "type") != "m.room.message" or when is None:
            continue
        if _text(_inside(content, "m.relates_to"), "rel_type") == "m.replace":
            continue
        sender = _text(event, "sender")
        body = newer.get(_text(event, "event_id")) or _text(content, "body")
        conversation.add(Message(when, names.get(sender) or sender, body))
    return [conversation]


# Element, HTML


def _element_page(data: bytes, _name: str, most: int) -> list[Conversation]:
    reader = _Page()
    reader.feed(decode(data))
    reader.close()
    conversation = Conversation("Matrix", reader.title, most)
    for message in reader.messages:
        conversation.add(message)
    return [conversation]


_TAKEN = {
    "mx_DateSeparator": "day", "mx_DisambiguatedProfile_displayName": "name", "mx_MessageTimestamp": "time",
    "mx_EventTile_body": "body", "mx_TextualEvent": "body", "mx_MFileBody_info_filename": "body",
    "mx_RoomHeader_nametext": "title", "mx_RoomHeader_name": "title", "mx_RoomHeader_heading": "title",
}  # fmt: skip
_LEFT_OUT = frozenset({"mx_ReplyChain", "mx_ReactionsRow", "mx_ReadReceiptGroup"})
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
_DEPTH = 500
_LONGEST = 200_000


class _Page(Tags):
    """Walks the tiles of an exported room: the day from the lines between them, the name from the tile or the one before."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[Message] = []
        self.title = ""
        self._day, self._name = "", ""
        self._tile: dict[str, str] = {}
        self._stack: list[str] = []
        """What each open tag's text is taken for."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        classes = values.get("class", "").split()
        if tag == "br":
            self._take("\n")
        if "mx_EventTile" in classes or "mx_DateSeparator" in classes:
            self._end_tile()
        if tag in _VOID or len(self._stack) >= _DEPTH:
            return
        taken = next((_TAKEN[name] for name in classes if name in _TAKEN), "")
        if taken == "time" and values.get("title"):
            self._tile["moment"] = values["title"]
        if taken == "day":
            self._day = values.get("aria-label", "")
        if _LEFT_OUT & set(classes):
            taken = "out"
        above = self._stack[-1] if self._stack else ""
        self._stack.append(above if above == "out" else taken or above)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID and self._stack:
            self._stack.pop()

    def handle_data(self, data: str) -> None:
        self._take(data)

    def close(self) -> None:
        super().close()
        self._end_tile()

    def _take(self, data: str) -> None:
        what = self._stack[-1] if self._stack else ""
        if what == "title":
            self.title = (self.title + data)[:_LONGEST]
        elif what == "day":
            self._day = (self._day + data)[:_LONGEST] if not moment_of(one_line(self._day)) else self._day
        elif what in ("name", "time", "body"):
            self._tile[what] = (self._tile.get(what, "") + data)[:_LONGEST]

    def _end_tile(self) -> None:
        tile, self._tile = self._tile, {}
        self._name = one_line(tile.get("name", "")) or self._name
        when = moment_of(one_line(tile.get("moment", ""))) or moment_of(
            f"{one_line(self._day)} {one_line(tile.get('time', ''))}".strip()
        )
        if when is not None and tile.get("body"):
            self.messages.append(Message(when, self._name, tile["body"]))


# Signal


def _signal_lines(data: bytes, name: str, most: int) -> list[Conversation]:
    stem = PurePath(name).stem
    conversation = Conversation("Signal", "" if stem in ("data", "chat") else stem, most)
    for told in _lines(data):
        try:
            when = datetime.fromisoformat(_text(told, "date")).replace(tzinfo=None)
        except ValueError:
            continue
        sender = _text(told, "sender")
        quote = " ".join(_text(told, "quote").replace(">", " ").split())
        attached = [f"({_text(one, 'name')})" for one in _list(told, "attachments")[:_ATTACHED]]
        body = "\n".join(filter(None, (f"> {quote}" if quote else "", _text(told, "body").strip(), *attached)))
        conversation.add(Message(when, ME if sender == "Me" else sender, body))
    return [conversation]


def _signal_backup(data: bytes, _name: str, most: int) -> list[Conversation]:
    people: dict[str, str] = {}
    owners: dict[str, str] = {}
    found: dict[str, Conversation] = {}
    for frame in _lines(data):
        if recipient := _inside(frame, "recipient"):
            if len(people) < _PEOPLE:
                people[_text(recipient, "id")] = _called(recipient)
        elif chat := _inside(frame, "chat"):
            owners[_text(chat, "id")] = _text(chat, "recipientId")
        elif item := _inside(frame, "chatItem"):
            key = _text(item, "chatId")
            if key not in found:
                if len(found) >= _CHATS:
                    continue
                found[key] = Conversation("Signal", people.get(owners.get(key, ""), ""), most)
            when = _milliseconds(item.get("dateSent"))
            if when is not None:
                found[key].add(Message(when, people.get(_text(item, "authorId"), ""), _said(item)))
    return list(found.values())


def _called(recipient: Mapping[str, Any]) -> str:
    """What a recipient is called: by us, by themselves, by their number."""
    if "self" in recipient:
        return ME
    if group := _inside(recipient, "group"):
        title = _inside(_inside(group, "snapshot"), "title")
        return _text(title, "title")
    if "releaseNotes" in recipient:
        return "Signal"
    contact = _inside(recipient, "contact")
    nickname = _inside(contact, "nickname")
    tries = (
        f"{_text(nickname, 'given')} {_text(nickname, 'family')}",
        f"{_text(contact, 'systemGivenName')} {_text(contact, 'systemFamilyName')}",
        f"{_text(contact, 'profileGivenName')} {_text(contact, 'profileFamilyName')}",
        _text(contact, "username"),
        _text(contact, "e164"),
    )
    return next((name for one in tries if (name := one_line(one))), "")


def _said(item: Mapping[str, Any]) -> str:
    message = _inside(item, "standardMessage")
    lines = []
    if quoted := _text(_inside(_inside(message, "quote"), "text"), "body"):
        lines.append("> " + " ".join(quoted.split())[:200])
    lines.append(_text(_inside(message, "text"), "body"))
    attached = _list(message, "attachments")[:_ATTACHED]
    lines += [f"({_text(_inside(one, 'pointer'), 'fileName') or 'pièce jointe'})" for one in attached]
    previews = _list(message, "linkPreview")[:_ATTACHED]
    lines += [one_line(f"{_text(one, 'title')} {_text(one, 'url')}") for one in previews]
    lines.append(_text(_inside(_inside(item, "stickerMessage"), "sticker"), "emoji"))
    name = _inside(_inside(_inside(item, "contactMessage"), "contact"), "name")
    lines.append(one_line(f"{_text(name, 'givenName')} {_text(name, 'familyName')}"))
    if poll := _inside(item, "poll"):
        lines.append(_text(poll, "question"))
    return "\n".join(line for line in lines if line)


READERS: Mapping[str, Callable[[bytes, str, int], list[Conversation]]] = {
    marks.ELEMENT_JSON: _element,
    marks.ELEMENT_PAGE: _element_page,
    marks.SIGNAL_LINES: _signal_lines,
    marks.SIGNAL_BACKUP: _signal_backup,
}
"""From the bytes, the name of the file and how many characters are kept, to the conversations in it."""
