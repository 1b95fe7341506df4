"""What changes below one folder, from the kernel's news of files and of mounts, in the words of a source."""

from __future__ import annotations

import errno
import logging
import os
import select
from collections.abc import Callable
from pathlib import Path

from hameau.library.ports import Changes
from hameau.library.sources.ignoring import FILE as IGNORE_FILE
from hameau.library.sources.inotify import DELETE_SELF, IS_A_FOLDER, MOVE_SELF, OVERFLOW, UNMOUNT, Event, Inotify
from hameau.library.sources.mounts import LIST, Mounts, mounted

logger = logging.getLogger(__name__)
_LOST = OVERFLOW | UNMOUNT


class FolderWatcher:
    """Follows what was listed below ``root``. A walk hands every folder to :meth:`follow` before it lists it, so nothing that
    happens meanwhile is missed. What can't be followed (a share, no watch left) is said by :attr:`complete`.
    """

    def __init__(
        self, root: Path, names: Callable[[Path], tuple[str, ...]], mounts: Callable[[], Mounts] = mounted
    ) -> None:
        """``names`` are the URIs of a path, and what those of the things in it may begin with. Raises ``OSError``."""
        self._root, self._names, self._mounts = root, names, mounts
        self._mounted = self._near(mounts())
        self._inotify: Inotify | None = None
        self._together = select.epoll()
        try:
            self._list = os.open(LIST, os.O_RDONLY | os.O_CLOEXEC)
            self._together.register(self._list, select.EPOLLPRI | select.EPOLLERR)
            self._inotify = Inotify()
            self._together.register(self._inotify.fileno(), select.EPOLLIN)
        except OSError as error:
            logger.info("files can't be followed here: %s", error)
        self.out_of_watches = False
        """The kernel gives this user no more watches: some folders are not followed."""
        self._partly = self._inotify is None

    @property
    def complete(self) -> bool:
        """Whether everything that was handed to :meth:`follow` is followed."""
        return not self._partly and not self.out_of_watches

    def fileno(self) -> int:
        """Readable when there are changes."""
        return self._together.fileno()

    def begin(self) -> None:
        """All folders are about to be handed over anew."""
        self.out_of_watches, self._partly = False, self._inotify is None

    def follow_nothing(self) -> None:
        """What is listed is no folder: it is looked at instead."""
        self._partly = True

    def follow(self, folder: Path, mounts: Mounts) -> None:
        """Follow ``folder`` from now on."""
        if self._inotify is None or mounts.remote(str(folder)):
            self._partly = True
            return
        try:
            self._inotify.add(os.fsencode(folder))
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.ENOMEM):
                self.out_of_watches = True
            elif error.errno not in (errno.ENOENT, errno.ENOTDIR):  # those went away meanwhile
                self._partly = True

    def forget(self, path: Path) -> None:
        """There is nothing at ``path`` any more."""
        if self._inotify is not None:
            self._inotify.forget(os.fsencode(path))

    def changes(self) -> Changes:
        """What has changed since the last call."""
        everything = self._mounts_changed()
        uris: set[str] = set()
        for event in self._inotify.events() if self._inotify is not None else ():
            if event.mask & _LOST or event.name == os.fsencode(IGNORE_FILE) or self._lost_root(event):
                everything = True
            elif event.name and not event.name.startswith(b"."):
                path = Path(os.fsdecode(event.folder + b"/" + event.name))
                names = self._names(path)
                uris.update(names if event.mask & IS_A_FOLDER else names[:1])
        return Changes(frozenset(uris), everything)

    def close(self) -> None:
        """Ends it."""
        self._together.close()
        if self._inotify is not None:
            self._inotify.close()
        if hasattr(self, "_list"):
            os.close(self._list)
            del self._list

    def _lost_root(self, event: Event) -> bool:
        return (
            not event.name and bool(event.mask & (MOVE_SELF | DELETE_SELF)) and event.folder == os.fsencode(self._root)
        )

    def _mounts_changed(self) -> bool:
        now = self._near(self._mounts())
        before, self._mounted = self._mounted, now
        return now != before

    def _near(self, mounts: Mounts) -> frozenset[str]:
        """The mounts that decide what the source shows: those above it and those in it."""
        root = str(self._root)
        above = {str(folder) for folder in (self._root, *self._root.parents)}
        return frozenset(mounts.points & above) | frozenset(mounts.inside(root))
