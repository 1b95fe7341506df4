"""How the exports of other programs begin: calendars, address cards, conversations, bookmarks, notebooks. Opens nothing.

Every expression here takes time in proportion to the few bytes it looks at, whatever stands in them.
"""

from __future__ import annotations

import re
from pathlib import PurePath

NOTHING = ("", "")
ELEMENT_JSON, ELEMENT_PAGE, ELEMENT_TEXT = "application/x-element+json", "application/x-element+html", "text/x-element"
SIGNAL_BACKUP, SIGNAL_LINES = "application/x-signal-backup", "application/x-signal-export+json"
SIGNAL_MARKDOWN, SIGTOP, WHATSAPP = "text/x-signal-export", "text/x-sigtop", "text/x-whatsapp"
MOZ_JSON, MOZ_PACKED, CHROMIUM = (
    "application/x-mozilla-bookmarks",
    "application/x-mozilla-bookmarks+lz4",
    "application/x-chromium-bookmarks",
)
NETSCAPE, HAMEAU = "text/x-netscape-bookmarks", "application/x-hameau-bookmarks"
JOPLIN = "application/x-joplin"

_LOOK = 400
_CALENDARS, _CARDS = frozenset({"ics", "ical", "ifb", "vcs"}), frozenset({"vcf", "vcard"})
_NOTICE = re.compile(
    rb"end-to-end encrypted|chiffr\xc3\xa9s? de bout en bout|Ende-zu-Ende-verschl|cifrados de extremo a extremo|crittografat"
    rb"|criptografia de ponta|end-to-end versleuteld"
)
_WHATSAPP_NAME = re.compile(r"whatsapp|\A_chat\.txt\Z", re.IGNORECASE)
_WHATSAPP_LINE = re.compile(
    rb"\A(?:\xef\xbb\xbf)?(?:\xe2\x80[\x8e\x8f\xaa])*\[?\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\D{1,8}\d{1,2}[:.h]\d\d"
)
_SIGNAL_LINE = re.compile(rb"\A\[\d{4}-\d\d-\d\d[ T,]\s?\d\d:\d\d(?::\d\d)?\] [^:\n]{1,100}:")
_ELEMENT_LINE = re.compile(
    rb"^(?:[^\d\n]{2,12}[ ,.])?[^\n]{4,24}?\b\d{4}[^\n]{1,6}\d{1,2}:\d\d(?::\d\d)?(?:[^\n]{1,4}[AaPp]\.?[Mm]\.?)? - \S",
    re.MULTILINE,
)
_SIGTOP = re.compile(rb"\A(?:\xef\xbb\xbf)?Conversation: [^\n]{1,300}\r?\n\r?\nFrom: [^\n]{1,300}\r?\nType: ")


def exported(name: str, head: bytes) -> tuple[str, str]:
    """The family and the media type of a file that another program exported; two empty texts for any other."""
    path = PurePath(name)
    ending = path.suffix.lower().lstrip(".")
    if ending == "jex" and head[257:262] == b"ustar":
        return "notebook", JOPLIN
    if head.startswith(b"mozLz40\0"):
        return "bookmarks", MOZ_PACKED
    narrow = head.replace(b"\0", b"")
    beginning = narrow[:_LOOK].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").upper()
    if beginning.startswith(b"BEGIN:VCALENDAR") or (ending in _CALENDARS and b"BEGIN:V" in narrow.upper()):
        return "calendar", "text/calendar"
    if beginning.startswith(b"BEGIN:VCARD") or (ending in _CARDS and b"BEGIN:VCARD" in narrow.upper()):
        return "contacts", "text/vcard"
    if beginning.startswith(b"<!DOCTYPE NETSCAPE-BOOKMARK-FILE-1"):
        return "bookmarks", NETSCAPE
    if beginning.startswith(b"{"):
        return _structured(head)
    return _conversation(path.name, ending, head)


def _structured(head: bytes) -> tuple[str, str]:
    if b'"text/x-moz-place-container"' in head and b'"guid"' in head:
        return "bookmarks", MOZ_JSON
    if b'"roots"' in head and b'"checksum"' in head and b'"bookmark_bar"' in head:
        return "bookmarks", CHROMIUM
    if head.startswith(b'{"hameau":"bookmarks"'):
        return "bookmarks", HAMEAU
    if b'"room_name"' in head and (b'"exported_by"' in head or b'"export_date"' in head):
        return "chat", ELEMENT_JSON
    first = head[:_LOOK]
    if b'"backupTimeMs"' in first:
        return "chat", SIGNAL_BACKUP
    if first.startswith(b'{"date":') and b'"sender":' in first and b'"body":' in head:
        return "chat", SIGNAL_LINES
    return NOTHING


def _conversation(name: str, ending: str, head: bytes) -> tuple[str, str]:
    if ending in ("html", "htm"):
        page = b'id="matrixchat"' in head or b"mx_MatrixChat" in head
        return ("chat", ELEMENT_PAGE) if page else NOTHING
    if ending == "md":
        return ("chat", SIGNAL_MARKDOWN) if _SIGNAL_LINE.match(head) else NOTHING
    if ending != "txt":
        return NOTHING
    if _WHATSAPP_LINE.match(head) and (_WHATSAPP_NAME.search(name) or _NOTICE.search(head)):
        return "chat", WHATSAPP
    if _SIGTOP.match(head):
        return "chat", SIGTOP
    if len(_ELEMENT_LINE.findall(head)) >= 2 and _ELEMENT_LINE.match(head):
        return "chat", ELEMENT_TEXT
    return NOTHING
