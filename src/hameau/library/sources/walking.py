"""Walks the folders of a source: which there are, which are wanted, what stands in them. Opens no document.

Hidden files and folders are left out, and so are symbolic links: what a link inside the folder points at inside the folder is
listed where it stands, and what lies outside was not given. So loops and escapes can't happen.
"""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hameau.library.sources.globs import Wanted
from hameau.library.sources.ignoring import Ignoring
from hameau.library.sources.mounts import Mounts
from hameau.library.sources.watcher import FolderWatcher

logger = logging.getLogger(__name__)
Found = tuple[Path, os.stat_result]


@dataclass(slots=True)
class Walk:
    """One look at what lies below ``root``. Files come as they are found; what could not be looked into is kept beside."""

    root: Path
    choice: Wanted
    mounts: Mounts
    watcher: FolderWatcher | None = None
    but: frozenset[Path] = frozenset()
    """Folders that are never entered: Hameau's own."""
    failures: list[OSError] = field(default_factory=list)
    """Of folders and files that should be there and did not answer."""
    closed: list[Path] = field(default_factory=list)
    """Folders that the account may not read."""
    _rules: dict[str, Ignoring] = field(default_factory=dict)

    def everything(self) -> Iterator[Found]:
        """All files, folder by folder in the order of names."""
        yield from self._below(self.root, "")

    def places(self, paths: Iterable[Path]) -> Iterator[Found]:
        """The files at ``paths`` and below them, each once."""
        gone = []
        tops: list[Path] = []
        for path in sorted(paths):
            if not tops or not path.is_relative_to(tops[-1]):
                tops.append(path)
        for path in tops:
            try:
                status = self._reach(path)
                if status is None:
                    gone.append(path)
                elif stat.S_ISDIR(status.st_mode):
                    yield from self._below(path, self._relative(path))
                elif stat.S_ISREG(status.st_mode):
                    yield path, status
            except PermissionError as error:
                self._shut(path.parent, error)
            except OSError as error:
                self.failures.append(error)
        if self.watcher is not None:
            for path in gone:
                self.watcher.forget(path)

    def wants_folder(self, path: Path) -> bool:
        """Whether everything on the way to the folder at ``path``, and itself, is wanted. Raises ``OSError``."""
        return path == self.root or self._wanted(path, folder=True)

    def _reach(self, path: Path) -> os.stat_result | None:
        """What is at ``path`` when everything on the way is a wanted folder and no link; ``None`` when it isn't there."""
        try:
            if path == self.root:
                return path.lstat()
            for folder in list(reversed(path.parents))[len(self.root.parents) + 1 :]:
                if not stat.S_ISDIR(folder.lstat().st_mode):
                    return None
            status = path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return status if self._wanted(path, folder=stat.S_ISDIR(status.st_mode)) else None

    def _wanted(self, path: Path, *, folder: bool) -> bool:
        """Whether what stands at ``path`` is wanted, by its own name and those of the folders above it."""
        parts = path.relative_to(self.root).parts
        for depth in range(1, len(parts) + 1):
            above, relative = "/".join(parts[: depth - 1]), "/".join(parts[:depth])
            is_folder = folder or depth < len(parts)
            if not self._takes(self._rules_of(above + "/" if above else ""), relative, parts[depth - 1], is_folder):
                return False
        return True

    def _takes(self, rules: Ignoring, relative: str, name: str, is_folder: bool) -> bool:
        if name.startswith(".") or (is_folder and self.but and self.root / relative in self.but):
            return False
        if is_folder:
            return self.choice.folder(relative) and not rules.leaves_out(relative + "/")
        return self.choice.file(relative) and not rules.leaves_out(relative)

    def _rules_of(self, start: str) -> Ignoring:
        """What the files of exclusions say in the folder at ``start`` below the source. Raises ``OSError``."""
        if start not in self._rules:
            above = self._rules_of(_above(start)) if start else Ignoring()
            self._rules[start] = above.within(self.root / start, start)
        return self._rules[start]

    def _below(self, top: Path, start: str) -> Iterator[Found]:
        """Without recursion, for folders may be nested deeper than Python's stack."""
        waiting = [(top, start)]
        while waiting:
            folder, below = waiting.pop()
            try:
                if self.watcher is not None:
                    self.watcher.follow(folder, self.mounts)
                rules = self._rules_of(below)
                with os.scandir(folder) as listing:
                    entries = sorted(listing, key=lambda entry: entry.name)
            except (FileNotFoundError, NotADirectoryError):
                continue  # it went away while we looked
            except PermissionError as error:
                self._shut(folder, error)
                continue
            except OSError as error:
                self.failures.append(error)
                continue
            folders = []
            for entry in entries:
                relative = below + entry.name
                try:
                    if entry.is_dir(follow_symlinks=False):
                        if self._takes(rules, relative, entry.name, True):
                            folders.append((Path(entry.path), relative + "/"))
                    elif entry.is_file(follow_symlinks=False) and self._takes(rules, relative, entry.name, False):
                        yield Path(entry.path), entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue  # it went away while we looked
                except OSError as error:
                    self.failures.append(error)
            waiting.extend(reversed(folders))

    def _relative(self, path: Path) -> str:
        return "" if path == self.root else str(path.relative_to(self.root)) + "/"

    def _shut(self, folder: Path, error: OSError) -> None:
        logger.info("passed over %r: %s", str(folder), error)
        self.closed.append(folder)


def _above(start: str) -> str:
    return start.rstrip("/").rpartition("/")[0] + "/" if "/" in start.rstrip("/") else ""
