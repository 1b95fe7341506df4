"""What a file is, by its first bytes and then by its name. Opens nothing."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import NamedTuple

from hameau.library.extraction.decoding import is_binary
from hameau.library.extraction.marks import exported

HEAD_BYTES = 4096
"""How much of a file :func:`kind_of` wants to see."""


READ_FAMILIES = frozenset(
    {
        "html", "saved_page", "mail", "mailbox", "pdf", "zip", "document", "picture", "archive", "calendar", "contacts", "chat",
        "bookmarks", "notebook",
    }
)  # fmt: skip
"""What the locked-in worker reads; "text" needs no worker, any other family is the name of a reason why a file is not read."""


class Kind(NamedTuple):
    """``family`` chooses the reader; ``media_type`` is kept with the document."""

    family: str
    media_type: str


_OFFICE = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "docm": "application/vnd.ms-word.document.macroenabled.12",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xlsm": "application/vnd.ms-excel.sheet.macroenabled.12",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "epub": "application/epub+zip",
}
_OLD_OFFICE = {
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "msg": "application/vnd.ms-outlook",
}
_TEXT = {
    "md": "text/markdown", "markdown": "text/markdown", "txt": "text/plain", "text": "text/plain", "log": "text/plain",
    "csv": "text/csv", "tsv": "text/tab-separated-values", "json": "application/json", "rst": "text/x-rst",
    "org": "text/plain", "tex": "text/x-tex", "ini": "text/plain", "toml": "text/plain", "yaml": "text/plain",
    "yml": "text/plain", "srt": "text/plain", "vtt": "text/vtt", "ics": "text/calendar", "vcf": "text/vcard",
}  # fmt: skip
_READ = {
    "html": Kind("html", "text/html"),
    "htm": Kind("html", "text/html"),
    "xhtml": Kind("html", "text/html"),
    "xml": Kind("document", "application/xml"),
    "fb2": Kind("document", "application/x-fictionbook+xml"),
    "eml": Kind("mail", "message/rfc822"),
    "mht": Kind("saved_page", "multipart/related"),
    "mhtml": Kind("saved_page", "multipart/related"),
    "mbox": Kind("mailbox", "application/mbox"),
    "rtf": Kind("document", "application/rtf"),
}
_SOUND = frozenset(
    [
        "mp3",
        "wav",
        "ogg",
        "oga",
        "opus",
        "flac",
        "m4a",
        "aac",
        "wma",
        "mp4",
        "m4v",
        "mkv",
        "avi",
        "mov",
        "webm",
        "mpg",
        "mpeg",
    ]
)
_ARCHIVES = frozenset(
    ["zip", "gz", "tgz", "bz2", "tbz", "tbz2", "xz", "txz", "7z", "tar", "zst", "rar", "iso", "cab", "lz", "lzma", "z"]
)
_PACKED_PROGRAMS = frozenset(["jar", "apk", "whl", "xpi", "crx", "war", "ear", "deb", "rpm", "exe", "msi", "dmg"])
_PICTURES = (
    (b"\x89PNG\r\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"BM", "image/bmp"),
)
_ARCHIVE_MARKS = (
    (b"\x1f\x8b", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
)
_CLOSED_ARCHIVES = (b"Rar!", b"\x28\xb5\x2f\xfd", b"MSCF", b"LZIP")
"""RAR, Zstandard, cabinets and lzip: there is no light and safe way to open them here."""
_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"}
_AVIF = {b"avif", b"avis"}
_SOUND_MARKS = (b"ID3", b"\xff\xfb", b"\xff\xf3", b"OggS", b"fLaC", b"\x1aE\xdf\xa3")
_PROGRAMS = (b"\x7fELF", b"MZ", b"SQLite format 3", b"\xca\xfe\xba\xbe", b"GGUF")
_HTML = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:(?><!--.*?-->)\s*)*<(?:!doctype\s+html|html)\b",
    re.IGNORECASE | re.DOTALL,
)
_OLE, _ZIPS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")


def kind_of(name: str, head: bytes) -> Kind:
    """The kind of a file called ``name`` that begins with ``head``. A name that lies is overruled by the bytes."""
    ending = PurePath(name).suffix.lower().lstrip(".")
    if b"%PDF-" in head[:1024]:
        return Kind("pdf", "application/pdf")
    if not head:
        return _empty(ending)
    found = _by_bytes(ending, head)
    if found is None or ending == "jex":
        family, media_type = exported(name, head)
        found = Kind(family, media_type) if family else found
    return found or _by_name(ending, head)


def media_type_of_zip(names: frozenset[str], mimetype: str) -> str:
    """The media type of an office file that is a ZIP, from the names inside it and its ``mimetype`` entry; "" for an archive."""
    for media_type in _OFFICE.values():
        if mimetype.startswith(media_type):
            return media_type
    for part, ending in (("word/document.xml", "docx"), ("xl/workbook.xml", "xlsx"), ("ppt/presentation.xml", "pptx")):
        if part in names:
            return _OFFICE[ending]
    return ""


def _empty(ending: str) -> Kind:
    if ending in _OFFICE or ending in _OLD_OFFICE or ending in {"pdf", "rtf", *_ARCHIVES, *_SOUND}:
        return Kind("empty", "")
    return Kind("text", _TEXT.get(ending, "text/plain"))


def _by_bytes(ending: str, head: bytes) -> Kind | None:
    if head.startswith(_ZIPS):
        if ending in _PACKED_PROGRAMS:
            return Kind("unknown", "")
        return Kind("archive", "application/zip") if ending in _ARCHIVES else Kind("zip", _OFFICE.get(ending, ""))
    if head.startswith(_OLE):
        # a password turns the newer office files into this older container
        return Kind("encrypted", "") if ending in _OFFICE else Kind("document", _OLD_OFFICE.get(ending, ""))
    if head.startswith(b"{\\rtf"):
        return _READ["rtf"]
    for mark, media_type in _PICTURES:
        if head.startswith(mark) and (mark != b"BM" or ending == "bmp"):
            return Kind("picture", media_type)
    if head.startswith(b"RIFF"):
        return Kind("picture", "image/webp") if head[8:12] == b"WEBP" else Kind("sound", "")
    if head[4:8] == b"ftyp":
        if head[8:12] in _HEIF:
            return Kind("picture", "image/heic")
        return Kind("picture", "image/avif") if head[8:12] in _AVIF else Kind("sound", "")
    if head.startswith(_SOUND_MARKS):
        return Kind("sound", "")
    return _packed(head)


def _packed(head: bytes) -> Kind | None:
    for mark, media_type in _ARCHIVE_MARKS:
        if head.startswith(mark):
            return Kind("archive", media_type)
    if head[257:262] == b"ustar":
        return Kind("archive", "application/x-tar")
    if head.startswith(_CLOSED_ARCHIVES) and is_binary(head):
        return Kind("closed_archive", "")
    if head.startswith(_PROGRAMS) and is_binary(head):
        return Kind("unknown", "")
    return None


def _by_name(ending: str, head: bytes) -> Kind:
    if ending in _OFFICE or ending in _OLD_OFFICE or ending == "pdf":
        return Kind("damaged", "")
    if ending in ("zip", "7z", "gz", "tgz", "bz2", "tbz", "tbz2", "xz", "txz"):
        return Kind("damaged", "")
    if ending == "tar":
        return Kind("archive", "application/x-tar")  # the oldest ones have no mark
    if ending in _ARCHIVES and is_binary(head):
        return Kind("closed_archive", "")
    if ending in _SOUND:
        return Kind("sound", "")
    if ending in _READ and ending != "rtf":
        return _READ[ending]
    if _HTML.match(head):
        return _READ["html"]
    if is_binary(head):
        return Kind("unknown", "")
    return Kind("text", _TEXT.get(ending, "text/plain"))
