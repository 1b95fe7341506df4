"""The source ``folder``: a folder of this machine with all its subfolders, or one single file. Opens no document.

Which files those are says ``walking.py``; what changes in them, ``watcher.py``.
"""

from __future__ import annotations

import logging
import os
import re
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePath
from urllib.parse import unquote_to_bytes

from hameau.kit import N_, BadInput, NotFound, Refused, Unavailable, stamp
from hameau.library.ports import Content, Item, PartlyUnavailable, SourceContext
from hameau.library.sources.globs import wanted
from hameau.library.sources.mounts import Mounts, mounted
from hameau.library.sources.walking import Walk
from hameau.library.sources.watcher import FolderWatcher

logger = logging.getLogger(__name__)

_NOT_PERSONAL = frozenset({"/", "/proc", "/sys", "/dev", "/run", "/boot"})
_NO_WORDS = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069]+")
_AWAY = N_("This folder can't be reached right now; what was read there stays.")
_AWAY_HINT = N_("Connect the disk or the share again, then synchronise. Remove the source if it is gone for good.")


class FolderSource:
    """Lists files with a fingerprint of size, modification time and inode, which costs no reading.

    ``but`` are folders of Hameau itself that are no part of any source; ``mounts`` says what is mounted now.
    """

    kind = "folder"

    def __init__(self, but: Iterable[Path] = (), mounts: Callable[[], Mounts] = mounted) -> None:
        self._but, self._mounted = frozenset(path.resolve() for path in but), mounts

    def check(self, uri: str, settings: Mapping[str, object]) -> str:
        """The absolute path of an existing folder or file, links resolved.

        Raises ``BadInput`` for what is no path or no pattern, ``NotFound`` when nothing is there, ``Refused`` for folders that
        hold the system and not documents, and for what the account may not read.
        """
        wanted(settings)
        if not uri.strip() or "\0" in uri or (not uri.startswith("file:") and "://" in uri):
            raise BadInput(
                N_("This is not the path of a folder or a file."), hint=N_("Give a path such as ~/Documents.")
            )
        try:
            path = to_path(uri).expanduser().resolve(strict=True)
            status = path.stat()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise NotFound(
                N_("There is no folder or file at {path}."),
                hint=N_(
                    "Check how it is written. An address on the web begins with https://, and a mail address looks like "
                    "name@example.org."
                ),
                path=_shown(uri),
            ) from error
        except (OSError, RuntimeError, ValueError) as error:
            raise Refused(N_("{path} can't be read."), path=_shown(uri)) from error
        if (
            path in self._but
            or str(path) in _NOT_PERSONAL
            or path.is_relative_to("/proc")
            or path.is_relative_to("/sys")
        ):
            raise Refused(
                N_("{path} holds the system, not documents."),
                hint=N_("Choose a folder with documents."),
                path=str(path),
            )
        if not (stat.S_ISDIR(status.st_mode) or stat.S_ISREG(status.st_mode)):
            raise BadInput(N_("{path} is neither a folder nor a file."), path=str(path))
        if not os.access(path, os.R_OK | (os.X_OK if stat.S_ISDIR(status.st_mode) else 0)):
            raise Refused(
                N_("Hameau is not allowed to read {path}."),
                hint=N_("Give your account the right to read it."),
                path=str(path),
            )
        return to_uri(path)

    def items(self, context: SourceContext) -> Iterator[Item]:
        """Every file that is there now, folder by folder in the order of names.

        Raises ``Unavailable`` at once when the folder itself is gone or suddenly bare (a disk that is not mounted leaves an
        empty folder behind), and at the end when it went away meanwhile or a part of it failed to answer: what was yielded
        holds, what was not may still be there. Raises ``PartlyUnavailable`` for subfolders that the account may not read.
        """
        root = to_path(context.source.uri)
        watcher = context.watcher if isinstance(context.watcher, FolderWatcher) else None
        if watcher is not None:
            watcher.begin()
        status = self._there(root, context)
        if not stat.S_ISDIR(status.st_mode):
            if watcher is not None:
                watcher.follow_nothing()
            yield _item(root, status)
            return
        walk = self._walk(root, context)
        yield from (_item(*found) for found in walk.everything())
        self._finish(walk, status, context)

    def look(self, context: SourceContext, uris: Iterable[str]) -> Iterator[Item]:
        """What there is now at ``uris`` and below them."""
        root = to_path(context.source.uri)
        status = self._there(root, context)
        if not stat.S_ISDIR(status.st_mode):
            yield _item(root, status)
            return
        walk = self._walk(root, context)
        places = {path for path in map(to_path, uris) if path.is_relative_to(root)}
        yield from (_item(*found) for found in walk.places(places))
        self._finish(walk, status, context)

    def watcher(self, context: SourceContext) -> FolderWatcher | None:
        """Follows the folder by the kernel's news, on Linux."""
        if sys.platform != "linux":
            return None
        try:
            return FolderWatcher(to_path(context.source.uri), _starts, self._mounted)
        except OSError as error:
            logger.warning("the source %s can't be followed: %s", context.source.id, error)
            return None

    def mounts(self, context: SourceContext) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What is mounted in the folder, and what was and is not now."""
        root = to_path(context.source.uri)
        mounts = self._mounted()
        walk = self._walk(root, context)
        here = tuple(to_uri(path) for path in map(Path, mounts.inside(str(root))) if _wants(walk, path))
        away = [path for path in map(to_path, context.source.mounts) if str(path) not in mounts.points]
        return here, tuple(start + "/" for path in away if _wants(walk, path) for start in _starts(path))

    @contextmanager
    def content(self, context: SourceContext, uri: str) -> Iterator[Content]:
        """The file itself."""
        path = to_path(uri)
        yield Content(path.name, path, beneath=Path(context.source.uri))

    def present(self, context: SourceContext) -> None:
        """Raises ``Unavailable`` when the folder is gone or suddenly bare."""
        self._there(to_path(context.source.uri), context)

    def _walk(self, root: Path, context: SourceContext) -> Walk:
        watcher = context.watcher if isinstance(context.watcher, FolderWatcher) else None
        return Walk(root, wanted(context.source.settings), self._mounted(), watcher, self._but - {root})

    def _there(self, root: Path, context: SourceContext) -> os.stat_result:
        """The status of the source itself, when it is there and not suddenly bare."""
        try:
            status = root.stat()
            if not stat.S_ISDIR(status.st_mode):
                return status
            with os.scandir(root) as entries:
                bare = next(entries, None) is None
        except OSError as error:
            raise Unavailable(_AWAY, hint=_AWAY_HINT) from error
        if bare and context.source.documents:
            raise Unavailable(
                N_("This folder is suddenly empty; what was read there stays."),
                hint=N_("Connect the disk if one is missing. If you emptied the folder yourself, remove the source."),
            )
        return status

    def _finish(self, walk: Walk, before: os.stat_result, context: SourceContext) -> None:
        """Says what kept the walk from seeing everything."""
        if not _is_still(walk.root, before):
            raise Unavailable(_AWAY, hint=_AWAY_HINT)
        if walk.failures:
            raise Unavailable(
                N_("A part of this folder can't be reached right now; what was read there stays."), hint=_AWAY_HINT
            ) from walk.failures[0]
        _here, away = self.mounts(context)
        if away:
            raise _away(away, [start + "/" for folder in walk.closed for start in _starts(folder)])
        if walk.closed:
            raise _closed(walk.closed)


def to_uri(path: PurePath) -> str:
    """``path`` as text: itself, or a ``file:`` URI when its name is not valid in the file system's encoding."""
    text = str(path)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return path.as_uri()
    return text


