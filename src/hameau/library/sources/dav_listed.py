"""One thing as a WebDAV server lists it, and what the library makes of it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from hashlib import blake2b
from pathlib import PurePosixPath

from hameau.kit import now, stamp
from hameau.library.ports import Item
from hameau.library.sources.dav_places import name_of
from hameau.library.sources.dav_told import Told

_NO_WORDS = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069]+")
_LONGEST_ID = 100


@dataclass(frozen=True, slots=True)
class Listed:
    """A file or a folder at ``path``, which ends with a slash for a folder."""

    path: str
    is_folder: bool
    size: int
    etag: str
    modified_at: str
    file_id: str = ""
    """What Nextcloud and its family call it, wherever it stands; empty elsewhere."""
    permissions: frozenset[str] = frozenset()
    """Letters of ``oc:permissions``: S shared with me, M mounted from elsewhere."""
    encrypted: bool = False
    """Whether it can only be read by its owner's devices (Nextcloud's end-to-end encryption)."""

    @property
    def fingerprint(self) -> str:
        """Changes with the content. Where things have a number it goes with them when they move; elsewhere two contents may
        have the same tag (rclone makes it of size and time alone), so the place is part of it."""
        if self.file_id and self.etag:
            return f"{self.file_id} {self.etag}"
        said = self.etag or (f"{self.size} {self.modified_at}" if self.modified_at else now())
        return f"{said} {self.size}@{blake2b(self.path.encode('ascii', 'replace'), digest_size=8).hexdigest()}"

    def item(self, origin: str) -> Item:
        """It, for the library; ``origin`` is the server's scheme and name."""
        modified = self.modified_at or stamp(0)
        return Item(origin + self.path, title_of(name_of(self.path)), self.size, modified, self.fingerprint)


def listed(told: Told, path: str) -> Listed:
    """What ``told`` says of ``path``."""
    folder = told.is_folder
    return Listed(
        path=path.rstrip("/") + "/" if folder else path,
        is_folder=folder,
        size=told.size,
        etag=told.etag,
        modified_at=moment(told.prop("d:getlastmodified")),
        file_id=told.prop("oc:fileid")[:_LONGEST_ID],
        permissions=frozenset(told.prop("oc:permissions")[:40]),
        encrypted=told.prop("nc:is-encrypted") == "1",
    )


def title_of(name: str) -> str:
    """A file's name as one line of words, without its ending."""
    return " ".join(_NO_WORDS.sub(" ", PurePosixPath(name).stem.replace("_", " ")).split())


def moment(text: str) -> str:
    """A date of HTTP (RFC 9110, 5.6.7) in ISO 8601; empty for what is none."""
    try:
        return stamp(parsedate_to_datetime(text.strip()).timestamp())
    except (ValueError, TypeError, OverflowError, OSError):
        return ""
