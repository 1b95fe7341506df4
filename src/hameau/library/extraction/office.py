"""Office files and books: by kreuzberg, with the page, slide or sheet of each part. Runs inside the worker."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

from hameau.library.extraction import engine, limits
from hameau.library.extraction.archives import read_archive
from hameau.library.extraction.book import read_book
from hameau.library.extraction.context import Context
from hameau.library.extraction.decoding import tidy
from hameau.library.extraction.kinds import media_type_of_zip
from hameau.library.extraction.mail_outlook import OUTLOOK, read_letter
from hameau.library.extraction.notes import notes_of
from hameau.library.extraction.opendocument import read_slides
from hameau.library.extraction.properties import authors_of, date_of
from hameau.library.extraction.reasons import Unreadable
from hameau.library.extraction.structure import Draft
from hameau.library.extraction.tree import draw
from hameau.library.types import Extracted

_BOOK = "application/epub+zip"
_PRESENTATION = "application/vnd.oasis.opendocument.presentation"
_SLIDES = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
_ESCAPED = re.compile(r"\\'([0-9a-fA-F]{2})")
"""A letter of RTF that is not ASCII, where kreuzberg leaves it (titles)."""


def read_zip(data: bytes, name: str, media_type: str, context: Context) -> Extracted:
    """An office file that is a ZIP inside, or what is a ZIP under another name; a bomb is refused before it is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            unpacked = sum(info.file_size for info in infos)
            if unpacked > limits.OFFICE_BYTES or unpacked > max(len(data), limits.OFFICE_SMALL) * limits.OFFICE_RATIO:
                raise Unreadable("too_much_memory", f"{unpacked} bytes unpacked")
            names = frozenset(info.filename for info in infos)
            mimetype = archive.read("mimetype")[:200].decode("ascii", "replace") if "mimetype" in names else ""
            found = media_type_of_zip(names, mimetype)
            if found and _is_locked(archive, names):
                raise Unreadable("encrypted")
            if found == _PRESENTATION:
                return read_slides(archive)
            if found == _BOOK:
                return read_book(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError) as error:
        raise Unreadable(engine.reason_of(str(error)), str(error)) from error
    if not found and media_type:
        raise Unreadable("damaged")
    return read_document(data, found, context) if found else read_archive(data, name, "", context)


def read_document(data: bytes, media_type: str, context: Context) -> Extracted:
    """Any document that kreuzberg knows by ``media_type``."""
    if not media_type:
        raise Unreadable("unknown")
    result = engine.extract(data, media_type, engine.config("markdown", markers=media_type == _SLIDES))
    metadata: Mapping[str, Any] = result.metadata
    if media_type == OUTLOOK:
        nodes = (result.document or {}).get("nodes") or ()
        entries = {str(key).lower(): str(value) for node in nodes for key, value in _entries(node)}
        body = Draft()
        draw([node for node in nodes if not _entries(node)], body, by_page=False)
        return read_letter(data, entries, body.finish()[0], metadata, context)
    draft = Draft()
    tree = result.document or {}
    if nodes := tree.get("nodes"):
        entries = {str(key): str(value) for node in nodes for key, value in _entries(node)}
        for label, value in entries.items():
            draft.block(f"{label} : {value}", close=True)
        draft.end_rows()
        notes = notes_of(data) if media_type == _SLIDES else None
        draw(nodes, draft, by_page="spreadsheet" in media_type or "excel" in media_type, notes=notes)
    else:
        draft.block(str(result.content))
    text, pages = draft.finish()
    title = str(metadata.get("title") or metadata.get("subject") or "") if "excel" not in media_type else ""
    if media_type == "application/rtf":
        title = _ESCAPED.sub(lambda match: bytes.fromhex(match[1]).decode("cp1252", "replace"), title)
    return Extracted(
        text=text,
        title=tidy(title),
        media_type=media_type,
        pages=pages,
        dated_at=date_of(metadata),
        authors=authors_of(metadata),
    )


def _entries(node: Mapping[str, Any]) -> list[tuple[object, object]]:
    content = node.get("content") or {}
    if content.get("node_type") != "metadata_block":
        return []
    return [(pair[0], pair[1]) for pair in content.get("entries") or () if len(pair) == 2]


def _is_locked(archive: zipfile.ZipFile, names: frozenset[str]) -> bool:
    """ZIP's own encryption bit, or OpenDocument's way of locking the parts (ODF 1.3, part 2, 3.4.1)."""
    if any(info.flag_bits & 1 for info in archive.infolist()):
        return True
    manifest = "META-INF/manifest.xml"
    return manifest in names and b"encryption-data" in archive.read(manifest)
