"""OpenDocument presentations, which kreuzberg does not read: the text of every slide. Standard library only."""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree as ET  # noqa: TID251 - read inside the locked-in worker, with its memory bounded

from hameau.library.extraction.reasons import Unreadable
from hameau.library.extraction.structure import CELL, Draft, one_line
from hameau.library.types import Extracted

_DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_SHOW = "{urn:oasis:names:tc:opendocument:xmlns:presentation:1.0}"
_TITLE = "{http://purl.org/dc/elements/1.1/}title"
MEDIA_TYPE = "application/vnd.oasis.opendocument.presentation"


def read_slides(archive: zipfile.ZipFile) -> Extracted:
    """The slides of an .odp, one page each, their titles as headings (ODF 1.3, part 3, 9.1.4)."""
    draft = Draft()
    try:
        root = ET.parse(io.BytesIO(archive.read("content.xml"))).getroot()  # noqa: S314
        for number, slide in enumerate(root.iter(f"{_DRAW}page"), 1):
            draft.page(number)
            for shape in slide:
                _shape(shape, draft)
        title = _title(archive)
    except (ET.ParseError, KeyError) as error:
        raise Unreadable("damaged", str(error)) from error
    text, pages = draft.finish()
    return Extracted(text=text, title=title, media_type=MEDIA_TYPE, pages=pages)


def _shape(shape: ET.Element, draft: Draft) -> None:
    if shape.tag == f"{_SHOW}notes":
        for part in shape:
            _shape(part, draft)
        return
    is_title = shape.get(f"{_SHOW}class") == "title"
    rows = list(shape.iter(f"{_TABLE}table-row"))
    for row in rows:
        cells = (one_line(" ".join(cell.itertext())) for cell in row.iter(f"{_TABLE}table-cell"))
        draft.block(CELL.join(cells).rstrip(), close=True)
    if rows:
        draft.end_rows()
        return
    for paragraph in shape.iter():
        if paragraph.tag in (f"{_TEXT}p", f"{_TEXT}h") and (text := _words(paragraph)):
            draft.block(f"## {text}" if is_title else text)


def _words(paragraph: ET.Element) -> str:
    """The words of a paragraph; spaces, tabs and line breaks are elements in ODF."""
    parts = [paragraph.text or ""]
    for element in paragraph:
        if element.tag in (f"{_TEXT}s", f"{_TEXT}tab", f"{_TEXT}line-break"):
            parts.append(" ")
        else:
            parts.append(_words(element))
        parts.append(element.tail or "")
    return one_line("".join(parts))


def _title(archive: zipfile.ZipFile) -> str:
    if "meta.xml" not in archive.namelist():
        return ""
    root = ET.parse(io.BytesIO(archive.read("meta.xml"))).getroot()  # noqa: S314
    found = root.find(f".//{_TITLE}")
    return one_line(found.text or "") if found is not None else ""
