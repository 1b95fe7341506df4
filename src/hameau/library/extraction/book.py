"""E-books: the chapters in their order, each under its heading. Standard library only; runs inside the worker.

Source: EPUB 3.3 (W3C): container, package document, spine, navigation; EPUB 2's ``toc.ncx``.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Mapping
from urllib.parse import unquote
from xml.etree import ElementTree as ET  # noqa: TID251 - read inside the locked-in worker, with its memory bounded

from hameau.library.extraction.hypertext import decode_html, read_html
from hameau.library.extraction.properties import moment, people
from hameau.library.extraction.reasons import Unreadable
from hameau.library.extraction.structure import Draft, one_line
from hameau.library.types import Extracted

MEDIA_TYPE = "application/epub+zip"
_CONTAINER = "META-INF/container.xml"
_LOCKS = "META-INF/encryption.xml"
_LOCKED_CHAPTER = re.compile(rb"""URI\s*=\s*["'][^"']{0,500}\.x?html?["']""", re.IGNORECASE)
"""Fonts are scrambled in many books; chapters only in those that a shop has locked (EPUB 3.3, 4.2.6.3.3)."""
_OPF, _DC = "{http://www.idpf.org/2007/opf}", "{http://purl.org/dc/elements/1.1/}"
_NCX, _HTML = "{http://www.daisy.org/z3986/2005/ncx/}", "{http://www.w3.org/1999/xhtml}"
_FIRST_HEADING = re.compile(r"^#{1,6} ", re.MULTILINE)
_LONGEST_HEADING = 200


def read_book(archive: zipfile.ZipFile) -> Extracted:
    """The chapters of an EPUB; one that has no heading of its own gets the one that the table of contents gives it."""
    names = frozenset(archive.namelist())
    if _LOCKS in names and _LOCKED_CHAPTER.search(archive.read(_LOCKS)):
        raise Unreadable("encrypted")
    try:
        package, folder = _package(archive, names)
        items = {str(item.get("id")): item for item in package.iter(f"{_OPF}item")}
        files = {key: _within(folder, str(item.get("href") or "")) for key, item in items.items()}
        titles = _contents(archive, names, items, files)
    except (ET.ParseError, KeyError, StopIteration) as error:
        raise Unreadable("damaged", repr(error)[:300]) from error
    draft = Draft()
    read: set[str] = set()
    for reference in package.iter(f"{_OPF}itemref"):
        file = files.get(str(reference.get("idref")), "")
        is_contents = (
            "nav" in str(items[str(reference.get("idref"))].get("properties") or "").split() if file else False
        )
        if file in names and file not in read and not is_contents:
            read.add(file)
            _chapter(archive.read(file), titles.get(file, ""), draft)
    if not read:
        raise Unreadable("damaged", "a book without chapters")
    return Extracted(
        text=draft.finish()[0],
        title=_first(package, "title"),
        media_type=MEDIA_TYPE,
        dated_at=moment(_first(package, "date")),
        authors=people(element.text for element in package.iter(f"{_DC}creator")),
    )


def _chapter(data: bytes, title: str, draft: Draft) -> None:
    own = Draft()
    read_html(decode_html(data), own)
    text = own.finish()[0]
    if title and text.strip() and not _FIRST_HEADING.search(text[:2000]):
        draft.block(f"# {title}")
    draft.block(text)


def _package(archive: zipfile.ZipFile, names: frozenset[str]) -> tuple[ET.Element, str]:
    """The package document, and the folder that its paths begin in."""
    if _CONTAINER in names:
        root = _xml(archive, _CONTAINER)
        path = str(next(element for element in root.iter() if element.tag.endswith("rootfile")).get("full-path") or "")
    else:
        path = next(name for name in sorted(names) if name.endswith(".opf"))
    return _xml(archive, path), posixpath.dirname(path)


def _contents(
    archive: zipfile.ZipFile,
    names: frozenset[str],
    items: Mapping[str, ET.Element],
    files: Mapping[str, str],
) -> dict[str, str]:
    """What the table of contents calls each file."""
    titles: dict[str, str] = {}
    for key, item in items.items():
        path = files[key]
        if path not in names:
            continue
        if "nav" in str(item.get("properties") or "").split():
            for link in _xml(archive, path).iter(f"{_HTML}a"):
                _call(titles, path, str(link.get("href") or ""), "".join(link.itertext()))
        elif item.get("media-type") == "application/x-dtbncx+xml":
            for point in _xml(archive, path).iter(f"{_NCX}navPoint"):
                target, label = point.find(f"{_NCX}content"), point.find(f"{_NCX}navLabel")
                if target is not None and label is not None:
                    _call(titles, path, str(target.get("src") or ""), "".join(label.itertext()))
    return titles


def _call(titles: dict[str, str], toc: str, reference: str, name: str) -> None:
    file = _within(posixpath.dirname(toc), reference)
    if line := one_line(name)[:_LONGEST_HEADING]:
        titles.setdefault(file, line)


def _within(folder: str, reference: str) -> str:
    """The name of a part by a reference in ``folder``; one that leads out of the book names nothing."""
    return posixpath.normpath(posixpath.join(folder, unquote(reference.split("#", 1)[0])))


def _xml(archive: zipfile.ZipFile, name: str) -> ET.Element:
    return ET.parse(io.BytesIO(archive.read(name))).getroot()  # noqa: S314


def _first(package: ET.Element, name: str) -> str:
    found = next(package.iter(f"{_DC}{name}"), None)
    return one_line(found.text or "") if found is not None else ""
