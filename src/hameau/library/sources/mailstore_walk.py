"""Finds the mailboxes in a folder: of Maildir, mbox files, single mails, Thunderbird's profiles, MH. Opens no mail.

Thunderbird keeps a mailbox in a file without ending beside its index (``Inbox``, ``Inbox.msf``), those below it in
``Inbox.sbd``; or, when it was told so, in folders like Maildir's. Claws and other MH programs keep a file a mail, its name a
number. No link is followed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hameau.library.sources.mailboxes import Boxes, plain_name
from hameau.library.sources.mailstore_mbox import begins

Layout = Literal["maildir", "mbox", "file"]
_MAILS = frozenset([".eml", ".msg", ".emlx"])
_NO_BOXES = frozenset(
    [".msf", ".dat", ".json", ".js", ".sqlite", ".html", ".txt", ".log", ".ini", ".db", ".mab", ".xml", ".rc", ".lock", ".tmp"]
)  # fmt: skip
_MH_MARKS = frozenset([".mh_sequences", ".claws_mark", ".claws_cache", ".sylpheed_mark", ".sylpheed_cache"])
_STORES = frozenset({"Mail", "ImapMail"})
_NUMBER = re.compile(r"[1-9][0-9]{0,9}")
_LOOK = 1000
_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Box:
    """A mailbox: the folder of a Maildir, an mbox file, or one mail in a file of its own. ``name`` for people."""

    layout: Layout
    path: Path
    name: str


class Boxwalk:
    """One look at ``root``. ``closed`` are folders that the account may not read, known when the walk is over."""

    def __init__(self, root: Path, boxes: Boxes) -> None:
        self._root, self._boxes = root, boxes
        self.closed: list[Path] = []

    def everything(self) -> Iterator[Box]:
        """Every mailbox that is wanted."""
        if not self._root.is_dir():
            layout: Layout = "mbox" if self._root.suffix.lower() not in _MAILS else "file"
            yield Box(layout, self._root, self._root.stem)
            return
        profile = [self._root / store for store in sorted(_STORES) if (self._root / store).is_dir()]
        if (self._root / "prefs.js").is_file() and profile:
            for store in profile:
                yield from self._folder(store, "", 0)
            return
        yield from self._folder(self._root, "", 0)

    def _folder(self, path: Path, name: str, depth: int) -> Iterator[Box]:
        try:
            with os.scandir(path) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except PermissionError:
            self.closed.append(path)
            return
        except (FileNotFoundError, NotADirectoryError):
            return
        names = {entry.name for entry in entries}
        maildir = "cur" in names and bool(names & {"new", "tmp"})
        if maildir and self._wants(name or "INBOX"):
            yield Box("maildir", path, name or "INBOX")
        mh = bool(names & _MH_MARKS)
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if depth < _DEPTH and not (maildir and entry.name in ("cur", "new", "tmp")):
                    below = _below(name, entry.name, maildir=maildir)
                    if below == name or self._might(below):
                        yield from self._folder(Path(entry.path), below, depth + 1)
            elif entry.is_file(follow_symlinks=False):
                yield from self._file(entry, name, mh=mh, indexed=f"{entry.name}.msf" in names)

    def _file(self, entry: os.DirEntry[str], name: str, *, mh: bool, indexed: bool) -> Iterator[Box]:
        ending = Path(entry.name).suffix.lower()
        path = Path(entry.path)
        if ending in _MAILS or (mh and _NUMBER.fullmatch(entry.name)):
            if not name or self._wants(name):
                yield Box("file", path, name)
            return
        if ending in _NO_BOXES or entry.name.startswith("."):
            return
        box = _joined(name, plain_name(entry.name.removesuffix(".mbox")))
        if self._wants(box) and (indexed or _is_mbox(path)):
            yield Box("mbox", path, box)

    def _wants(self, name: str) -> bool:
        return self._boxes.wants(name)

    def _might(self, name: str) -> bool:
        """Whether it is worth looking below a folder."""
        return self._boxes.might(name)


def _below(name: str, entry: str, *, maildir: bool) -> str:
    """What the folder called ``entry`` in the mailbox ``name`` is called by people."""
    if entry.endswith(".sbd"):
        return _joined(name, plain_name(entry.removesuffix(".sbd")))
    if maildir and entry.startswith("."):  # Maildir++: all levels in one name
        return "/".join(plain_name(level) for level in entry[1:].split("."))
    return _joined(name, plain_name(entry.removesuffix(".mbox")))


def _joined(name: str, entry: str) -> str:
    return f"{name}/{entry}" if name else entry


def _is_mbox(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return begins(os.pread(descriptor, _LOOK, 0).lstrip(b"\r\n"))
    except OSError:
        return False
    finally:
        os.close(descriptor)
