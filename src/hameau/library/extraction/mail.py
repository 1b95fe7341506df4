"""Mail: who wrote to whom, when, about what, the words as they were sent, and what came with them. Runs in the worker.

Quotations and signatures stay in the text as asides; files that came with a mail are documents of their own.
"""

from __future__ import annotations

import email
import email.policy
import logging
import re
from collections.abc import Iterator
from email.message import Message
from email.parser import BytesHeaderParser

from hameau.library.extraction import limits, mail_tnef
from hameau.library.extraction.context import Context
from hameau.library.extraction.decoding import decode, tidy
from hameau.library.extraction.hypertext import read_html
from hameau.library.extraction.mail_headers import (
    correspondents,
    header,
    is_forward,
    shown_people,
    thread_of,
    topic,
)
from hameau.library.extraction.mail_parts import (
    MESSAGES,
    Attachments,
    given_name,
    is_shown,
    is_shown_inside,
    leaves,
    name_of,
)
from hameau.library.extraction.mail_words import text_of, words
from hameau.library.extraction.members import shown
from hameau.library.extraction.properties import mail_moment, people
from hameau.library.extraction.quoting import asides, is_foot
from hameau.library.extraction.reasons import MAIL_LOCKED, MEMBERS_LEFT
from hameau.library.extraction.structure import Draft, one_line
from hameau.library.types import Extracted, Span

logger = logging.getLogger(__name__)
MAIL = "message/rfc822"
_FIELDS = (("From", "De"), ("To", "À"), ("Cc", "Copie"), ("Date", "Date"))
"""Header fields, and the words that a French mail program shows for them: the library is French first."""
_LOCKED = frozenset({"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"})
"""OpenPGP (RFC 3156) and S/MIME (RFC 8551)."""
_ARMOUR = "-----BEGIN PGP MESSAGE-----"
_SAVED_PAGE = "multipart/related"
_MESSAGE_START = re.compile(rb"^From [^\n]*\n", re.MULTILINE)
_LONGEST_MAIL = 96 << 20
"""Bytes; taking a mail apart takes four times its size in memory. Of a longer one the rest is not read."""


def read_mail(data: bytes, context: Context) -> Extracted:
    """One message as a document; what has no header at all is read as plain text."""
    message = parsed(data, context)
    if not message.keys():
        return Extracted(text=tidy(decode(data)), media_type=MAIL)
    return read_message(message, context)


def read_message(message: Message, context: Context) -> Extracted:
    """One message that was taken apart already."""
    draft = Draft()
    attached = Attachments(draft, context)
    title, spans = _write(message, draft, context, attached)
    return Extracted(
        text=draft.finish()[0],
        title=title,
        media_type=MAIL,
        dated_at=mail_moment(header(message, "Date")),
        authors=correspondents(header(message, "From"), header(message, "To"), header(message, "Cc")),
        asides=tuple(spans),
        parts=attached.parts,
        thread=thread_of(header(message, "References"), header(message, "In-Reply-To"), header(message, "Message-ID")),
    )


def read_mailbox(data: bytes, context: Context) -> Extracted:
    """A whole mbox (RFC 4155) as one document, one heading a message; as old as its newest message."""
    draft = Draft()
    newest = ""
    writers: dict[str, None] = {}
    spans: list[Span] = []
    attached = Attachments(draft, context)
    for raw in _messages(data):
        message = parsed(raw, context)
        spans += _write(message, draft, context, attached)[1]
        newest = max(newest, mail_moment(header(message, "Date")))
        writers[header(message, "From")] = None
        if draft.characters > limits.CHARACTERS:
            break
    return Extracted(
        text=draft.finish()[0],
        media_type="application/mbox",
        dated_at=newest,
        authors=people(writers),
        asides=tuple(spans),
        parts=attached.parts,
    )


def read_saved_page(data: bytes) -> Extracted:
    """A page of the web with its pictures in one file (RFC 2557): its words."""
    message = email.message_from_bytes(data, policy=email.policy.compat32)
    draft = Draft()
    title = header(message, "Subject")
    for part in leaves(message):
        if part.get_content_type() == "text/html":
            about = read_html(text_of(part), draft)
            title = title or about.title
            if draft.characters:
                break  # the others are its frames
    return Extracted(
        text=draft.finish()[0], title=title, media_type=_SAVED_PAGE, dated_at=mail_moment(header(message, "Date"))
    )


