"""Office files and books: by kreuzberg, with the page, slide or sheet of each part. Runs inside the worker."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

from hameau.library.extraction import engine
from hameau.library.extraction.decoding import tidy
from hameau.library.extraction.kinds import media_type_of_zip
from hameau.library.extraction.opendocument import read_slides
from hameau.library.extraction.reasons import Unreadable
from hameau.library.extraction.structure import Draft, draw
from hameau.library.types import Extracted

_MAX_UNPACKED = 1 << 30
_MAX_RATIO = 300
_PRESENTATION = "application/vnd.oasis.opendocument.presentation"
_SLIDES = "application/vnd.openxmlformats-officedocument.presentationml.presentation"


def read_zip(data: bytes, media_type: str) -> Extracted:
    """An office file that is a ZIP inside; an archive that only poses as one is refused, a bomb before it is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            unpacked = sum(info.file_size for info in infos)
            if unpacked > _MAX_UNPACKED or unpacked > max(len(data), 1 << 20) * _MAX_RATIO:
                raise Unreadable("too_much_memory", f"{unpacked} bytes unpacked")
            names = frozenset(info.filename for info in infos)
            mimetype = archive.read("mimetype")[:200].decode("ascii", "replace") if "mimetype" in names else ""
            found = media_type_of_zip(names, mimetype)
            if not found:
                raise Unreadable("archive" if not media_type else "damaged")
            if _is_locked(archive, names):
                raise Unreadable("encrypted")
            if found == _PRESENTATION:
                return read_slides(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError) as error:
        raise Unreadable(engine.reason_of(str(error)), str(error)) from error
    return read_document(data, found)


def read_document(data: bytes, media_type: str) -> Extracted:
    """Any document that kreuzberg knows by ``media_type``."""
    if not media_type:
        raise Unreadable("unknown")
    # A book is hypertext: kreuzberg's plain output has its words without marks, its Markdown output would add stars and links.
    output = "plain" if media_type == "application/epub+zip" else "markdown"
    result = engine.extract(data, media_type, engine.config(output, markers=media_type == _SLIDES))
    metadata: Mapping[str, Any] = result.metadata
    draft = Draft()
    tree = result.document or {}
    if nodes := tree.get("nodes"):
        entries = {str(key): str(value) for node in nodes for key, value in _entries(node)}
        for label, value in entries.items():
            draft.block(f"{label} : {value}", close=True)
        draft.end_rows()
        draw(nodes, draft, by_page="spreadsheet" in media_type or "excel" in media_type)
    else:
        draft.block(str(result.content))
    text, pages = draft.finish()
    title = str(metadata.get("title") or metadata.get("subject") or "") if "excel" not in media_type else ""
    return Extracted(text=text, title=tidy(title), media_type=media_type, pages=pages)


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
