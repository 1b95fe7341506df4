"""Whether pictures of text can be read here: where Tesseract's language files lie. Starts nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from hameau.kit import N_

WANTED = ("fra", "eng")
"""The languages of recognition, by Tesseract's names, the first one leading."""

NOTICE_MISSING = N_(
    "Scanned pages and pictures can't be read: the text recognition program Tesseract is not installed. "
    "Install it (Debian: sudo apt install tesseract-ocr tesseract-ocr-fra), then start Hameau again."
)
NOTICE_NO_FRENCH = N_(
    "Scanned pages and pictures are read without French: the French part of the text recognition program Tesseract is not "
    "installed. Install it (Debian: sudo apt install tesseract-ocr-fra), then start Hameau again."
)
_PLACES = (
    "/usr/share/tesseract-ocr/5/tessdata",
    "/usr/share/tesseract-ocr/4.00/tessdata",
    "/usr/share/tessdata",
    "/usr/share/tesseract/tessdata",
    "/usr/local/share/tessdata",
    "/opt/homebrew/share/tessdata",
)


def tessdata(environ: Mapping[str, str] = os.environ) -> Path | None:
    """The folder with the language files: ``TESSDATA_PREFIX`` first, then the usual places; ``None`` when there is none."""
    prefix = environ.get("TESSDATA_PREFIX")
    candidates = [Path(prefix), Path(prefix) / "tessdata"] if prefix else []
    for folder in [*candidates, *map(Path, _PLACES)]:
        if any((folder / f"{language}.traineddata").is_file() for language in WANTED):
            return folder
    return None


def languages(folder: Path | None) -> tuple[str, ...]:
    """Which of the wanted languages ``folder`` holds."""
    if folder is None:
        return ()
    return tuple(language for language in WANTED if (folder / f"{language}.traineddata").is_file())


def notices(available: tuple[str, ...]) -> tuple[str, ...]:
    """What a person should know, said once."""
    if not available:
        return (NOTICE_MISSING,)
    return () if WANTED[0] in available else (NOTICE_NO_FRENCH,)
