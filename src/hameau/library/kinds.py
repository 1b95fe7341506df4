"""What a document is to a person: a mail, a PDF, a table. Told from its media type, else from the ending of its name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

_BY_TYPE: Mapping[str, str] = {
    "message/rfc822": "mail",
    "application/mbox": "mail",
    "application/vnd.ms-outlook": "mail",
    "application/pdf": "pdf",
    "text/html": "page",
    "application/xhtml+xml": "page",
    "text/csv": "sheet",
    "text/tab-separated-values": "sheet",
    "application/epub+zip": "book",
    "application/x-mobipocket-ebook": "book",
    "application/x-fictionbook+xml": "book",
    "application/rtf": "text",
    "application/msword": "text",
    "application/xml": "text",
    "application/json": "text",
    "application/ogg": "sound",
    "application/atom+xml": "news",
    "application/rss+xml": "news",
    "text/calendar": "event",
    "text/vcard": "contact",
    "text/x-chat": "chat",
    "text/x-bookmark": "bookmark",
}
_BY_PART: tuple[tuple[str, str], ...] = (
    ("wordprocessing", "text"),
    ("ms-word", "text"),
    ("opendocument.text", "text"),
    ("spreadsheet", "sheet"),
    ("ms-excel", "sheet"),
    ("presentation", "slides"),
    ("ms-powerpoint", "slides"),
    ("epub", "book"),
    ("zip", "archive"),
    ("tar", "archive"),
    ("compressed", "archive"),
    ("x-rar", "archive"),
    ("x-bzip", "archive"),
    ("x-xz", "archive"),
    ("zstd", "archive"),
)
"""Parts of the media types that office formats and archives are made of, most telling first."""
_BY_FAMILY: Mapping[str, str] = {"text": "text", "image": "picture", "audio": "sound", "video": "sound"}
_ENDINGS: Mapping[str, str] = {
    "mail": "eml mbox msg emlx",
    "pdf": "pdf",
    "page": "html htm xhtml mht mhtml",
    "sheet": "csv tsv xls xlsx xlsm xlsb ods numbers",
    "slides": "ppt pptx pptm pps ppsx odp key",
    "book": "epub mobi azw azw3 fb2",
    "picture": "png jpg jpeg gif tif tiff bmp webp heic heif avif svg",
    "sound": "mp3 wav ogg oga opus flac m4a aac wma mp4 m4v mkv avi mov webm mpg mpeg",
    "event": "ics ical vcs ifb",
    "contact": "vcf vcard",
    "archive": "zip gz tgz bz2 xz zst 7z rar tar jar iso cab",
    "text": "txt text md markdown rst org tex log json xml yaml yml toml ini srt vtt rtf doc docx docm odt wpd",
}
_BY_ENDING: Mapping[str, str] = {ending: kind for kind, endings in _ENDINGS.items() for ending in endings.split()}


def kind_of(media_type: str, uri: str) -> str:
    """One of :data:`hameau.library.types.KINDS` for a document of ``media_type`` (may be empty) that stands at ``uri``."""
    plain = media_type.partition(";")[0].strip().lower()
    known = _BY_TYPE.get(plain)
    if known:
        return known
    for part, kind in _BY_PART:
        if part in plain:
            return kind
    by_name = _BY_ENDING.get(PurePosixPath(uri.replace("\\", "/")).suffix.lower().lstrip("."))
    family = _BY_FAMILY.get(plain.partition("/")[0])
    if family == "text" and by_name:  # a page or a mail that was saved as plain text is told by its name
        return by_name
    return family or by_name or "other"