def to_path(uri: str) -> Path:
    """The path that :func:`to_uri` wrote."""
    if uri.startswith("file://"):
        return Path(os.fsdecode(unquote_to_bytes(uri.removeprefix("file://"))))
    return Path(uri)


def _is_still(root: Path, before: os.stat_result) -> bool:
    """Whether ``root`` is the very folder that it was: not away, and not the bare mount point of a disk that was pulled out."""
    try:
        return os.path.samestat(root.stat(), before)
    except OSError:
        return False


def _closed(folders: list[Path]) -> PartlyUnavailable:
    """What to say of subfolders that the account may not read. A name that is no text is written as a URI (:func:`to_uri`)."""
    error = PartlyUnavailable(
        N_("Hameau is not allowed to look into {folder}; what was read there stays."),
        hint=N_("Give your account the right to read it, then synchronise again."),
        folder=_shown(str(folders[0])),
    )
    error.below = tuple(start + "/" for folder in folders for start in _starts(folder))
    return error


def _away(places: Sequence[str], closed: Sequence[str]) -> PartlyUnavailable:
    """What to say when disks or shares that were mounted in the folder are not now."""
    error = PartlyUnavailable(
        N_("The disk or the share at {folder} is away; what was read there stays."),
        hint=N_("It is read again by itself when it is back."),
        folder=_shown(places[0].rstrip("/")),
    )
    error.below = (*places, *closed)
    return error


def _starts(path: Path) -> tuple[str, str]:
    """How the URI of ``path`` is written, and how those of the things in it may begin: a name that is no text is a URI."""
    return to_uri(path), path.as_uri()


def _wants(walk: Walk, path: Path) -> bool:
    try:
        return path.is_relative_to(walk.root) and walk.wants_folder(path)
    except OSError:
        return True  # what can't be asked is kept


def _item(path: Path, status: os.stat_result) -> Item:
    return Item(
        uri=to_uri(path),
        title=_one_line(_shown(path.stem.replace("_", " "))),
        size=status.st_size,
        modified_at=_moment(status.st_mtime),
        fingerprint=f"{status.st_size}-{status.st_mtime_ns}-{status.st_ino}",
    )


def _one_line(text: str) -> str:
    """A file name may hold line feeds and marks that turn the writing round; a title is one line of words."""
    return " ".join(_NO_WORDS.sub(" ", text).split())


def _moment(seconds: float) -> str:
    """A clock set wrong can give a file any time at all."""
    try:
        return stamp(seconds)
    except (OverflowError, ValueError, OSError):
        return stamp(0)


def _shown(text: str) -> str:
    """``text`` without what can't be shown: bytes of an unknown encoding become U+FFFD."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
