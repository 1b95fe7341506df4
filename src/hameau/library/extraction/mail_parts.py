"""What a mail is made of: the parts to show, and the files that came with it, which become documents of their own.

Runs in the worker. A mail inside a mail is a file with a path below it: « Toit.eml », « Toit.eml/plan.pdf ».
"""

from __future__ import annotations

import email
import email.policy
import mimetypes
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from email.message import Message

from hameau.library.extraction import limits
from hameau.library.extraction.context import Context
from hameau.library.extraction.mail_headers import decoded
from hameau.library.extraction.mail_words import text_of
from hameau.library.extraction.members import Members, shown
from hameau.library.extraction.structure import Draft
from hameau.library.types import Extracted, Part

MESSAGES = frozenset({"message/rfc822", "message/global"})
"""Mails inside mails (RFC 2046; RFC 6532)."""
_UNSAID = frozenset(
    [
        "application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-keys",
        "application/pgp-encrypted", "message/delivery-status", "message/disposition-notification", "text/rfc822-headers",
        "text/x-amp-html",
    ]
)  # fmt: skip
"""Parts that programs write for programs."""
_ENDINGS = {"text/calendar": ".ics", "text/vcard": ".vcf", "text/x-vcard": ".vcf", "application/ms-tnef": ".dat"}
_BOUNDARY = re.compile(r"^--([^\s\"\\]{1,70})[ \t]*\r?$", re.MULTILINE)
_LOOK = 4000
_CALENDARS = frozenset({"text/calendar"})


class Attachments(Members):
    """The files of a mail: each a :class:`Part`, or a section of the text where no document may have its own parts."""

    def __init__(self, draft: Draft, context: Context) -> None:
        super().__init__(draft, context, level=2)
        self._parts: dict[str, Part] = {}

    @property
    def parts(self) -> tuple[Part, ...]:
        """What was read, in order."""
        return tuple(self._parts.values())

    def _deeper(self) -> Context:
        return self._context.deeper()

    def _write(self, path: str, found: Extracted, size: int) -> None:
        if not self._context.apart:
            super()._write(path, found, size)
            return
        self._context.budget.characters -= len(found.text)
        for name, part in (
            (path, Part(path, found, size)),
            *((f"{path}/{inner.name}", inner) for inner in found.parts),
        ):
            if len(self._parts) >= limits.INSIDE:
                self.skip(name, "left")
                return
            free = self._free(name)
            self._parts[free] = Part(free, replace(part.extracted, parts=()), part.size)

    def _free(self, path: str) -> str:
        """``path`` when nothing is called so yet; else with a number, the same for the same mail."""
        path = path[: limits.LONGEST_PATH - 8]
        name, number = path, 1
        while name in self._parts:
            number += 1
            stem, dot, ending = path.rpartition(".")
            name = f"{stem} ({number}).{ending}" if dot and stem else f"{path} ({number})"
        return name


def leaves(message: Message) -> Iterator[Message]:
    """The parts to show: of alternatives the plain one when it says something, else the last one, and an invitation in any
    case. A mail inside a mail is one part."""
    waiting = [message]
    for _ in range(limits.PARTS):
        if not waiting:
            return
        part = waiting.pop(0)
        kind = part.get_content_type()
        if kind in _UNSAID:
            continue
        if kind.startswith("multipart/") and not part.is_multipart():
            part = mended(part)
        if (kind in MESSAGES and part is not message) or not part.is_multipart():
            yield part
            continue
        inner = [one for one in part.get_payload() if isinstance(one, Message)]
        if kind == "multipart/alternative":
            inner = list(_chosen(inner))
        waiting[:0] = inner


def mended(part: Message) -> Message:
    """A part of many whose header does not say what stands between them: told by the first such line."""
    payload = part.get_payload()
    found = _BOUNDARY.search(payload[:_LOOK]) if isinstance(payload, str) else None
    if found is None or part.get_boundary() is not None:
        return part
    head = f'Content-Type: {part.get_content_type()}; boundary="{found[1]}"\n\n'
    return email.message_from_string(head + str(payload), policy=email.policy.compat32)


def is_shown(part: Message, name: str) -> bool:
    """Whether a part belongs to the text of its mail, and is no file beside it."""
    if name or part.get_content_disposition() == "attachment":
        return False
    if part.get_content_maintype() == "multipart":
        return True  # one that could not be taken apart
    return part.get_content_maintype() == "text" and part.get_content_type() not in _ENDINGS


def is_shown_inside(part: Message) -> bool:
    """Whether it is a picture that stands in the text itself: a logo, most often."""
    inline = part.get_content_disposition() == "inline" or bool(part.get("Content-ID"))
    return inline and part.get_content_maintype() == "image"


def name_of(part: Message) -> str:
    """What the sender calls a part; empty when it has no name."""
    try:
        return decoded(part.get_filename() or "")
    except (LookupError, ValueError, TypeError):
        return ""


def given_name(part: Message, name: str) -> str:
    """A name for a file that came with a mail: its own, else one that says what it is."""
    if called := shown(name):
        return called
    kind = part.get_content_type()
    if kind in _CALENDARS:
        return "invitation.ics"
    ending = _ENDINGS.get(kind) or mimetypes.guess_extension(kind) or ""
    return f"pièce jointe{ending}"


def _chosen(inner: Iterable[Message]) -> Iterator[Message]:
    ways = [one for one in inner if one.get_content_type() not in _UNSAID]
    invitations = [one for one in ways if one.get_content_type() in _CALENDARS]
    ways = [one for one in ways if one not in invitations]
    plain = [one for one in ways if one.get_content_type() == "text/plain" and text_of(one).strip()]
    yield from plain[:1] or ways[-1:]
    yield from invitations
