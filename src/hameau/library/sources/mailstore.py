"""The source ``mail``: mail that lies on this machine. A Maildir, mbox files, Thunderbird's profile, folders of EML or MSG files.

Settings: those of :mod:`~hameau.library.sources.mailboxes`. Only reads: no mark of a mail is changed, no file is written.

URIs: a mail of a Maildir is its folder and the part of its name that never changes, a mail in an mbox is
``FILE#<digest of what it says>``, any other a file. What was read, answered or starred since is no change to any of them.
"""

from __future__ import annotations

import json
import logging
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path

from hameau.kit import N_, BadInput, NotFound, Unavailable, stamp
from hameau.library.opening import open_document
from hameau.library.ports import Content, Item, Kept, PartlyUnavailable, SourceContext
from hameau.library.sources import mailstore_mbox as mbox
from hameau.library.sources.folder import FolderSource, to_path, to_uri
from hameau.library.sources.mailboxes import Boxes
from hameau.library.sources.mailstore_walk import Box, Boxwalk
from hameau.library.sources.mounts import Mounts, mounted

logger = logging.getLogger(__name__)

LARGEST = 32 << 20
"""Bytes of one mail that are read; what comes behind is an attachment that was cut."""
CUT = N_("This mail is very big: what was attached to it was not read whole.")
_FLAGS = re.compile(r"[:;!]2,([A-Za-z]*)$")
_AWAY = N_("This mail can't be reached right now; what was read there stays.")
_AWAY_HINT = N_("Connect the disk or the share again, then synchronise. Remove the source if it is gone for good.")
_SHORTCUTS = 20
"""An mbox file that only grew is read at its end alone so often; then once more as a whole, for what was thrown away in it."""
_SMALL = 32 << 20
"""A file up to here is always read as a whole."""


@dataclass(slots=True)
class _Listed:
    """What one listing found of one source: where the mails stand that it named."""

    files: dict[str, Path] = field(default_factory=dict)
    letters: dict[str, dict[str, mbox.Letter]] = field(default_factory=dict)
    """Of each mbox file, by the URI of the file."""


class MailStoreSource:
    """Mail on this machine. ``but`` are folders of Hameau itself; ``mounts`` says what is mounted now."""

    kind = "mail"

    def __init__(self, but: Iterable[Path] = (), mounts: Callable[[], Mounts] = mounted) -> None:
        self._folder = FolderSource(but, mounts)
        self._lock = threading.Lock()
        self._listed: dict[str, _Listed] = {}

    def check(self, uri: str, settings: Mapping[str, object]) -> str:
        """The absolute path of a folder or file that holds mail.

        Raises ``BadInput`` when there is none in it, or a setting can't be understood; else as a folder does.
        """
        boxes = Boxes(settings)
        checked = self._folder.check(uri, {})
        if not is_mail(to_path(checked), boxes):
            raise BadInput(
                N_("There is no mail at {path}."),
                hint=N_("Give a Maildir, an mbox file, a folder of .eml files or a profile of Thunderbird."),
                path=checked,
            )
        return checked

    def items(self, context: SourceContext) -> Iterator[Item | Kept]:
        """Every mail that is there now, mailbox by mailbox. What did not change since is told as a whole."""
        root = to_path(context.source.uri)
        self.present(context)
        boxes = Boxes(context.source.settings)
        listed = _Listed()
        with self._lock:
            self._listed[context.source.id] = listed
        walk = Boxwalk(root, boxes)
        found = 0
        for box in walk.everything():
            found += 1
            try:
                yield from self._box(box, boxes, context, listed)
            except PermissionError:
                walk.closed.append(box.path)
            except FileNotFoundError:
                logger.info("%s went away while it was listed", box.path)
        if not found and context.source.documents:
            raise Unavailable(
                N_("There is suddenly no mail here; what was read stays."),
                hint=N_("Connect the disk if one is missing. If you moved the mail yourself, remove the source."),
            )
        self.present(context)
        if walk.closed:
            raise _closed(walk.closed)

    @contextmanager
    def content(self, context: SourceContext, uri: str) -> Iterator[Content]:
        """One mail: a file of its own, or the bytes of one that stands among others."""
        root = to_path(context.source.uri)
        if "#" in uri and (file := to_path(uri.rpartition("#")[0])).is_file():
            yield self._letter(context, file, uri, root)
            return
        path = self._path(context, uri)
        ending = path.suffix.lower()
        if ending == ".msg":
            yield Content(path.name, path, beneath=root if root.is_dir() else None)
            return
        data = _whole(path, root)
        warning = CUT if len(data) == LARGEST else ""
        yield Content("message.eml", data=_apple(data) if ending == ".emlx" else data, warning=warning)

    def title(self, uri: str) -> str:
        """Thunderbird has folders that nobody calls by their names; nothing for any other."""
        path = to_path(uri)
        is_profile = (path / "prefs.js").is_file() and any((path / each).is_dir() for each in ("Mail", "ImapMail"))
        return "Thunderbird" if is_profile else ""

    def present(self, context: SourceContext) -> None:
        """Raises ``Unavailable`` when the folder or file is gone."""
        try:
            to_path(context.source.uri).stat()
        except OSError as error:
            raise Unavailable(_AWAY, hint=_AWAY_HINT) from error

    def _box(self, box: Box, boxes: Boxes, context: SourceContext, listed: _Listed) -> Iterator[Item | Kept]:
        if box.layout == "maildir":
            yield from _maildir(box, boxes, listed)
        elif box.layout == "mbox":
            yield from _mbox(box, boxes, context, listed)
        elif (status := box.path.stat()) and not _is_before(status.st_mtime, boxes):
            yield _item(to_uri(box.path), box.path.stem, status)

    def _path(self, context: SourceContext, uri: str) -> Path:
        """Where a mail is now; in a Maildir its name changes when it is read."""
        known = self._of(context).files.get(uri)
        if known is not None and known.exists():
            return known
        path = to_path(uri)
        if path.parent.name == "cur":
            for folder in ("cur", "new"):
                for name in _names(path.parent.parent / folder):
                    if _lasting(name) == path.name:
                        return path.parent.parent / folder / name
        if path.exists():
            return path
        raise NotFound(N_("This mail is no more."))

    def _letter(self, context: SourceContext, file: Path, uri: str, root: Path) -> Content:
        digest = uri.rpartition("#")[2]
        known = self._of(context).letters.setdefault(to_uri(file), {})
        descriptor = open_document(file, root if root.is_dir() else None)
        try:
            for again in (False, True):
                if again:
                    end = os.fstat(descriptor).st_size
                    known.clear()
                    known.update(_numbered(mbox.letters(descriptor, 0, end)))
                letter = known.get(digest)
                if letter is not None and (again or _is_still(descriptor, letter)):
                    data = mbox.content(descriptor, letter, LARGEST)
                    return Content("message.eml", data=data, warning=CUT if letter.length > LARGEST else "")
        finally:
            os.close(descriptor)
        raise NotFound(N_("This mail is no more."))

    def _of(self, context: SourceContext) -> _Listed:
        with self._lock:
            return self._listed.setdefault(context.source.id, _Listed())


