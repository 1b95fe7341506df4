"""What the kernel tells of a folder, in the words of a source."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.trees import grow
from hameau.library import Changes, Source, SourceContext
from hameau.library.sources import FolderSource
from hameau.library.sources import watcher as watching
from hameau.library.sources.folder import to_uri
from hameau.library.sources.inotify import OVERFLOW, Event
from hameau.library.sources.mounts import Mounts
from hameau.library.sources.watcher import FolderWatcher

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")


class Folder:
    """A folder that was listed once and is followed since."""

    def __init__(self, root: Path, mounts: Mounts | None = None) -> None:
        self.root, self.now = root, mounts or Mounts({"/": "ext4"})
        self.source = FolderSource(mounts=lambda: self.now)
        context = SourceContext(Source("s", "home", "folder", str(root), "", "new", ""), 1_000_000)
        made = self.source.watcher(context)
        assert made is not None
        self.watcher = made
        self.context = SourceContext(context.source, 1_000_000, made)
        list(self.source.items(self.context))

    def changes(self) -> Changes:
        """The kernel's news are there before the call that made them returns."""
        return self.watcher.changes()

    def told(self) -> set[str]:
        return {os.path.relpath(uri, self.root) for uri in self.changes().uris if not uri.startswith("file:")}

    def look(self, *places: str) -> list[str]:
        found = self.source.look(self.context, [str(self.root / place) for place in places])
        return [os.path.relpath(item.uri, self.root) for item in found]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    grow(tmp_path, "a.md: a\nb.md: b\nlettres/\n    c.md: c\n    .git/\n        x: x\n    vieilles/\n        d.md: d")
    made = Folder(tmp_path)
    yield made
    made.watcher.close()


def test_new_changed_renamed_and_deleted_files(folder: Folder) -> None:
    assert folder.watcher.complete and folder.changes() == Changes()
    (folder.root / "neuf.txt").write_text("neuf")
    (folder.root / "lettres" / "c.md").write_text("autre")
    assert folder.told() == {"neuf.txt", "lettres/c.md"}
    (folder.root / "a.md").rename(folder.root / "lettres" / "z.md")
    (folder.root / "b.md").unlink()
    (folder.root / "lettres" / ".git" / "x").write_text("y")
    (folder.root / ".caché").write_text("y")
    assert folder.told() == {"a.md", "lettres/z.md", "b.md"}
    assert select.select([folder.watcher.fileno()], [], [], 0)[0] == []
    (folder.root / "a.md").write_text("a")
    assert select.select([folder.watcher.fileno()], [], [], 0)[0]


def test_a_new_folder_is_followed_from_the_look_that_finds_it(folder: Folder) -> None:
    grow(folder.root, "boîte/\n    une/\n        e.md: e")
    assert folder.told() == {"boîte"}
    assert folder.look("boîte") == ["boîte/une/e.md"]
    (folder.root / "boîte" / "une" / "e.md").write_text("autre")
    assert folder.told() == {"boîte/une/e.md"}


def test_a_folder_that_moves_keeps_being_followed_under_its_new_name(folder: Folder) -> None:
    (folder.root / "lettres").rename(folder.root / "courrier")
    assert folder.told() == {"lettres", "courrier"}
    assert folder.look("lettres", "courrier") == ["courrier/c.md", "courrier/vieilles/d.md"]
    (folder.root / "courrier" / "vieilles" / "d.md").write_text("autre")
    assert folder.told() == {"courrier/vieilles/d.md"}


def test_a_folder_that_leaves_is_followed_no_more(folder: Folder, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("dehors") / "lettres"
    (folder.root / "lettres").rename(outside)
    assert folder.told() == {"lettres"}
    assert folder.look("lettres") == []
    (outside / "vieilles" / "d.md").write_text("autre")
    assert folder.told() == set()


def test_a_name_that_is_no_text(folder: Folder) -> None:
    try:
        path = Path(os.fsdecode(bytes(folder.root) + b"/caf\xe9"))
        path.mkdir()
    except OSError:
        pytest.skip("this file system takes no such name")
    (path / "a.md").write_text("a")
    changes = folder.changes()
    assert to_uri(path) in changes.uris
    (item,) = folder.source.look(folder.context, changes.uris)
    assert item.uri == (path / "a.md").as_uri()


def test_patterns_of_exclusion_and_lost_news_ask_for_everything(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder.root / "lettres" / ".hameauignore").write_text("*.md")
    assert folder.changes().everything
    assert not folder.changes().everything
    monkeypatch.setattr(folder.watcher._inotify, "events", lambda: iter([Event(b"", b"", OVERFLOW)]))
    assert folder.changes().everything


def test_a_mount_that_comes_or_goes_asks_for_everything(folder: Folder) -> None:
    folder.now = Mounts({"/": "ext4", "/elsewhere": "vfat"})
    assert not folder.changes().everything
    folder.now = Mounts({"/": "ext4", str(folder.root / "lettres"): "vfat"})
    assert folder.changes().everything
    folder.now = Mounts({"/": "ext4", str(folder.root): "vfat"})
    assert folder.changes().everything


def test_a_share_is_not_followed_and_says_so(tmp_path: Path) -> None:
    grow(tmp_path, "a.md: a\npartage/\n    b.md: b")
    made = Folder(tmp_path, Mounts({"/": "ext4", str(tmp_path / "partage"): "cifs"}))
    assert not made.watcher.complete and not made.watcher.out_of_watches
    (tmp_path / "partage" / "b.md").write_text("autre")
    assert made.told() == set()
    made.watcher.close()


def test_a_system_without_watches_left_is_told(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: bytes) -> None:
        raise OSError(28, "No space left on device")

    inotify = folder.watcher._inotify
    assert inotify is not None
    monkeypatch.setattr(inotify, "add", full)
    assert len(list(folder.source.items(folder.context))) == 4
    assert folder.watcher.out_of_watches and not folder.watcher.complete
    monkeypatch.undo()
    list(folder.source.items(folder.context))
    assert folder.watcher.complete


def test_without_inotify_a_folder_is_looked_at_instead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(watching, "Inotify", none)
    made = FolderWatcher(tmp_path, lambda path: (str(path),))
    assert not made.complete and made.changes() == Changes()
    made.follow(tmp_path, Mounts())
    made.forget(tmp_path)
    made.close()


def test_a_single_file_is_looked_at_instead(tmp_path: Path) -> None:
    grow(tmp_path, "a.md: a")
    made = Folder(tmp_path / "a.md")
    assert not made.watcher.complete
    assert [item.title for item in made.source.look(made.context, [])] == ["a"]
    made.watcher.close()
