"""kreuzberg, set up once for a locked-in worker: no cache, no download, one thread. Imported only inside the worker."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

# The heavy import of this room; only the worker process loads this module.
import kreuzberg

from hameau.library.extraction.reasons import Unreadable
from hameau.library.extraction.tree import PAGE_MARKER

logger = logging.getLogger(__name__)

_REASONS = (
    (re.compile(r"password|encrypt|decrypt", re.IGNORECASE), "encrypted"),
    (re.compile(r"bomb|security limit|too large|limit exceeded", re.IGNORECASE), "too_much_memory"),
    (re.compile(r"unsupported", re.IGNORECASE), "unknown"),
)


_EMPTY_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj "
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
"""The least that is a PDF, ours."""


def warm_up() -> None:
    """Has kreuzberg unpack and load its PDF library, which it keeps inside itself, and make the folders it insists on."""
    try:
        kreuzberg.list_ocr_backends()
        kreuzberg.extract_bytes_sync(_EMPTY_PDF, "application/pdf", config=config("plain"))
    except kreuzberg.KreuzbergError as error:
        logger.warning("the engine is not ready: %s", error)


@lru_cache(maxsize=8)
def config(output: str, languages: tuple[str, ...] = (), *, markers: bool = False) -> kreuzberg.ExtractionConfig:
    """A configuration: ``output`` is "plain" or "markdown", ``languages`` are Tesseract's, empty for no recognition.

    ``markers`` puts :data:`~hameau.library.extraction.tree.PAGE_MARKER` where a page begins.
    """
    recognition = None
    if languages:
        names = "+".join(languages)
        tesseract = kreuzberg.TesseractConfig(
            language=names, output_format="text", use_cache=False, enable_table_detection=False
        )
        recognition = kreuzberg.OcrConfig(backend="tesseract", language=names, tesseract_config=tesseract)
    return kreuzberg.ExtractionConfig(
        use_cache=False,
        ocr=recognition,
        output_format=output,
        include_document_structure=True,
        pages=kreuzberg.PageConfig(extract_pages=True, insert_page_markers=markers, marker_format=PAGE_MARKER),
        concurrency=kreuzberg.ConcurrencyConfig(max_threads=1),
    )


def extract(data: bytes, media_type: str, settings: kreuzberg.ExtractionConfig) -> Any:
    """kreuzberg's result. Raises :class:`Unreadable` with the reason that its message tells."""
    try:
        return kreuzberg.extract_bytes_sync(data, media_type, config=settings)
    except kreuzberg.KreuzbergError as error:
        raise Unreadable(reason_of(str(error)), str(error)[:300]) from error


def page_as_picture(path: str, index: int) -> bytes:
    """Page ``index`` (from 0) of the PDF at ``path`` as a PNG at 200 dots an inch, enough for recognition."""
    try:
        return bytes(kreuzberg.render_pdf_page(path, index, dpi=200))
    except (kreuzberg.KreuzbergError, RuntimeError, ValueError) as error:
        raise Unreadable("damaged", str(error)[:300]) from error


def recognise(picture: bytes, media_type: str, languages: Sequence[str]) -> str:
    """The text in a picture, by Tesseract."""
    if not languages:
        raise Unreadable("ocr_missing")
    return str(extract(picture, media_type, config("plain", tuple(languages))).content)


def reason_of(message: str) -> str:
    """Which reason an engine's message tells."""
    return next((reason for pattern, reason in _REASONS if pattern.search(message)), "damaged")