def is_mail(path: Path, boxes: Boxes | None = None) -> bool:
    """Whether there is mail at ``path``: a cheap look, for whoever asks what a person means."""
    if path.is_file():
        return path.suffix.lower() in (".eml", ".msg", ".emlx") or _begins(path)
    return next(Boxwalk(path, boxes or Boxes({})).everything(), None) is not None


def _maildir(box: Box, boxes: Boxes, listed: _Listed) -> Iterator[Item]:
    """The mails of one folder; drafts and those that were thrown away are not told."""
    place = to_uri(box.path / "cur")
    for folder in ("cur", "new"):
        path = box.path / folder
        for name in _names(path):
            marks = _FLAGS.search(name)
            if marks and ("T" in marks[1] or "D" in marks[1]):
                continue
            try:
                status = (path / name).lstat()
            except FileNotFoundError:
                continue  # moved from "new" to "cur" meanwhile, or thrown away: the next look tells
            if not _is_file(status) or _is_before(status.st_mtime, boxes):
                continue
            uri = to_uri(Path(place) / _lasting(name)) if _is_text(name) else to_uri(path / name)
            if uri in listed.files:
                continue  # it was just moved
            listed.files[uri] = path / name
            yield _item(uri, box.name, status)


def _mbox(box: Box, boxes: Boxes, context: SourceContext, listed: _Listed) -> Iterator[Item | Kept]:
    """The mails of one file; of one that only grew, those that are new."""
    uri = to_uri(box.path)
    descriptor = open_document(box.path)
    try:
        status = os.fstat(descriptor)
        before = _remembered(context, uri, boxes)
        start = _grown_from(descriptor, status, before)
        if before and start == status.st_size == before.get("size") and status.st_mtime_ns == before.get("changed"):
            yield Kept(f"{uri}#")
            _remember(context, uri, boxes, descriptor, status, int(before.get("shortcuts", 0)))
            return
        if start:
            yield Kept(f"{uri}#")
        known = listed.letters.setdefault(uri, {})
        found = ((digest, one) for digest, one in _numbered(mbox.letters(descriptor, start, status.st_size), known))
        for digest, letter in found:
            known[digest] = letter
            if letter.deleted or _is_letter_before(letter, boxes):
                continue
            size = min(letter.length, LARGEST, context.max_file_bytes)
            fingerprint = f"{letter.length}-{letter.digest}"
            yield Item(f"{uri}#{digest}", box.name, size, stamp(status.st_mtime), fingerprint)
        _remember(context, uri, boxes, descriptor, status, int(before.get("shortcuts", 0)) + 1 if start else 0)
    finally:
        os.close(descriptor)


