"""The article in a page of the web: its text without menus, banners and comments, who wrote it and when.

trafilatura (Barbaresi, 2021, "Trafilatura: A Web Scraping Library and Command-Line Tool for Text Discovery and Extraction")
finds the article; our own reader of pages writes it, so that it looks like every other page of the library. Where no article
is found the text is all that the page shows.
"""

from __future__ import annotations

import logging
import re
from typing import Any
from urllib.parse import urljoin

import msgspec
import trafilatura  # noqa: TID251 - read in the sandbox
from trafilatura.metadata import extract_metadata  # noqa: TID251 - the same

from hameau.library.extraction import limits
from hameau.library.extraction.hypertext import decode_html, read_html
from hameau.library.extraction.properties import moment, people
from hameau.library.extraction.reasons import Unreadable
from hameau.library.extraction.structure import Draft, one_line
from hameau.library.extraction.tags import Tags
from hameau.library.extraction.trust import address, seemly

logger = logging.getLogger(__name__)
_LONGEST = 8 << 20
"""Bytes of a page. The longest article of an encyclopedia has about two million."""
_DEEPEST = 250
"""Elements in elements: what is deeper is written without looking for an article, which is done by recursion."""
_MOST_TAGS = 50_000
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]{0,200}\?>")
_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}")
_UNSEEN = (
    "//*[@hidden or @aria-hidden='true' or contains(translate(@style, ' ', ''), 'display:none')"
    " or contains(translate(@style, ' ', ''), 'visibility:hidden')]"
)
_NO_GUESSING = {"extensive_search": False, "original_date": True, "outputformat": "%Y-%m-%d"}
_DATES = (
    "//meta[@property='article:published_time' or @itemprop='datePublished' or @name='date' or @name='dc.date']/@content",
    "//time[@pubdate or @itemprop='datePublished']/@datetime",
    "//article//time/@datetime",
)


class Article(msgspec.Struct, frozen=True):
    """What a page says. ``links`` are as they stand in it, made whole where the page names its base."""

    title: str = ""
    text: str = ""
    date: str = ""
    """ISO 8601 in UTC; empty where the page does not say."""
    author: str = ""
    language: str = ""
    """Two or three letters, as the page declares it."""
    site: str = ""
    links: tuple[str, ...] = ()
    whole: bool = False
    """No article was found: ``text`` is all that the page shows."""


def read(data: bytes) -> Article:
    """The article in the HTML page ``data``. Raises :class:`Unreadable`."""
    if len(data) > _LONGEST:
        raise Unreadable("too_big")
    page = _DECLARATION.sub("", decode_html(data)).replace("\x00", "")
    if not page.strip():
        raise Unreadable("empty")
    found = _found(page) if page.count("<") <= _MOST_TAGS else None
    if found is not None:
        return found
    draft = Draft()
    about = read_html(page, draft)
    text, _ = draft.finish()
    author = people(about.authors)
    return Article(about.title[: limits.TITLE_CHARACTERS], text.strip(), moment(about.date), author, whole=True)


def links_of(fragment: str, base: str = "") -> list[str]:
    """What the links of an HTML text point at, each once, in order."""
    reader = _Links()
    reader.feed(fragment)
    reader.close()
    found = dict.fromkeys(_joined(reader.base or base, link) for link in reader.found)
    return [link for link in found if link][: limits.LINKS]


def _found(page: str) -> Article | None:
    try:
        tree = trafilatura.load_html(page)
        if tree is None or _is_deep(tree):
            return None
        language, base = str(tree.get("lang") or ""), "".join(tree.xpath("//base[@href][1]/@href")[:1])
        about = extract_metadata(tree, None, _NO_GUESSING)
        date = _date(tree) or moment(about.date)
        for unseen in tree.xpath(_UNSEEN):
            if unseen.getparent() is not None and unseen.tag not in ("html", "body"):
                unseen.drop_tree()
        body = trafilatura.extract(
            tree, output_format="html", include_comments=False, include_formatting=True, include_links=True
        )
    except Exception as error:  # noqa: BLE001 - the edge to a library that a hostile page may trip: it is read plainly then
        logger.info("no article was found: %r", error)
        return None
    if not body:
        return None
    draft = Draft()
    read_html(body, draft)
    text = draft.finish()[0].strip()
    return Article(
        title=seemly(about.title or ""),
        text=text,
        date=date,
        author=people((about.author or "").split("; ")),
        language=found[0].lower() if (found := _LANGUAGE.match(language)) else "",
        site=seemly(about.sitename or ""),
        links=tuple(links_of(body, base)),
    )


def _date(tree: Any) -> str:
    """When it was published, to the second where the page tells."""
    for path in _DATES:
        for value in tree.xpath(path)[:5]:
            if found := moment(one_line(str(value))):
                return found
    return ""


def _is_deep(tree: Any) -> bool:
    """Whether elements are nested deeper than any article's."""
    depth = 0
    level = [tree]
    while level and depth <= _DEEPEST:
        level = [child for parent in level for child in parent]
        depth += 1
    return depth > _DEEPEST


def _joined(base: str, link: str) -> str:
    try:
        whole = urljoin(base, link.strip())
    except ValueError:
        return ""
    if whole.lower().startswith(("http:", "https:")):
        return address(whole)
    return whole if base == "" and whole[:1] in ("/", ".") and len(whole) <= limits.LINK_CHARACTERS else ""


class _Links(Tags):
    def __init__(self) -> None:
        super().__init__()
        self.base = ""
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("a", "base") and len(self.found) < limits.LINKS:
            link = next((value for name, value in attrs if name == "href" and value), "")
            if tag == "base":
                self.base = self.base or link
            elif link and not link.startswith("#"):
                self.found.append(link)
