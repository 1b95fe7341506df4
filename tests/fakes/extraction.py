"""An extractor for texts in UTF-8; pages are parted by form feeds."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from hameau.kit import N_, Corrupt
from hameau.library import Extracted, PageSpan, Part


class PlainExtractor:
    """Reads what is UTF-8 and raises ``Corrupt`` for the rest; ``read`` keeps the paths it was given."""

    def __init__(self) -> None:
        self.read: list[Path] = []
        self.closed = False

    def extract(self, path: Path, media_type: str = "", *, beneath: Path | None = None) -> Extracted:
        self.read.append(path)
        try:
            text = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError as error:
            raise Corrupt(N_("The file is damaged.")) from error
        text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
        return Extracted(text=text, title=path.stem, media_type=media_type or "text/plain", pages=_pages(text))

    def extract_data(self, name: str, data: bytes, media_type: str = "") -> Extracted:
        """A content that is no file; ``\\0`` parts the documents inside it from its own text, each ``name:text``."""
        self.read.append(Path(name))
        try:
            text, *inside = data.decode("utf-8").split("\0")
        except UnicodeDecodeError as error:
            raise Corrupt(N_("The file is damaged.")) from error
        parts = tuple(Part(one.partition(":")[0], Extracted(one.partition(":")[2])) for one in inside)
        return Extracted(text=text, media_type=media_type or "text/plain", parts=parts)

    def close(self) -> None:
        self.closed = True


def _pages(text: str) -> tuple[PageSpan, ...]:
    if "\f" not in text:
        return ()
    spans, start = [], 0
    for number, page in enumerate(text.split("\f"), 1):
        end = min(len(text), start + len(page) + 1)
        spans.append(PageSpan(number, start, end))
        start = end
    return tuple(spans)