def _numbered(
    letters: Iterable[mbox.Letter], known: Mapping[str, object] | None = None
) -> Iterator[tuple[str, mbox.Letter]]:
    """Each mail with a name of its own: the digest, and a number behind it where the very same mail stands there again."""
    seen: dict[str, int] = {}
    for letter in letters:
        number = seen.get(letter.digest, 1 if known and letter.digest in known else 0) + 1
        seen[letter.digest] = number
        yield (letter.digest if number == 1 else f"{letter.digest}-{number}"), letter


def _remembered(context: SourceContext, uri: str, boxes: Boxes) -> dict[str, int | str]:
    """What was noted of an mbox file; nothing when it does not hold any more."""
    try:
        told = json.loads(context.memory.get(f"mbox:{uri}") or "{}")
    except ValueError:
        return {}
    if context.whole or not isinstance(told, dict) or told.get("settings") != boxes.signature:
        return {}
    return told


def _remember(
    context: SourceContext, uri: str, boxes: Boxes, descriptor: int, status: os.stat_result, shortcuts: int
) -> None:
    told = {
        "size": status.st_size,
        "changed": status.st_mtime_ns,
        "end": mbox.fingerprint_at(descriptor, status.st_size),
        "settings": boxes.signature,
        "shortcuts": shortcuts,
    }
    context.memory.note(f"mbox:{uri}", json.dumps(told))


def _grown_from(descriptor: int, status: os.stat_result, before: Mapping[str, int | str]) -> int:
    """The place from which on the file is new; 0: look at all of it."""
    size = int(before.get("size", 0) or 0)
    if not size or size > status.st_size or mbox.fingerprint_at(descriptor, size) != before.get("end"):
        return 0
    if size == status.st_size:
        return size if status.st_mtime_ns == before.get("changed") else 0
    if status.st_size <= _SMALL or int(before.get("shortcuts", 0)) >= _SHORTCUTS:
        return 0
    return size if next(mbox.letters(descriptor, size, status.st_size), None) is not None else 0


def _is_still(descriptor: int, letter: mbox.Letter) -> bool:
    """Whether the mail stands where it stood when it was listed."""
    found = next(mbox.at(descriptor, letter.offset, letter.length), None)
    return found is not None and found.digest == letter.digest


def _item(uri: str, title: str, status: os.stat_result) -> Item:
    fingerprint = f"{status.st_size}-{status.st_mtime_ns}-{status.st_ino}"
    return Item(uri, title, min(status.st_size, LARGEST), _moment(status.st_mtime), fingerprint)


def _moment(seconds: float) -> str:
    try:
        return stamp(seconds)
    except (OverflowError, ValueError, OSError):
        return stamp(0)


def _is_before(seconds: float, boxes: Boxes) -> bool:
    return boxes.since is not None and seconds < boxes.since.timestamp()


def _is_letter_before(letter: mbox.Letter, boxes: Boxes) -> bool:
    if boxes.since is None:
        return False
    try:
        when = parsedate_to_datetime(letter.date.decode("ascii", "replace"))
    except (ValueError, TypeError, IndexError, OverflowError):
        return False  # nobody knows: it is read
    return (when if when.tzinfo else when.replace(tzinfo=UTC)) < boxes.since


def _names(folder: Path) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if not name.startswith("."))  # noqa: PTH208 - names, not paths
    except (FileNotFoundError, NotADirectoryError):
        return []


def _lasting(name: str) -> str:
    """The part of a name that stays when a mail is read or answered."""
    return _FLAGS.sub("", name)


def _is_text(name: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in name)


def _is_file(status: os.stat_result) -> bool:
    return (status.st_mode & 0o170000) == 0o100000


def _begins(path: Path) -> bool:
    with path.open("rb") as file:
        return mbox.begins(file.read(1000).lstrip(b"\r\n"))


def _whole(path: Path, root: Path) -> bytes:
    """The beginning of a file, as much as is read of a mail."""
    with os.fdopen(open_document(path, root if root.is_dir() else None), "rb") as file:
        return file.read(LARGEST)


def _apple(data: bytes) -> bytes:
    """The mail in a file of Apple Mail: the first line says how long it is, behind it stands a property list."""
    first, _, rest = data.partition(b"\n")
    return rest[: int(first)] if first.strip().isdigit() and len(first) < 20 else data


def _closed(folders: list[Path]) -> PartlyUnavailable:
    error = PartlyUnavailable(
        N_("Hameau is not allowed to look into {folder}; what was read there stays."),
        hint=N_("Give your account the right to read it, then synchronise again."),
        folder=os.fsencode(folders[0]).decode("utf-8", "replace"),
    )
    error.below = tuple(start for folder in folders for start in (f"{to_uri(folder)}/", f"{to_uri(folder)}#"))
    return error
