"""Sources that are followed: real files in folders that change while an indexer runs, or while none does."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fakes.extraction import PlainExtractor
from fakes.sources import MemorySource
from fakes.trees import grow
from hameau.library import Indexer, Item, Library, SourceAdapter, SourceContext, jobs, watching
from hameau.library.sources import FolderSource
from hameau.storage import Database

CHILD = Path(__file__).with_name("mounts_child.py")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
"""Where a child finds the fakes."""
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="folders are followed on Linux")


class World:
    """A home, a folder of documents, and indexers over them. ``read`` names the files that were really read."""

    def __init__(self, root: Path) -> None:
        self.home, self.folder = root / "home", root / "documents"
        self.home.mkdir()
        self.folder.mkdir()
        self.database = Database(self.home / "hameau.db")
        self.library = Library(self.database)
        self.extractor = PlainExtractor()
        self.indexers: list[Indexer] = []

    @property
    def read(self) -> list[str]:
        return sorted(path.name for path in self.extractor.read)

    def indexer(self, **adapters: SourceAdapter) -> Indexer:
        made = Indexer(
            self.library,
            adapters={"folder": FolderSource(but=[self.home]), **adapters},
            extractor=self.extractor,
            home=self.home,
        )
        self.indexers.append(made)
        return made

    def start(self, **adapters: SourceAdapter) -> Indexer:
        made = self.indexer(**adapters)
        made.start()
        return made

    def ids(self) -> dict[str, int]:
        return {Path(one.uri).name: one.id for one in self.library.documents()}

    def found(self, word: str, space: str = "home") -> list[str]:
        """The names of the documents whose text holds ``word``."""
        documents = self.library.documents(space=space)
        return sorted(Path(one.uri).name for one in documents if word in self.library.text(one.id))

    def is_quiet(self) -> bool:
        return not self.library.pending() and not self.library.jobs.due()

    def close(self) -> None:
        for indexer in self.indexers:
            indexer.stop()
        self.database.close()


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(watching, "QUIET_SECONDS", 0.05)
    made = World(tmp_path)
    yield made
    made.close()


def test_what_changes_in_a_folder_is_known_without_asking(world: World) -> None:
    grow(world.folder, "a.md: Le lavoir.\nlettres/\n    b.md: Le verger.\n    c.md: Le moulin.")
    world.library.add_source("folder", str(world.folder))
    world.start()
    until(lambda: world.found("verger") == ["b.md"] and world.is_quiet())
    before = world.ids()
    world.extractor.read.clear()

    (world.folder / "neuf.md").write_text("Le clocher.", encoding="utf-8")
    until(lambda: world.found("clocher") == ["neuf.md"])
    (world.folder / "a.md").write_text("La fontaine.", encoding="utf-8")
    until(lambda: world.found("fontaine") == ["a.md"] and world.found("lavoir") == [])
    (world.folder / "neuf.md").unlink()
    until(lambda: world.found("clocher") == [])
    assert world.read == ["a.md", "neuf.md"]

    (world.folder / "lettres").rename(world.folder / "courrier")
    (world.folder / "a.md").rename(world.folder / "courrier" / "z.md")
    until(lambda: "z.md" in world.ids() and any("/courrier/b.md" in one.uri for one in world.library.documents()))
    until(world.is_quiet)
    after = world.ids()
    assert after == {"b.md": before["b.md"], "c.md": before["c.md"], "z.md": before["a.md"]}
    assert world.read == ["a.md", "neuf.md"]  # a move reads nothing
    (world.folder / "courrier" / "c.md").write_text("Le sentier.", encoding="utf-8")
    until(lambda: world.found("sentier") == ["c.md"])
    (world.folder / "courrier" / ".hameauignore").write_text("c.md\n", encoding="utf-8")
    until(lambda: world.found("sentier") == [])


def test_what_changed_meanwhile_is_caught_up_with(world: World) -> None:
    grow(world.folder, "a.md: Le lavoir.\nb.md: Le clocher.\nlettres/\n    c.md: Le verger.")
    world.library.add_source("folder", str(world.folder))
    first = world.start()
    until(lambda: world.found("verger") == ["c.md"] and world.is_quiet())
    first.stop()
    before = world.ids()
    world.extractor.read.clear()
    (world.folder / "lettres").rename(world.folder / "courrier")
    (world.folder / "b.md").unlink()
    (world.folder / "d.md").write_text("Le moulin.", encoding="utf-8")
    world.start()
    until(lambda: world.found("moulin") == ["d.md"] and world.found("clocher") == [] and world.is_quiet())
    assert world.read == ["d.md"]
    assert world.ids()["c.md"] == before["c.md"]
    assert any(one.uri.endswith("/courrier/c.md") for one in world.library.documents())


def test_a_folder_that_goes_and_comes_back_is_found_again_by_itself(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_FIRST_WAIT", 0.01)
    grow(world.folder, "a.md: Le lavoir.")
    source = world.library.add_source("folder", str(world.folder))
    world.start()
    until(lambda: world.found("lavoir") == ["a.md"] and world.is_quiet())
    away = world.folder.rename(world.folder.with_name("ailleurs"))
    until(lambda: world.library.source(source.id).state == "failed")
    assert world.found("lavoir") == ["a.md"]
    (away / "b.md").write_text("Le verger.", encoding="utf-8")
    away.rename(world.folder)
    until(lambda: world.library.source(source.id).state == "ready" and world.found("verger") == ["b.md"])
    assert world.read == ["a.md", "b.md"]


class Hanging(MemorySource):
    """A share that does not answer."""

    kind = "hanging"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.listing, self.answer = threading.Event(), threading.Event()

    def items(self, context: SourceContext) -> Iterator[Item]:
        self.listing.set()
        self.answer.wait(60)
        yield from super().items(context)


def test_a_share_that_hangs_holds_up_nobody_and_every_space_is_followed(world: World, tmp_path: Path) -> None:
    grow(world.folder, "a.md: Le lavoir.")
    slow = Hanging(tmp_path / "slow")
    world.library.add_source("hanging", "share")
    with world.database.transaction() as session:
        session.run("insert into spaces (id, title, created_at) values ('mairie', '', '2026-01-01T00:00:00Z')")
    shared = world.library.add_source("folder", str(world.folder), space="mairie")
    world.start(hanging=slow)
    try:
        assert slow.listing.wait(60)
        until(lambda: world.found("lavoir", "mairie") == ["a.md"])
        (world.folder / "a.md").write_text("Le verger.", encoding="utf-8")
        until(lambda: world.found("verger", "mairie") == ["a.md"])
        assert world.library.source(shared.id).state == "ready"
    finally:
        slow.answer.set()


def test_logs_that_are_turned_over_are_moves(world: World) -> None:
    grow(world.folder, "log: Le lavoir.\nlog.1: Le verger.\nlog.2: Le clocher.")
    source = world.library.add_source("folder", str(world.folder))
    indexer = world.indexer()
    indexer.run_until_idle()
    before, count = world.ids(), len(world.read)
    (world.folder / "log.1").rename(world.folder / "log.2")
    (world.folder / "log").rename(world.folder / "log.1")
    (world.folder / "log").write_text("La fontaine.", encoding="utf-8")
    indexer.sync(source.id)
    assert [world.found(word) for word in ("lavoir", "verger", "fontaine", "clocher")] == [
        ["log.1"],
        ["log.2"],
        ["log"],
        [],
    ]
    after = world.ids()
    assert (after["log.1"], after["log.2"]) == (before["log"], before["log.1"])
    assert len(world.read) == count + 1


def test_a_job_nobody_could_do_is_put_off_and_the_rest_goes_on(world: World) -> None:
    grow(world.folder, "a.md: Le lavoir.")
    world.library.add_source("folder", str(world.folder))
    world.library.add_source("absent", "what")
    indexer = world.indexer()
    indexer.run_until_idle()
    assert world.found("lavoir") == ["a.md"]
    states = {source.kind: source.state for source in world.library.sources()}
    assert states == {"folder": "ready", "absent": "failed"}
    (job,) = world.library.jobs.all()
    assert job.subject != "" and job.tries == 1 and "absent" in str(job.fields)


def test_disks_and_shares_inside_a_folder_that_come_and_go(tmp_path: Path) -> None:
    script = f"mount -t tmpfs none '{tmp_path}' || exit 77; exec '{sys.executable}' '{CHILD}' '{tmp_path}'"
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=ENVIRONMENT)
    except FileNotFoundError:
        pytest.skip("the program unshare makes room to mount")
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("this kernel lets no user mount anything")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["mounted", "away", "moved", "back", "followed"]


def until(condition: Callable[[], bool]) -> None:
    """Gives up after a minute: a bound, not a measure."""
    for _ in range(1200):
        if condition():
            return
        threading.Event().wait(0.05)
    raise AssertionError("it never came")
