"""Mail: who wrote to whom, when, about what, its own words, and what was attached. Runs in the worker."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from email.header import decode_header, make_header
from email.message import Message

from hameau.library.extraction import limits
from hameau.library.extraction.context import Context
from hameau.library.extraction.decoding import decode, decode_as, tidy
from hameau.library.extraction.hypertext import read_html
from hameau.library.extraction.members import Members, shown
from hameau.library.extraction.properties import mail_moment, people
from hameau.library.extraction.quoting import own_words
from hameau.library.extraction.reasons import MAIL_LOCKED
from hameau.library.extraction.structure import Draft, one_line
from hameau.library.types import Extracted

_FIELDS = (("From", "De"), ("To", "À"), ("Cc", "Copie"), ("Date", "Date"))
"""Header fields, and the words that a French mail program shows for them: the library is French first."""
_LOCKED = frozenset({"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"})
"""OpenPGP (RFC 3156) and S/MIME (RFC 8551)."""
_SAVED_PAGE = "multipart/related"
_MESSAGE_START = re.compile(rb"^From [^\n]*\n", re.MULTILINE)
_ANSWER = re.compile(r"(?:(?:re|r[ée]f|aw|sv|antw|tr|fwd?|wg|rv)[ \xa0]?(?:\[\d+\])?[ \xa0]?:[ \xa0]*)+", re.IGNORECASE)
_FORWARD = re.compile(r"[ \xa0]*(?:tr|fwd?|wg|rv)[ \xa0]?:", re.IGNORECASE)


def read_mail(data: bytes, context: Context) -> Extracted:
    """One message as a document; what has no header at all is read as plain text."""
    message = email.message_from_bytes(data, policy=email.policy.compat32)
    if not message.keys():
        return Extracted(text=tidy(decode(data)), media_type="message/rfc822")
    draft = Draft()
    title = _write(message, draft, context)
    return Extracted(
        text=draft.finish()[0],
        title=title,
        media_type="message/rfc822",
        dated_at=mail_moment(header(message, "Date")),
        authors=correspondents(header(message, "From"), header(message, "To"), header(message, "Cc")),
    )


def read_mailbox(data: bytes, context: Context) -> Extracted:
    """A whole mbox (RFC 4155) as one document, one heading a message; as old as its newest message."""
    draft = Draft()
    newest = ""
    writers: dict[str, None] = {}
    for raw in _messages(data):
        message = email.message_from_bytes(raw, policy=email.policy.compat32)
        _write(message, draft, context)
        newest = max(newest, mail_moment(header(message, "Date")))
        writers[header(message, "From")] = None
        if draft.characters > limits.CHARACTERS:
            break
    return Extracted(text=draft.finish()[0], media_type="application/mbox", dated_at=newest, authors=people(writers))


def read_saved_page(data: bytes) -> Extracted:
    """A page of the web with its pictures in one file (RFC 2557): its words."""
    message = email.message_from_bytes(data, policy=email.policy.compat32)
    draft = Draft()
    title = header(message, "Subject")
    for part in _leaves(message):
        if part.get_content_type() == "text/html":
            about = read_html(_text(part), draft)
            title = title or about.title
            if draft.characters:
                break  # the others are its frames
    return Extracted(
        text=draft.finish()[0], title=title, media_type=_SAVED_PAGE, dated_at=mail_moment(header(message, "Date"))
    )


def correspondents(sender: str, *receivers: str) -> str:
    """Who wrote to whom, on one line."""
    to = people(receivers)
    return f"{sender} → {to}"[: limits.AUTHORS_CHARACTERS] if sender and to else (sender or to)


def thread(subject: str) -> str:
    """What a thread is about: the subject without « Re: » and its cousins."""
    return _ANSWER.sub("", subject, count=1).strip() if _ANSWER.match(subject) else subject


def is_forward(subject: str) -> bool:
    """Whether the subject says that somebody else's mail is passed on."""
    return bool(_FORWARD.match(subject))


def _messages(data: bytes) -> Iterator[bytes]:
    starts = [match.span() for match in _MESSAGE_START.finditer(data)]
    if not starts:
        yield data
        return
    ends = [begin for begin, _ in starts[1:]] + [len(data)]
    for (_, begin), end in zip(starts, ends, strict=True):
        yield data[begin:end]


