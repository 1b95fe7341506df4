"""A mail that Outlook saved, written like any other: kreuzberg gives its text, the file itself its conversation and what came
with it. Runs in the worker."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Mapping, Sequence
from email.message import Message
from functools import partial

from hameau.library.extraction import limits
from hameau.library.extraction.context import Context
from hameau.library.extraction.decoding import tidy
from hameau.library.extraction.hypertext import decode_html, read_html
from hameau.library.extraction.mail import write_own
from hameau.library.extraction.mail_headers import (
    correspondents,
    header,
    is_forward,
    shown_people,
    thread_of,
    topic,
)
from hameau.library.extraction.mail_parts import Attachments
from hameau.library.extraction.members import shown
from hameau.library.extraction.outlook import Attached, Letter, letter_of
from hameau.library.extraction.properties import mail_moment, moment
from hameau.library.extraction.structure import Draft, one_line
from hameau.library.types import Extracted

OUTLOOK = "application/vnd.ms-outlook"
_FIELDS = (("from", "De"), ("to", "À"), ("cc", "Copie"), ("date", "Date"))
_SUBJECT, _FROM, _TO, _CC, _BODY, _HTML, _HEADER = "0037", "0C1A", "0E04", "0E03", "1000", "10130102", "007D"
_MESSAGE_ID, _REFERENCES, _IN_REPLY_TO = "1035", "1039", "1042"


def read_letter(
    data: bytes, entries: Mapping[str, str], body: str, metadata: Mapping[str, object], context: Context
) -> Extracted:
    """``entries`` are the fields of the header and ``body`` the text, as kreuzberg found them in ``data``."""
    letter = letter_of(data)
    fields = {**entries, "subject": entries.get("subject") or str(metadata.get("subject") or "")}
    dated_at = moment(metadata.get("created_at") or entries.get("date"))
    return _written(fields, body, dated_at, letter, context)


def _inside(letter: Letter, context: Context) -> Extracted:
    """A mail in a mail: what its properties say."""
    fields = {
        "subject": letter.text(_SUBJECT),
        "from": letter.text(_FROM),
        "to": letter.text(_TO),
        "cc": letter.text(_CC),
        "date": header(_header(letter), "Date"),
    }
    body = letter.text(_BODY)
    if not body.strip() and (page := letter.data(_HTML)):
        draft = Draft()
        read_html(decode_html(page), draft, quotes=True)
        body = draft.finish()[0]
    return _written(fields, body, mail_moment(fields["date"]), letter, context)


def _written(fields: Mapping[str, str], body: str, dated_at: str, letter: Letter | None, context: Context) -> Extracted:
    subject = one_line(tidy(fields.get("subject", "")))
    title = topic(subject)
    draft = Draft()
    if title:
        draft.block(f"# {title}")
    if title != subject:
        draft.block(f"Objet : {subject}", close=True)
    for key, label in _FIELDS:
        if value := one_line(tidy(fields.get(key, ""))):
            draft.block(f"{label} : {shown_people(value)}", close=True)
    came = list(letter.attached()) if letter is not None else []
    if named := [shown(one.name) for one in came if one.name]:
        draft.block("Pièces jointes : " + ", ".join(named), close=True)
    draft.end_rows()
    spans = write_own(body, draft, forwards=is_forward(subject))
    attached = Attachments(draft, context)
    _attach(came, context, attached)
    return Extracted(
        text=draft.finish()[0],
        title=tidy(title),
        media_type=OUTLOOK,
        dated_at=dated_at,
        authors=correspondents(fields.get("from", ""), fields.get("to", ""), fields.get("cc", "")),
        asides=tuple(spans),
        parts=attached.parts,
        thread=_thread(letter) if letter is not None else "",
    )


def _attach(came: Sequence[Attached], context: Context, attached: Attachments) -> None:
    for one in came if context.depth < limits.DEPTH else ():
        if (inner := one.letter) is not None:
            path = f"{shown(one.name or inner.text(_SUBJECT)) or 'message'}.msg"
            attached.read_by(partial(_inside, inner), path)
        else:
            attached.add(shown(one.name) or "pièce jointe", one.data)
    attached.finish()


def _thread(letter: Letter) -> str:
    """By the properties that hold the fields, else by the header as it came."""
    came = _header(letter)
    return thread_of(
        letter.text(_REFERENCES) or header(came, "References"),
        letter.text(_IN_REPLY_TO) or header(came, "In-Reply-To"),
        letter.text(_MESSAGE_ID) or header(came, "Message-ID"),
    )


def _header(letter: Letter) -> Message:
    return email.message_from_string(letter.text(_HEADER)[: limits.HEADER_CHARACTERS], policy=email.policy.compat32)