def parsed(data: bytes, context: Context) -> Message:
    """``data`` taken apart. What is nested without end is one text below its header."""
    data = data.lstrip(b"\xef\xbb\xbf\r\n\t ") if data[:1] in b"\xef\r\n" else data
    if len(data) > _LONGEST_MAIL:
        data = data[:_LONGEST_MAIL]
        context.budget.doubts.add(MEMBERS_LEFT)
    try:
        return email.message_from_bytes(data, policy=email.policy.compat32)
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
        logger.info("a mail that can't be taken apart: %r", error)
        return BytesHeaderParser(policy=email.policy.compat32).parsebytes(data)


def write_own(text: str, draft: Draft, *, forwards: bool, below: bool = False) -> list[Span]:
    """Writes the words of a mail; where in the draft the asides among them are. ``below``: other words stand above them."""
    text = text.strip("\n")
    if not text.strip():
        return []
    start = draft.characters
    draft.block(text)
    if below and is_foot(text):
        return [Span(start, start + len(text))]
    return [Span(start + one.start, start + one.end) for one in asides(text, forwards=forwards)]


def _messages(data: bytes) -> Iterator[bytes]:
    starts = [match.span() for match in _MESSAGE_START.finditer(data)]
    if not starts:
        yield data
        return
    ends = [begin for begin, _ in starts[1:]] + [len(data)]
    for (_, begin), end in zip(starts, ends, strict=True):
        yield data[begin:end]


def _write(message: Message, draft: Draft, context: Context, attached: Attachments) -> tuple[str, list[Span]]:
    subject = header(message, "Subject")
    title = topic(subject)
    parts = [(name_of(part), part) for part in leaves(message)]
    beside = [(name, part) for name, part in parts if not is_shown(part, name)]
    _write_head(message, subject, [name for name, _ in beside if name], draft)
    spans: list[Span] = []
    before = draft.characters
    locked = message.get_content_type() in _LOCKED
    for name, part in parts:
        if is_shown(part, name):
            own = words(part)
            locked = locked or _ARMOUR in own[:4000]
            spans += write_own(own, draft, forwards=is_forward(subject), below=draft.characters > before)
    _attach(beside, context, attached)
    if locked:
        context.budget.doubts.add(MAIL_LOCKED)
    return title, spans


def _write_head(message: Message, subject: str, attached: list[str], draft: Draft) -> None:
    """What stands above a mail: the names of what came with it are said here, so that the words stand together."""
    title = topic(subject)
    if title:
        draft.block(f"# {title}")
    for name, label in (*((("Subject", "Objet"),) if subject != title else ()), *_FIELDS):
        if value := header(message, name):
            draft.block(f"{label} : {shown_people(value)}", close=True)
    if attached:
        draft.block("Pièces jointes : " + ", ".join(attached), close=True)
    draft.end_rows()


def _attach(beside: list[tuple[str, Message]], context: Context, attached: Attachments) -> None:
    """What came with the mail, each read. Pictures shown inside the text (signatures, mostly) are only named."""
    for name, part in beside:
        if context.depth >= limits.DEPTH or is_shown_inside(part):
            continue
        if part.get_content_type() in MESSAGES:
            _attach_message(name, part, context, attached)
            continue
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes) and payload and (name or part.get_content_disposition() or _says_what(part)):
            packed = list(mail_tnef.files(payload))
            for inner, content in packed:
                attached.add(shown(inner) or "pièce jointe", content)
            if not packed:
                attached.add(given_name(part, name), payload)
    attached.finish()


def _says_what(part: Message) -> bool:
    return part.get_content_type() not in ("application/octet-stream", *_LOCKED)


def _attach_message(name: str, part: Message, context: Context, attached: Attachments) -> None:
    inner = _inner(part, context)
    if inner is None:
        return
    called = shown(name) or one_line(header(inner, "Subject").replace("/", " "))[:120] or "message"
    path = called if called.lower().endswith(".eml") else f"{called}.eml"
    attached.read_by(lambda deeper: read_message(inner, deeper), path)


def _inner(part: Message, context: Context) -> Message | None:
    """The mail inside a part; some programs pack it as no mail may be packed (RFC 2046, 5.2.1)."""
    payload = part.get_payload()
    first = payload[0] if isinstance(payload, list) and payload else None
    if not isinstance(first, Message):
        return None
    if not first.keys() and "base64" in str(part.get("Content-Transfer-Encoding", "")).lower():
        first["Content-Transfer-Encoding"] = "base64"
        raw = first.get_payload(decode=True)
        return parsed(raw, context) if isinstance(raw, bytes) else None
    return first
