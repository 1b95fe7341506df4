"""The header of a mail as people read it: who, to whom, about what, and which conversation it belongs to. In the worker."""

from __future__ import annotations

import re
from email.header import Header, decode_header, make_header
from email.message import Message

from hameau.library.extraction import limits
from hameau.library.extraction.decoding import decode, tidy
from hameau.library.extraction.properties import people
from hameau.library.extraction.structure import one_line

_ANSWER = re.compile(r"(?:(?:re|r[ée]f|aw|sv|antw|tr|fwd?|wg|rv)[ \xa0]?(?:\[\d+\])?[ \xa0]?:[ \xa0]*)+", re.IGNORECASE)
_FORWARD = re.compile(r"[ \xa0]*(?:tr|fwd?|wg|rv)[ \xa0]?:", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,500})>")
_SHOWN_PEOPLE = 1_500
"""Characters of a list of people that are written into the text: nobody looks for the ten thousandth receiver by his mail."""


def header(message: Message, name: str) -> str:
    """A header field as a person reads it: encoded words (RFC 2047) decoded, raw bytes too, on one line."""
    value: object = message.get(name)
    if isinstance(value, Header):  # bytes that are no letters of mail: as they came, for ``_raw`` to look at
        value = next(raw for key, raw in message.raw_items() if key.lower() == name.lower())
    return "" if value is None else decoded(str(value))


def decoded(value: str) -> str:
    """The value of a header field as a person reads it."""
    value = value[: limits.HEADER_CHARACTERS]
    try:
        text = str(make_header(decode_header(value))) if "=?" in value else value
    except (LookupError, ValueError):
        text = value
    return one_line(tidy(_raw(text)))


def shown_people(names: str) -> str:
    """A list of people, cut where it has no end; how many there are is said then."""
    if len(names) <= _SHOWN_PEOPLE:
        return names
    return f"{names[:_SHOWN_PEOPLE].rpartition(',')[0] or names[:_SHOWN_PEOPLE]}, …"


def correspondents(sender: str, *receivers: str) -> str:
    """Who wrote to whom, on one line."""
    to = people(receivers)
    return f"{sender} → {to}"[: limits.AUTHORS_CHARACTERS] if sender and to else (sender or to)


def topic(subject: str) -> str:
    """What a conversation is about: the subject without « Re: » and its cousins."""
    return _ANSWER.sub("", subject, count=1).strip() if _ANSWER.match(subject) else subject


def is_forward(subject: str) -> bool:
    """Whether the subject says that somebody else's mail is passed on."""
    return bool(_FORWARD.match(subject))


def thread_of(references: str, in_reply_to: str, message_id: str) -> str:
    """What the mails of one conversation share: the Message-ID of its first one, as far as this one tells (RFC 5322, 3.6.4).

    ``References`` begins with the first, ``In-Reply-To`` names the one before, and a mail that answers none is the first itself.
    """
    for value in (references, in_reply_to, message_id):
        if found := _MESSAGE_ID.search(value[: limits.HEADER_CHARACTERS]):
            return found[1]
    return ""


def _raw(text: str) -> str:
    """Bytes that a sloppy program put into a header come as surrogates; they are decoded by their looks."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return decode(text.encode("utf-8", "surrogateescape"))
    return text
