"""OpenDocument presentations, which kreuzberg does not read: the text of every slide. Standard library only."""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree as ET  # noqa: TID251 - read inside the locked-in worker, with its memory bounded

from hameau.library.extraction.notes import LABEL
from hameau.library.extraction.properties import moment, people
from hameau.library.extraction.reasons import Unreadable
from hameau.library.extraction.structure import CELL, Draft, one_line
from hameau.library.types import Extracted

_DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_SHOW = "{urn:oasis:names:tc:opendocument:xmlns:presentation:1.0}"
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
        about = _about(archive)
    except (ET.ParseError, KeyError) as error:
        raise Unreadable("damaged", str(error)) from error
    text, pages = draft.finish()
    return Extracted(
        text=text,
        title=about.get("title", ""),
        media_type=MEDIA_TYPE,
        pages=pages,
        dated_at=moment(about.get("date")) or moment(about.get("creation-date")),
        authors=people([about.get("initial-creator"), about.get("creator")]),
    )


def _shape(shape: ET.Element, draft: Draft) -> None:
    if shape.tag == f"{_SHOW}notes":
        notes = [words for line in shape.iter(f"{_TEXT}p") if (words := _words(line))]
        draft.block(LABEL + "\n".join(notes) if notes else "")
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


def _about(archive: zipfile.ZipFile) -> dict[str, str]:
    """What ``meta.xml`` says of the document (ODF 1.3, part 3, 4.3), by the names there."""
    if "meta.xml" not in archive.namelist():
        return {}
    root = ET.parse(io.BytesIO(archive.read("meta.xml"))).getroot()  # noqa: S314
    return {element.tag.rpartition("}")[2]: one_line(element.text or "") for element in root.iter() if element.text}
