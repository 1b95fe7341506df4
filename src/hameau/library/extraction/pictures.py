"""Pictures of text: turned the way they were taken, page by page, with the date of the camera. Runs inside the worker.

Pillow opens what needs more than recognition (HEIC and AVIF, by libheif and Pillow's own decoder; pictures that lie on their
side; several pages in one TIFF); everything else goes to recognition as it is.
"""

from __future__ import annotations

import io
import logging
import struct
import warnings
from collections.abc import Iterator

# The worker alone imports this module; heavy for its decoders.
from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from hameau.library.extraction import engine, limits
from hameau.library.extraction.context import Context
from hameau.library.extraction.properties import moment
from hameau.library.extraction.reasons import PAGES_LEFT, SOME_BROKEN, Unreadable
from hameau.library.extraction.structure import Draft
from hameau.library.types import Extracted

logger = logging.getLogger(__name__)

_ORIENTATION, _DATE, _EXIF_PART, _TAKEN = 0x0112, 0x0132, 0x8769, 0x9003
_UPRIGHT = (0, 1)
_CHANGED = frozenset({"image/heic", "image/avif"})
"""Kinds that recognition does not read by itself."""
_BROKEN = (
    UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError,
    AttributeError, EOFError, OverflowError, ZeroDivisionError, RuntimeError, struct.error,
)  # fmt: skip
"""What Pillow raises over pictures that are not what they say."""
Image.MAX_IMAGE_PIXELS = limits.PIXELS


def read_picture(data: bytes, media_type: str, context: Context) -> Extracted:
    """The text in a picture, by recognition; a picture of several pages has pages."""
    if not context.languages:
        raise Unreadable("ocr_missing")
    if not context.may_recognise():
        raise Unreadable("left")
    kind = media_type
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with _opened(data, media_type) as picture:
                taken, turned = _seen(picture)
                if media_type == "image/tiff" and getattr(picture, "n_frames", 1) > 1:
                    return _pages(picture, media_type, taken, context)
                if media_type in _CHANGED or turned:
                    data, media_type = _as_png(picture), "image/png"
    except _BROKEN as error:
        if media_type in _CHANGED:
            raise Unreadable("damaged", repr(error)[:300]) from error
        logger.info("a picture is left to recognition as it is: %.200r", error)
        taken = ""
    draft = Draft()
    draft.block(engine.recognise(data, media_type, context.languages))
    return Extracted(text=draft.finish()[0], media_type=kind, dated_at=taken)


def _opened(data: bytes, media_type: str) -> Image.Image:
    if media_type == "image/heic":
        import pi_heif  # type: ignore[import-untyped]  # noqa: PLC0415 - libheif, only for the pictures that need it

        pi_heif.register_heif_opener(thumbnails=False)
    return Image.open(io.BytesIO(data))


def _seen(picture: Image.Image) -> tuple[str, bool]:
    """When a picture was taken (Exif 2.32, DateTimeOriginal, else DateTime), and whether it must be turned."""
    exif = picture.getexif()
    taken = moment(exif.get_ifd(_EXIF_PART).get(_TAKEN)) or moment(exif.get(_DATE))
    return taken, exif.get(_ORIENTATION, 1) not in _UPRIGHT


def _as_png(picture: Image.Image) -> bytes:
    if picture.width * picture.height > limits.PIXELS:
        raise Unreadable("too_much_memory", f"{picture.size}")
    upright = ImageOps.exif_transpose(picture)
    out = io.BytesIO()
    upright.convert("L" if upright.mode in ("1", "L", "I;16") else "RGB").save(out, "PNG", compress_level=1)
    return out.getvalue()


def _pages(picture: Image.Image, media_type: str, taken: str, context: Context) -> Extracted:
    draft = Draft()
    for number, page in enumerate(_frames(picture), 1):
        draft.page(number)
        if number > 1 and not context.may_recognise():
            context.budget.doubts.add(PAGES_LEFT)
            break
        if not context.begin():
            context.budget.doubts.add(SOME_BROKEN)
            continue
        draft.block(engine.recognise(_as_png(page), "image/png", context.languages))
    text, pages = draft.finish()
    return Extracted(text=text, media_type=media_type, pages=pages, dated_at=taken)


def _frames(picture: Image.Image) -> Iterator[Image.Image]:
    """The pages of a picture; those behind a damaged one are lost."""
    try:
        yield from ImageSequence.Iterator(picture)
    except (OSError, SyntaxError, ValueError) as error:
        logger.info("a page of a picture is damaged: %.200r", error)
