"""Mail: who wrote to whom, when, about what, the words themselves, and the names of what was attached. Runs in the worker."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from email.header import decode_header, make_header
from email.message import Message

from hameau.library.extraction.decoding import decode, decode_as, tidy
from hameau.library.extraction.hypertext import read_html
from hameau.library.extraction.structure import Draft, one_line
from hameau.library.types import Extracted

_FIELDS = (("From", "De"), ("To", "À"), ("Cc", "Copie"), ("Date", "Date"))
"""Header fields, and the words that a French mail program shows for them: the library is French first."""
_LONGEST_HEADER = 20_000
"""Characters; decoding takes the square of their number."""
_MESSAGE_START = re.compile(rb"^From [^\n]*\n", re.MULTILINE)


def read_mail(data: bytes) -> Extracted:
    """One message as a document; what has no header at all is read as plain text."""
    message = email.message_from_bytes(data, policy=email.policy.compat32)
    if not message.keys():
        return Extracted(text=tidy(decode(data)), media_type="message/rfc822")
    draft = Draft()
    title = _write(message, draft)
    return Extracted(text=draft.finish()[0], title=title, media_type="message/rfc822")


def read_mailbox(data: bytes) -> Extracted:
    """A whole mbox (RFC 4155) as one document, one heading a message."""
    draft = Draft()
    for raw in _messages(data):
        _write(email.message_from_bytes(raw, policy=email.policy.compat32), draft)
    return Extracted(text=draft.finish()[0], media_type="application/mbox")


def _messages(data: bytes) -> Iterator[bytes]:
    starts = [match.span() for match in _MESSAGE_START.finditer(data)]
    if not starts:
        yield data
        return
    ends = [begin for begin, _ in starts[1:]] + [len(data)]
    for (_, begin), end in zip(starts, ends, strict=True):
        yield data[begin:end]


def _write(message: Message, draft: Draft) -> str:
    subject = header(message, "Subject")
    if subject:
        draft.block(f"# {subject}")
    for name, label in _FIELDS:
        if value := header(message, name):
            draft.block(f"{label} : {value}", close=True)
    draft.end_rows()
    attached: list[str] = []
    for part in _leaves(message):
        name = _name(part)
        if name or part.get_content_disposition() == "attachment" or part.get_content_maintype() != "text":
            if name:
                attached.append(name)
        elif part.get_content_subtype() == "html":
            read_html(_text(part), draft)
        else:
            draft.block(_text(part))
    if attached:
        draft.block("Pièces jointes : " + ", ".join(attached))
    return subject


def _leaves(message: Message) -> Iterator[Message]:
    """The parts to show: of alternatives the plain one when it says something, else the last one."""
    if message.get_content_type() == "multipart/alternative" and message.is_multipart():
        parts = [part for part in message.get_payload() if isinstance(part, Message)]
        plain = [part for part in parts if part.get_content_type() == "text/plain" and _text(part).strip()]
        for part in plain[:1] or parts[-1:]:
            yield from _leaves(part)
    elif message.is_multipart():
        for inner in message.get_payload():
            if isinstance(inner, Message):
                yield from _leaves(inner)
    else:
        yield message


def header(message: Message, name: str) -> str:
    """A header field as a person reads it: encoded words (RFC 2047) decoded, raw bytes too, on one line."""
    value = message.get(name)
    if value is None:
        return ""
    value = str(value)[:_LONGEST_HEADER]
    try:
        text = str(make_header(decode_header(value)))
    except (LookupError, ValueError):
        text = value
    return one_line(tidy(_raw(text)))


def _raw(text: str) -> str:
    """Bytes that a sloppy program put into a header come as surrogates; they are decoded by their looks."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return decode(text.encode("utf-8", "surrogateescape"))
    return text


def _name(part: Message) -> str:
    try:
        name = (part.get_filename() or "")[:_LONGEST_HEADER]
    except (LookupError, ValueError):
        return ""
    try:
        name = str(make_header(decode_header(name)))
    except (LookupError, ValueError):
        pass
    return one_line(tidy(_raw(name)))


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    charset = str(part.get_content_charset() or "")
    if charset and charset not in ("us-ascii", "ascii", "unknown-8bit"):
        return decode_as(payload, "cp1252" if charset in ("iso-8859-1", "latin1") else charset)
    return decode(payload)
