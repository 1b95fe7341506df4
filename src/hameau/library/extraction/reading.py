"""A file's bytes to its text: chooses the reader by the kind of file. Runs inside the worker."""

from __future__ import annotations

from hameau.library.extraction.archives import read_archive
from hameau.library.extraction.context import Context
from hameau.library.extraction.hypertext import decode_html, read_html
from hameau.library.extraction.kinds import HEAD_BYTES, kind_of
from hameau.library.extraction.mail import read_mail, read_mailbox, read_saved_page
from hameau.library.extraction.office import read_document, read_zip
from hameau.library.extraction.pdf import read_pdf
from hameau.library.extraction.pictures import read_picture
from hameau.library.extraction.plain import read_plain
from hameau.library.extraction.properties import moment, people
from hameau.library.extraction.reasons import Unreadable
from hameau.library.extraction.structure import Draft
from hameau.library.types import Extracted


def read(data: bytes, name: str, context: Context) -> Extracted:
    """The text of a file called ``name``, with what is packed inside it. Raises :class:`Unreadable`."""
    kind = kind_of(name, data[:HEAD_BYTES])
    media_type = kind.media_type
    match kind.family:
        case "text":
            return read_plain(data, media_type)
        case "html":
            return _hypertext(data)
        case "saved_page":
            return read_saved_page(data)
        case "mail":
            return read_mail(data, context)
        case "mailbox":
            return read_mailbox(data, context)
        case "pdf":
            return read_pdf(data, context)
        case "zip":
            return read_zip(data, name, media_type, context)
        case "archive":
            return read_archive(data, name, media_type, context)
        case "document":
            return read_document(data, media_type, context)
        case "picture":
            return read_picture(data, media_type, context)
        case reason:
            raise Unreadable(reason)


def _hypertext(data: bytes) -> Extracted:
    draft = Draft()
    about = read_html(decode_html(data), draft)
    return Extracted(
        text=draft.finish()[0],
        title=about.title,
        media_type="text/html",
        dated_at=moment(about.date),
        authors=people(about.authors),
    )
