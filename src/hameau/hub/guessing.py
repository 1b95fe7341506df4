"""What a person typed, pasted or dropped, read as a source: a folder, a mailbox, a mail address, the address of a cloud.

Looks at this machine's own disk and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from hameau.kit import N_, BadInput

_ADDRESS = re.compile(r"[^\s@/:]+@[^\s@/:]+\.[^\s@/:]+")
_SCHEME = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_NAME = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d{1,5})?(?:/.*)?", re.IGNORECASE)
_OWN_CLOUD = re.compile(r"(?:^|\.)(?:next|own)?(?:cloud|nuage)\d*\.", re.IGNORECASE)
_CLOUD_PATHS = re.compile(r"/?(?:index\.php/?)?(?:login|apps/(?:files|dashboard))?(?:/.*)?")
_MAIL_FILES = {".eml", ".msg"}
_LOOKED_AT = 200
"""Entries of a folder that are looked at to tell what it is."""
_PARTS = 3
"""Folders of a Maildir stand directly in it, or one or two levels below (Maildir++ and Dovecot's layouts)."""

MAIL_SERVERS: Mapping[str, str] = {
    "gmail.com": "imap.gmail.com",
    "googlemail.com": "imap.gmail.com",
    "free.fr": "imap.free.fr",
    "orange.fr": "imap.orange.fr",
    "wanadoo.fr": "imap.orange.fr",
    "sfr.fr": "imap.sfr.fr",
    "neuf.fr": "imap.sfr.fr",
    "bbox.fr": "imap4.bbox.fr",
    "laposte.net": "imap.laposte.net",
    "outlook.com": "outlook.office365.com",
    "outlook.fr": "outlook.office365.com",
    "hotmail.com": "outlook.office365.com",
    "hotmail.fr": "outlook.office365.com",
    "live.fr": "outlook.office365.com",
    "yahoo.com": "imap.mail.yahoo.com",
    "yahoo.fr": "imap.mail.yahoo.com",
    "icloud.com": "imap.mail.me.com",
    "me.com": "imap.mail.me.com",
    "gmx.fr": "imap.gmx.net",
    "gmx.net": "imap.gmx.net",
    "gmx.de": "imap.gmx.net",
    "web.de": "imap.web.de",
    "mailo.com": "mail.mailo.com",
    "infomaniak.com": "mail.infomaniak.com",
    "ik.me": "mail.infomaniak.com",
    "posteo.net": "posteo.de",
    "posteo.de": "posteo.de",
    "mailbox.org": "imap.mailbox.org",
    "riseup.net": "mail.riseup.net",
}
"""Where the mail of well-known providers is read, as their own help pages say; any other is guessed, and can be corrected."""


@dataclass(frozen=True, slots=True)
class Guess:
    """What kind of source it is, and its address as the adapter of that kind wants it."""

    kind: str
    uri: str
    settings: Mapping[str, object] = field(default_factory=dict)


def guess(what: str, kind: str = "", user: str = "") -> Guess:
    """``what`` as a source; ``kind`` and ``user`` are what the person said about it. Raises ``BadInput`` for nothing."""
    text = what.strip()
    if not text:
        raise BadInput(
            N_("Say what to connect."), hint=N_("A folder, a mail address, or the address of a feed or of a Nextcloud.")
        )
    found = _SCHEME.match(text)
    if kind == "imap" or (not kind and _is_mail_address(text)):
        return _mailbox(text, user)
    if found is None and kind in ("webdav", "caldav", "carddav", "feed"):
        text = f"https://{text}"
    elif found is None and not kind and not Path(text).expanduser().exists() and _NAME.fullmatch(text):
        return _address(f"https://{text}", user)
    if kind:
        return Guess(kind, _plain(text), {"user": user} if user else {})
    if found:
        return _address(text, user)
    path = _profile_in(Path(text).expanduser())
    return Guess(_of_path(path), str(path) if path != Path(text).expanduser() else text)


def mail_server(address: str) -> str:
    """The server where the mail of ``address`` is probably read."""
    domain = address.rpartition("@")[2].lower()
    return MAIL_SERVERS.get(domain, f"imap.{domain}")


def is_guessed(user: str, host: str) -> bool:
    """Whether ``host`` is only what the mail server of ``user`` is likely to be called."""
    domain = user.rpartition("@")[2].lower()
    return "@" in user and domain not in MAIL_SERVERS and host == mail_server(user)


def _is_mail_address(text: str) -> bool:
    return bool(_ADDRESS.fullmatch(text)) and not Path(text).exists()


def _mailbox(text: str, user: str) -> Guess:
    """A mailbox by its mail address, by its server, or by the whole address; ``user`` weighs more than the name in it."""
    if not _SCHEME.match(text):
        if _ADDRESS.fullmatch(text):
            return Guess("imap", f"imaps://{quote(user or text, safe='')}@{mail_server(text)}/", {"user": user or text})
        text = f"imaps://{text.rstrip('/')}/"
    scheme, _, rest = text.partition("://")
    place, slash, path = rest.partition("/")
    before, _, server = place.rpartition("@")
    called = user or unquote(before.partition(":")[0])  # a password is no part of an address that is kept
    if not called:
        return Guess("imap", text)
    return Guess("imap", f"{scheme.lower()}://{quote(called, safe='')}@{server}{slash}{path}", {"user": called})


def _address(text: str, user: str) -> Guess:
    scheme = text.partition("://")[0].lower()
    parts = urlsplit(text)
    said: dict[str, object] = {"user": user} if user else {}
    path = parts.path.lower()
    if scheme in ("imap", "imaps"):
        return _mailbox(text, user)
    if scheme in ("webcal", "webcals") or path.endswith((".ics", "/ical", "/.well-known/caldav")):
        return Guess("caldav", _plain(text), said)
    if scheme == "file":
        return guess(parts.path)
    if "/addressbooks" in path or path.endswith("/.well-known/carddav"):
        return Guess("carddav", text, said)
    if "/calendars" in path and "dav" in path:
        return Guess("caldav", text, said)
    if scheme in ("dav", "davs") or re.search(r"/(?:remote\.php|webdav|dav)(?:/|$)", path):
        return Guess("webdav", _plain(text), said)
    if _OWN_CLOUD.search(parts.hostname or "") and _CLOUD_PATHS.fullmatch(parts.path):
        return Guess("webdav", f"https://{parts.netloc}/" if scheme == "https" else text, said)
    return Guess("feed", text, said)


def _plain(text: str) -> str:
    """The address with the scheme that is really spoken there."""
    for said, spoken in (
        ("webcals://", "https://"),
        ("webcal://", "https://"),
        ("davs://", "https://"),
        ("dav://", "http://"),
    ):
        if text.lower().startswith(said):
            return spoken + text[len(said) :]
    if text.lower().startswith("feed://"):
        return "https://" + text[7:]
    return text.removeprefix("feed:") if text.startswith("feed:http") else text


def _of_path(path: Path) -> str:
    """The kind of what stands at ``path``; a folder when it can't be told."""
    try:
        if path.is_file():
            return _of_file(path)
        if path.is_dir():
            return _of_folder(path)
    except OSError:  # the adapter says it in a person's words
        pass
    return "folder"


def _profile_in(path: Path) -> Path:
    """The profile in the folder of profiles that Firefox and Thunderbird keep; ``path`` itself when it is no such folder.

    Raises ``BadInput`` where there are several: whose it is, only the person knows.
    """
    try:
        if not (path / "profiles.ini").is_file():
            return path
        inside = [path, path / "Profiles"]
        folders = [one for each in inside if each.is_dir() for one in islice(sorted(each.iterdir()), _LOOKED_AT)]
        found = [one for one in folders if one.is_dir() and _of_profile(one)]
    except OSError:  # the adapter says it in a person's words
        return path
    if len(found) > 1:
        raise BadInput(
            N_("There are several profiles in {path}."),
            hint=N_("Name the one that you want: {profiles}"),
            path=str(path),
            profiles=", ".join(map(str, found[:10])),
        )
    return found[0] if found else path


def _of_profile(path: Path) -> str:
    """The kind of a profile of a browser or of Thunderbird; nothing when ``path`` is none."""
    if (path / "prefs.js").is_file() and any((path / name).is_dir() for name in ("Mail", "ImapMail")):
        return "mail"
    is_browser = (path / "places.sqlite").is_file() or all(
        (path / each).is_file() for each in ("Bookmarks", "Preferences")
    )
    return "browser" if is_browser else ""


def _of_file(path: Path) -> str:
    with path.open("rb") as file:
        first = file.read(5)
    if first[:4] == b"ZIM\x04" or path.suffix.lower() == ".zim":
        return "zim"
    if first == b"From " and path.suffix.lower() not in (".txt", ".md"):
        return "mail"
    return "browser" if path.name in ("places.sqlite", "Bookmarks") else "folder"


def _of_folder(path: Path) -> str:
    if profile := _of_profile(path):
        return profile
    return "mail" if _is_maildir(path, _PARTS) or _holds_mails(path) else "folder"


def _is_maildir(path: Path, deep: int) -> bool:
    if all((path / name).is_dir() for name in ("cur", "new")):
        return True
    if deep == 1:
        return False
    inside = [each for each in islice(path.iterdir(), _LOOKED_AT) if each.is_dir() and not each.is_symlink()]
    return bool(inside) and any(_is_maildir(each, deep - 1) for each in inside[:20])


def _holds_mails(path: Path) -> bool:
    """Whether most of what stands in a folder is mails, each a file."""
    names = [each.suffix.lower() for each in islice(path.iterdir(), _LOOKED_AT) if each.is_file()]
    return len(names) > 1 and sum(name in _MAIL_FILES for name in names) * 10 > len(names) * 9
