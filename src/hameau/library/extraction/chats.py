"""Exports of messengers that are text: WhatsApp, signal-export, sigtop, Element. Runs in the worker.

Which one a file is says ``marks``; those that are structures reads ``chat_structures``, a ZIP of WhatsApp's ``chat_archives``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import PurePath

from hameau.library.extraction import chat_structures, marks
from hameau.library.extraction.context import Context
from hameau.library.extraction.conversation import ME, Conversation, Message, written
from hameau.library.extraction.decoding import decode, tidy
from hameau.library.extraction.spoken_dates import clock, made, moment_of, order_of
from hameau.library.types import Extracted

_DIRECTIONS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_SPACES = re.compile("[\u00a0\u202f\u2009]")
_WHATSAPP = re.compile(
    r"^\[?(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})\.?,? (?:à |at |um |a las )?(\d{1,2})[:.h](\d\d)(?:[:.](\d\d))?"
    r"(?: ?([AaPp])\.? ?[Mm]\.?)?(?:\]| -) ?",
    re.MULTILINE,
)
_SENDER = re.compile(r"([^:\n\"“«]{1,80}): ?")
_NOTICE = re.compile(
    r"chiffrés? de bout en bout|end-to-end encrypted|Ende-zu-Ende-verschlüsselt|cifrados de extremo a extremo"
)
_NO_MEDIA = re.compile(
    r"<[^<>\n]{0,40}(?:omis|omitted|ausgeschlossen|omitido|absente?s?|weggelassen)[^<>\n]{0,20}>"
    r"|^(?:image|vidéo|video|audio|GIF|sticker|document|Bild|Kontakt|contact)[^\n]{0,20} (?:omitted|absente?|weggelassen|omis)$",
    re.IGNORECASE | re.MULTILINE,
)
_UNSAID = "(média non exporté)"
_EDITED = re.compile(r" ?<(?:Ce message a été modifié|This message was edited|Diese Nachricht wurde bearbeitet)>")
_TITLES = re.compile(
    r"\A(?:Discussion WhatsApp avec|WhatsApp Chat (?:with|-)|WhatsApp[- ]Chat mit|Chat de WhatsApp con|Conversa do WhatsApp com"
    r"|Chat WhatsApp con|WhatsApp Chat)\s+",
    re.IGNORECASE,
)
_COPY = re.compile(r"\s*\(\d{1,3}\)\Z")
_SIGNAL = re.compile(r"^\[(\d{4})-(\d\d)-(\d\d)[ T,] ?(\d\d):(\d\d)(?::(\d\d))?\] ([^:\n]{1,100}): ?", re.MULTILINE)
_SIGTOP_TITLE = re.compile(r"\AConversation: ([^\n]{1,300}?)(?: \([^()\n]*\))?\n")
_SIGTOP = re.compile(
    r"^From: ([^\n]{1,300})\nType: ([^\n]{1,40})\n((?:[A-Z][A-Za-z -]{1,30}: [^\n]{0,500}\n){0,40})\n", re.MULTILINE
)
_SIGTOP_SENT = re.compile(r"^Sent: ([^\n]{1,60})$", re.MULTILINE)
_ELEMENT = re.compile(r"^([^\n]{8,60}?\d:\d\d[^\n]{0,12}?) - ", re.MULTILINE)
_ELEMENT_TITLE = re.compile(r"\A\S+ - (.{1,200}?) - [^-]{1,60} - \d{4}-\d\d-\d\d")


def read_chat(data: bytes, name: str, media_type: str, context: Context) -> Extracted:
    """A conversation, as one document a month. Raises :class:`Unreadable`."""
    most = context.budget.characters
    if media_type in chat_structures.READERS:
        return written(chat_structures.READERS[media_type](data, name, most), context)
    service, title, read = _READERS[media_type]
    text = tidy(decode(data))
    conversation = Conversation(service, title(name, text), most)
    for message in read(text):
        conversation.add(message)
    return written([conversation], context)


def whatsapp_title(name: str) -> str:
    """Whom a conversation is with, by the name that WhatsApp gave its file; empty when that doesn't say it."""
    stem = _COPY.sub("", _DIRECTIONS.sub("", PurePath(name).stem))
    return _TITLES.sub("", stem).strip() if _TITLES.match(stem) else ""


