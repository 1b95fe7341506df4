"""The source ``folder``: a folder of this machine with all its subfolders, or one single file. Opens no document.

Hidden files and folders are left out, and so are symbolic links: what a link inside the folder points at inside the folder is
listed where it stands, and what lies outside was not given. So loops and escapes can't happen.
"""

from __future__ import annotations

import logging
import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from urllib.parse import unquote_to_bytes

from hameau.kit import N_, BadInput, NotFound, Refused, Unavailable, stamp
from hameau.library.ports import Item, PartlyUnavailable, SourceContext
from hameau.library.sources.globs import Wanted, wanted

logger = logging.getLogger(__name__)

_NOT_PERSONAL = frozenset({"/", "/proc", "/sys", "/dev", "/run", "/boot"})
_NO_WORDS = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069]+")
_AWAY = N_("This folder can't be reached right now; what was read there stays.")
_AWAY_HINT = N_("Connect the disk or the share again, then synchronise. Remove the source if it is gone for good.")


class FolderSource:
    """Lists files with a fingerprint of size, modification time and inode, which costs no reading."""

    kind = "folder"

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
            raise NotFound(N_("There is no folder or file at {path}."), path=_shown(uri)) from error
        except (OSError, RuntimeError, ValueError) as error:
            raise Refused(N_("{path} can't be read."), path=_shown(uri)) from error
        if str(path) in _NOT_PERSONAL or path.is_relative_to("/proc") or path.is_relative_to("/sys"):
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
        try:
            status = root.stat()
            if not stat.S_ISDIR(status.st_mode):
                yield _item(root, status)
                return
            with os.scandir(root) as entries:
                bare = next(entries, None) is None
        except OSError as error:
            raise Unavailable(_AWAY, hint=_AWAY_HINT) from error
        if bare and context.source.documents:
            raise Unavailable(
                N_("This folder is suddenly empty; what was read there stays."),
                hint=N_("Connect the disk if one is missing. If you emptied the folder yourself, remove the source."),
            )
        failures: list[OSError] = []
        closed: list[Path] = []
        yield from _walk(root, wanted(context.source.settings), failures, closed)
        if not _is_still(root, status):
            raise Unavailable(_AWAY, hint=_AWAY_HINT)
        if failures:
            raise Unavailable(
                N_("A part of this folder can't be reached right now; what was read there stays."), hint=_AWAY_HINT
            ) from failures[0]
        if closed:
            raise _closed(closed)

    def path(self, context: SourceContext, uri: str) -> Path:
        """The file itself."""
        return to_path(uri)


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


def _walk(root: Path, choice: Wanted, failures: list[OSError], closed: list[Path]) -> Iterator[Item]:
    """Without recursion, for folders may be nested deeper than Python's stack. Folders that may not be read go to ``closed``."""
    waiting = [(root, "")]
    while waiting:
        folder, below = waiting.pop()
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except (FileNotFoundError, NotADirectoryError):
            continue  # it went away while we looked
        except PermissionError as error:
            logger.info("passed over %r: %s", str(folder), error)
            closed.append(folder)
            continue
        except OSError as error:
            failures.append(error)
            continue
        folders = []
        for entry in entries:
            relative = below + entry.name
            if entry.name.startswith("."):
                continue
            try:
                if entry.is_dir(follow_symlinks=False):
                    if choice.folder(relative):
                        folders.append((Path(entry.path), relative + "/"))
                elif entry.is_file(follow_symlinks=False) and choice.file(relative):
                    yield _item(Path(entry.path), entry.stat(follow_symlinks=False))
            except FileNotFoundError:
                continue  # it went away while we looked
            except OSError as error:
                failures.append(error)
        waiting.extend(reversed(folders))


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
    error.below = tuple(start + "/" for folder in folders for start in (to_uri(folder), folder.as_uri()))
    return error


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
