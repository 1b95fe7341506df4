"""A file's bytes to its text: chooses the reader by the kind of file. Runs inside the worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hameau.library.extraction.archives import read_archive
from hameau.library.extraction.bookmarks import read_bookmarks
from hameau.library.extraction.calendar import read_calendar
from hameau.library.extraction.chat_archives import read_chat_archive
from hameau.library.extraction.chats import read_chat
from hameau.library.extraction.contacts import read_contacts
from hameau.library.extraction.context import Context
from hameau.library.extraction.hypertext import decode_html, read_html
from hameau.library.extraction.joplin import read_notebook
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

Reader = Callable[[bytes, str, str, Context], Extracted]
"""From the bytes, the name and the media type of a file."""


def read(data: bytes, name: str, context: Context) -> Extracted:
    """The text of a file called ``name``, with what is packed inside it. Raises :class:`Unreadable`."""
    kind = kind_of(name, data[:HEAD_BYTES])
    if kind.family not in _READERS:
        raise Unreadable(kind.family)
    return _READERS[kind.family](data, name, kind.media_type, context)


def _archive(data: bytes, name: str, media_type: str, context: Context) -> Extracted:
    return read_chat_archive(data, name, context) or read_archive(data, name, media_type, context)


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


_READERS: Mapping[str, Reader] = {
    "text": lambda data, _name, media_type, _context: read_plain(data, media_type),
    "html": lambda data, _name, _media_type, _context: _hypertext(data),
    "saved_page": lambda data, _name, _media_type, _context: read_saved_page(data),
    "mail": lambda data, _name, _media_type, context: read_mail(data, context),
    "mailbox": lambda data, _name, _media_type, context: read_mailbox(data, context),
    "pdf": lambda data, _name, _media_type, context: read_pdf(data, context),
    "zip": read_zip,
    "archive": _archive,
    "document": lambda data, _name, media_type, context: read_document(data, media_type, context),
    "picture": lambda data, _name, media_type, context: read_picture(data, media_type, context),
    "calendar": lambda data, _name, _media_type, context: read_calendar(data, context),
    "contacts": lambda data, _name, _media_type, context: read_contacts(data, context),
    "chat": read_chat,
    "bookmarks": lambda data, _name, media_type, context: read_bookmarks(data, media_type, context),
    "notebook": lambda data, _name, _media_type, context: read_notebook(data, context),
}
"""The reader of each family of :mod:`hameau.library.extraction.kinds`; any other family is the reason why a file is not read."""