def _whatsapp(text: str) -> Iterator[Message]:
    text = _SPACES.sub(" ", _DIRECTIONS.sub("", text))
    heads = [head.groups() for head in _WHATSAPP.finditer(text)]
    figures = ((int(one), int(two), int(three)) for one, two, three, *_ in heads)
    year, month, day = order_of(figures, american=any(head[6] for head in heads))
    for head, body in _between(_WHATSAPP, text):
        date = [int(part) for part in head.groups()[:3]]
        when = made(date[year], date[month], date[day], *clock(head[4], head[5], head[6], head[7]))
        if when is None or _NOTICE.search(body[:400]):
            continue
        sender = _SENDER.match(body)
        said = _EDITED.sub("", _NO_MEDIA.sub(_UNSAID, body[sender.end() :] if sender else body))
        yield Message(when, sender[1] if sender else "", said)


def _signal(text: str) -> Iterator[Message]:
    for head, body in _between(_SIGNAL, text):
        when = made(*(int(part or 0) for part in head.groups()[:6]))
        if when is not None:
            yield Message(when, ME if head[7] == "Me" else head[7], body)


def _sigtop(text: str) -> Iterator[Message]:
    for head, body in _between(_SIGTOP, text):
        sent = _SIGTOP_SENT.search(head[3])
        when = _letter_date(sent[1]) if sent else None
        name = re.sub(r" \([^()]*\)\Z", "", head[1])
        if when is not None:
            yield Message(when, ME if name == "You" or "outgoing" in head[2] else name, body)


def _element(text: str) -> Iterator[Message]:
    waiting: tuple[datetime, list[str]] | None = None
    end = 0
    for head in _ELEMENT.finditer(text):
        when = moment_of(_SPACES.sub(" ", head[1]))
        if when is None:
            continue
        if waiting is not None:
            waiting[1].append(text[end : head.start()])
            yield _said(*waiting)
        waiting, end = (when, []), head.end()
    if waiting is not None:
        waiting[1].append(text[end:])
        yield _said(*waiting)


def _said(when: datetime, pieces: list[str]) -> Message:
    body = "".join(pieces)
    sender = _SENDER.match(body)
    return Message(when, sender[1] if sender else "", body[sender.end() :] if sender else body)


def _between(pattern: re.Pattern[str], text: str) -> Iterator[tuple[re.Match[str], str]]:
    """Each head that ``pattern`` finds, with what stands below it."""
    last: re.Match[str] | None = None
    for found in pattern.finditer(text):
        if last is not None:
            yield last, text[last.end() : found.start()]
        last = found
    if last is not None:
        yield last, text[last.end() :]


def _letter_date(value: str) -> datetime | None:
    try:
        return parsedate_to_datetime(value).replace(tzinfo=None)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _nameless(_name: str, _text: str) -> str:
    return ""


def _whatsapp_name(name: str, _text: str) -> str:
    return whatsapp_title(name)


def _title_in_text(_name: str, text: str) -> str:
    found = _SIGTOP_TITLE.match(text)
    return found[1] if found else ""


def _element_title(name: str, _text: str) -> str:
    found = _ELEMENT_TITLE.match(PurePath(name).stem)
    return found[1] if found else ""


_READERS: Mapping[str, tuple[str, Callable[[str, str], str], Callable[[str], Iterator[Message]]]] = {
    marks.WHATSAPP: ("WhatsApp", _whatsapp_name, _whatsapp),
    marks.SIGNAL_MARKDOWN: ("Signal", _nameless, _signal),
    marks.SIGTOP: ("Signal", _title_in_text, _sigtop),
    marks.ELEMENT_TEXT: ("Matrix", _element_title, _element),
}
