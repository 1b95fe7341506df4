"""A file's bytes to its text: chooses the reader by the kind of file. Runs inside the worker."""

from __future__ import annotations

from collections.abc import Sequence

from hameau.library.extraction import engine
from hameau.library.extraction.hypertext import decode_html, read_html
from hameau.library.extraction.kinds import HEAD_BYTES, kind_of
from hameau.library.extraction.mail import read_mail, read_mailbox
from hameau.library.extraction.office import read_document, read_zip
from hameau.library.extraction.pdf import read_pdf
from hameau.library.extraction.plain import read_plain
from hameau.library.extraction.reasons import Unreadable
from hameau.library.extraction.scrap import Scrap
from hameau.library.extraction.structure import Draft
from hameau.library.types import Extracted


def read(data: bytes, name: str, languages: Sequence[str], scrap: Scrap) -> Extracted:
    """The text of a file called ``name``; ``scrap`` is where a reader may put it down. Raises :class:`Unreadable`."""
    kind = kind_of(name, data[:HEAD_BYTES])
    media_type = kind.media_type
    match kind.family:
        case "text":
            return read_plain(data, media_type)
        case "html":
            return _hypertext(data)
        case "mail":
            return read_mail(data)
        case "mailbox":
            return read_mailbox(data)
        case "pdf":
            return read_pdf(data, languages, scrap)
        case "zip":
            return read_zip(data, media_type)
        case "document":
            return read_document(data, media_type)
        case "picture":
            return _picture(data, media_type, languages)
        case reason:
            raise Unreadable(reason)


def _hypertext(data: bytes) -> Extracted:
    draft = Draft()
    title = read_html(decode_html(data), draft)
    return Extracted(text=draft.finish()[0], title=title, media_type="text/html")


def _picture(data: bytes, media_type: str, languages: Sequence[str]) -> Extracted:
    draft = Draft()
    draft.block(engine.recognise(data, media_type, languages))
    return Extracted(text=draft.finish()[0], media_type=media_type)