def _write(message: Message, draft: Draft, context: Context) -> str:
    subject = header(message, "Subject")
    title = thread(subject)
    if title:
        draft.block(f"# {title}")
    for name, label in (*((("Subject", "Objet"),) if subject != title else ()), *_FIELDS):
        if value := header(message, name):
            draft.block(f"{label} : {value}", close=True)
    draft.end_rows()
    attached: list[tuple[str, Message]] = []
    for part in _leaves(message):
        name = _name(part)
        if name or part.get_content_disposition() == "attachment" or part.get_content_maintype() != "text":
            attached.append((name, part))
        else:
            draft.block(own_words(_words(part), forwards=is_forward(subject)))
    _write_attached(attached, draft, context)
    if message.get_content_type() in _LOCKED:
        context.budget.doubts.add(MAIL_LOCKED)
    return title


def _write_attached(attached: list[tuple[str, Message]], draft: Draft, context: Context) -> None:
    """The names of what was attached, then each under its heading. Pictures shown inside the text (signatures, mostly) are
    only named."""
    named = [name for name, _ in attached if name]
    if named:
        draft.block("Pièces jointes : " + ", ".join(named))
    members = Members(draft, context, level=2)
    for name, part in attached:
        is_shown_inside = part.get_content_disposition() == "inline" or part.get("Content-ID")
        if part.get_content_type() == "message/rfc822":
            inner = _inner(part)
            if inner is not None and context.depth < limits.DEPTH:
                members.add(_message_name(name, inner), _bytes(inner))
        elif name and not (is_shown_inside and part.get_content_maintype() == "image") and context.depth < limits.DEPTH:
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes) and payload:
                members.add(shown(name) or name, payload)
    members.finish()


def _inner(part: Message) -> Message | None:
    payload = part.get_payload()
    first = payload[0] if isinstance(payload, list) and payload else None
    return first if isinstance(first, Message) else None


def _bytes(message: Message) -> bytes:
    try:
        return message.as_bytes()
    except (LookupError, ValueError, TypeError, AttributeError):  # a part that cannot be written again as it was
        return b""


def _message_name(name: str, inner: Message) -> str:
    called = shown(name) or one_line(header(inner, "Subject").replace("/", " "))[:120] or "message"
    return called if called.lower().endswith(".eml") else f"{called}.eml"


def _leaves(message: Message) -> Iterator[Message]:
    """The parts to show: of alternatives the plain one when it says something, else the last one. A mail inside a mail is one
    part."""
    waiting = [message]
    for _ in range(limits.PARTS):
        if not waiting:
            return
        part = waiting.pop(0)
        if (part.get_content_type() == "message/rfc822" and part is not message) or not part.is_multipart():
            yield part
            continue
        inner = [one for one in part.get_payload() if isinstance(one, Message)]
        if part.get_content_type() == "multipart/alternative":
            plain = [one for one in inner if one.get_content_type() == "text/plain" and _text(one).strip()]
            inner = plain[:1] or inner[-1:]
        waiting[:0] = inner


def header(message: Message, name: str) -> str:
    """A header field as a person reads it: encoded words (RFC 2047) decoded, raw bytes too, on one line."""
    value = message.get(name)
    return "" if value is None else _decoded(str(value))


def _decoded(value: str) -> str:
    value = value[: limits.HEADER_CHARACTERS]
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
        return _decoded(part.get_filename() or "")
    except (LookupError, ValueError):
        return ""


def _words(part: Message) -> str:
    """The text of a part; of hypertext what a reader sees, with ``>`` before what it marks as quoted."""
    if part.get_content_subtype() != "html":
        return _text(part)
    draft = Draft()
    read_html(_text(part), draft, quotes=True)
    return draft.finish()[0]


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    charset = str(part.get_content_charset() or "")
    if charset and charset not in ("us-ascii", "ascii", "unknown-8bit"):
        return tidy(decode_as(payload, "cp1252" if charset in ("iso-8859-1", "latin1") else charset))
    return tidy(decode(payload))
