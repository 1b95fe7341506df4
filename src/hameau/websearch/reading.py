"""What a fetched page says, read in the sandbox: an article of HTML, a PDF, or plain text."""

from __future__ import annotations

import codecs
import re

import msgspec

from hameau.kit import N_, HameauError, Unavailable
from hameau.websearch.asking import seemly
from hameau.websearch.fetching import HTML, OTHERS, Got
from hameau.websearch.ports import Sandbox
from hameau.websearch.types import WebPage

CHARACTERS = 400_000
"""Of a page's text that are looked at: a book has about a million."""
_TITLE = 300
_KNOWN = re.compile(
    r"(?i)(?:iso-?8859-\d{1,2}|latin-?[1-9]|windows-?125\d|cp125\d|koi8-[ru]|euc-(?:jp|kr)|shift_?jis|gb(?:k|2312|18030)|big5|"
    r"utf-?16(?:[lb]e)?|us-ascii|ascii|macintosh|iso-2022-jp)"
)
"""Encodings of pages other than UTF-8 (encoding.spec.whatwg.org). Python's others are no encodings of texts, or slow."""


class Article(msgspec.Struct, frozen=True):
    """What the form ``article`` says of a page."""

    title: str = ""
    text: str = ""
    date: str = ""
    language: str = ""


def read(sandbox: Sandbox, url: str, title: str, got: Got) -> WebPage:
    """The page that was found at ``url`` as ``title``. One that can't be read has its reason instead of a text."""
    try:
        page = _html(sandbox, url, got) if got.media in HTML else _file(sandbox, url, got)
        if not page.text.strip():
            raise Unavailable(N_("There is no text in this page."))
    except HameauError as error:
        return unread(url, title, error, got.url)
    named = seemly(page.title, _TITLE) or title
    return WebPage(url, named, page.text[:CHARACTERS], page.dated_at, page.language, end=got.url)


def unread(url: str, title: str, error: HameauError, end: str = "") -> WebPage:
    """A page that could not be read, and why."""
    fields = {key: value if isinstance(value, str | int | float) else str(value) for key, value in error.fields.items()}
    return WebPage(url, title, "", reason=error.message, fields=fields, end=end)


def _html(sandbox: Sandbox, url: str, got: Got) -> WebPage:
    article = sandbox.parse("article", _in_unicode(got.data, got.charset), Article)
    return WebPage(url, article.title, article.text, article.date, article.language)


def _file(sandbox: Sandbox, url: str, got: Got) -> WebPage:
    found = sandbox.extract_data(OTHERS[got.media], got.data, got.media)
    return WebPage(url, found.title, found.text, found.dated_at, found.language)


def _in_unicode(data: bytes, charset: str) -> bytes:
    """``data`` with a mark that says UTF-8 where the server said in which encoding it is: that outweighs what the page says of
    itself (HTML standard, 13.2.3.2)."""
    if not charset or data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data
    if charset.lower() in ("utf-8", "utf8"):
        return codecs.BOM_UTF8 + data
    if not _KNOWN.fullmatch(charset):
        return data
    wanted = "cp1252" if re.fullmatch(r"(?i)iso-?8859-1|latin-?1|us-ascii|ascii", charset) else charset
    try:
        return codecs.BOM_UTF8 + data.decode(wanted, "replace").encode("utf-8", "replace")
    except (LookupError, UnicodeError):
        return data
