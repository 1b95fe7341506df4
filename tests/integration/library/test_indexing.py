"""The indexer on a real database, real files and the real extractor: changes, moves, kills, a second process."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fakes import papers
from fakes.models import HashedEmbedder
from fakes.trees import grow
from hameau.kit import Conflict, NotEnough
from hameau.library import Indexer, Item, Library, SourceContext, syncing
from hameau.library.extraction import SandboxedExtractor
from hameau.library.sources import FolderSource, folder
from hameau.models import Gate
from hameau.storage import Database

WORDS = "hameau", "mairie", "fontaine", "lavoir", "verger", "moulin", "clocher", "sentier"


class World:
    """A home and a folder of documents."""

    def __init__(self, root: Path) -> None:
        self.home, self.folder = root / "home", root / "documents"
        self.home.mkdir()
        self.folder.mkdir()
        self.database = Database(self.home / "hameau.db")
        self.library = Library(self.database)
        self.extractor = SandboxedExtractor(scratch=self.home / "scratch")
        self.read: list[str] = []

    def extract(self, path: Path, media_type: str = "", *, beneath: Path | None = None) -> object:
        self.read.append(path.name)
        return self.extractor.extract(path, media_type)

    def indexer(self, **more: object) -> Indexer:
        return Indexer(self.library, adapters={"folder": FolderSource()}, extractor=self, home=self.home, **more)  # type: ignore[arg-type]

    def sync(self) -> None:
        indexer = self.indexer()
        for source in self.library.sources():
            self.library.request_sync(source.id)
        if not self.library.sources():
            self.library.add_source("folder", indexer.check("folder", str(self.folder)))
        self.read.clear()
        indexer.run_until_idle()
        indexer.stop()

    def found(self, word: str) -> list[str]:
        return sorted({Path(result.uri).name for result in self.library.search(word, limit=100).results})

    def close(self) -> None:
        self.extractor.close()
        self.database.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def test_new_changed_moved_and_deleted_files(world: World) -> None:
    grow(
        world.folder,
        "a.md: Le lavoir.\nb.txt: La fontaine.\nlettres/\n    c.txt: Le verger du moulin.\n.caché.txt: rien",
    )
    world.sync()
    assert sorted(world.read) == ["a.md", "b.txt", "c.txt"]
    assert world.found("lavoir") == ["a.md"]
    first = {Path(one.uri).name: one.id for one in world.library.documents()}

    world.sync()
    assert world.read == []  # unchanged files are not read again

    (world.folder / "a.md").write_text("Le clocher.", encoding="utf-8")
    (world.folder / "lettres" / "c.txt").rename(world.folder / "verger.txt")
    (world.folder / "b.txt").unlink()
    world.sync()
    assert world.read == ["a.md"]
    assert world.found("lavoir") == world.found("fontaine") == []
    assert world.found("clocher") == ["a.md"]
    assert world.found("verger") == ["verger.txt"]
    after = {Path(one.uri).name: one.id for one in world.library.documents()}
    assert after == {"a.md": first["a.md"], "verger.txt": first["c.txt"]}


def test_a_touched_file_is_looked_at_but_not_read(world: World) -> None:
    grow(world.folder, "a.md: Le lavoir.")
    world.sync()
    os.utime(world.folder / "a.md", (1, 1))
    world.sync()
    assert world.read == []
    assert world.library.status().pending == 0


def test_a_failed_file_is_listed_and_stops_nobody(world: World) -> None:
    grow(world.folder, "a.md: Le lavoir.")
    (world.folder / "mauvais.docx").write_bytes(b"PK\x03\x04 pas une archive")
    (world.folder / "lettre.docx").write_bytes(papers.docx(["Le moulin."]))
    world.sync()
    (failure,) = world.library.failures()
    assert failure.uri.endswith("mauvais.docx") and failure.reason and failure.hint
    assert world.found("moulin") == ["lettre.docx"]
    indexer = world.indexer()
    world.read.clear()
    indexer.sync(world.library.sources()[0].id, retry=False)
    assert world.read == []  # a routine look leaves it alone
    indexer.sync(world.library.sources()[0].id)
    assert world.read == ["mauvais.docx"]  # a person who asks has it tried again
    indexer.stop()


class Changing(FolderSource):
    """A folder whose file ``a.txt`` becomes something else between the listing and the reading."""

    def __init__(self, become: Callable[[Path], object]) -> None:
        super().__init__()
        self._become = become

    def items(self, context: SourceContext) -> Iterator[Item]:
        for item in super().items(context):
            yield item
            if item.uri.endswith("a.txt"):
                Path(item.uri).unlink()
                self._become(Path(item.uri))


@pytest.mark.parametrize("become", [os.mkfifo, lambda path: path.symlink_to("/dev/zero"), lambda path: path.mkdir()])
def test_a_file_that_becomes_something_else_stops_nobody(world: World, become: Callable[[Path], object]) -> None:
    (world.folder / "a.txt").write_text("Le clocher.")
    (world.folder / "b.txt").write_text("Le sentier.")
    world.library.add_source("folder", str(world.folder))
    indexer = Indexer(world.library, adapters={"folder": Changing(become)}, extractor=world, home=world.home)  # type: ignore[arg-type]
    indexer.run_until_idle()
    indexer.stop()
    assert world.found("sentier") == ["b.txt"]
    assert [Path(one.uri).name for one in world.library.failures()] == ["a.txt"]


def test_an_unreadable_newcomer_does_not_stop_what_was_deleted(world: World) -> None:
    """A new file is compared with the deleted ones, which may have been it under another name."""
    (world.folder / "old.txt").write_text("Le lavoir.")
    world.sync()
    (world.folder / "old.txt").unlink()
    (world.folder / "a.txt").write_text("Le clocher.")
    (world.folder / "b.txt").write_text("Le verger.")
    world.library.request_sync(world.library.sources()[0].id)
    indexer = Indexer(world.library, adapters={"folder": Changing(Path.mkdir)}, extractor=world, home=world.home)  # type: ignore[arg-type]
    indexer.run_until_idle()
    indexer.stop()
    assert world.found("lavoir") == []
    assert world.found("verger") == ["b.txt"]


def test_a_file_too_big_is_listed_with_its_reason(world: World) -> None:
    grow(world.folder, "a.md: Le lavoir.\nb.md: Un peu plus long que le lavoir.")
    indexer = world.indexer(max_file_bytes=20)
    world.library.add_source("folder", str(world.folder))
    indexer.run_until_idle()
    indexer.stop()
    (failure,) = world.library.failures()
    assert failure.uri.endswith("b.md") and "bigger" in str(failure.reason)


def test_a_folder_that_went_away_deletes_nothing(world: World) -> None:
    grow(world.folder, "a.md: Le lavoir.")
    world.sync()
    world.folder.rename(world.folder.with_name("ailleurs"))
    world.sync()
    assert world.found("lavoir") == ["a.md"]
    (source,) = world.library.sources()
    assert source.state == "failed" and source.error
    world.folder.mkdir()  # the mount point without its disk
    world.sync()
    assert world.found("lavoir") == ["a.md"]
    world.folder.rmdir()
    world.folder.with_name("ailleurs").rename(world.folder)
    world.sync()
    assert world.library.sources()[0].state == "ready"
    assert world.read == []


class Closed(FolderSource):
    """A folder that the account may not look into, whoever runs the tests."""

    def items(self, context: SourceContext) -> Iterator[Item]:
        yield from (item for item in super().items(context) if "/lettres/" not in item.uri)
        raise folder._closed([Path(context.source.uri) / "lettres"])


def test_a_subfolder_that_may_not_be_read_any_more_keeps_its_documents(world: World) -> None:
    grow(world.folder, "a.md: Le lavoir.\nb.md: Le clocher.\nlettres/\n    c.md: Le verger.")
    world.sync()
    (world.folder / "b.md").unlink()
    world.library.request_sync(world.library.sources()[0].id)
    indexer = Indexer(world.library, adapters={"folder": Closed()}, extractor=world, home=world.home)  # type: ignore[arg-type]
    indexer.run_until_idle()
    indexer.stop()
    assert world.found("verger") == ["c.md"]
    assert world.found("clocher") == []  # the rest is known for certain
    (source,) = world.library.sources()
    assert "look into" in str(source.error) and str(source.fields["folder"]).endswith("lettres") and source.hint


class Unplugged(FolderSource):
    """A disk that is pulled out when it has been listed (``late``), or while it is."""

    def __init__(self, late: bool) -> None:
        super().__init__()
        self._late = late

    def items(self, context: SourceContext) -> Iterator[Item]:
        root = Path(context.source.uri)
        for item in super().items(context):
            yield item
            if not self._late and root.exists():
                root.rename(root.with_name("ailleurs"))
        if self._late and root.exists():
            root.rename(root.with_name("ailleurs"))


@pytest.mark.parametrize("late", [True, False])
def test_a_disk_pulled_out_while_it_is_read_loses_nothing(world: World, late: bool) -> None:
    grow(world.folder, "a.md: Le lavoir.\nb.md: Le clocher.\nlettres/\n    c.md: Le verger.")
    world.sync()
    (world.folder / "a.md").write_text("Le lavoir neuf.", encoding="utf-8")
    (world.folder / "b.md").unlink()
    world.library.request_sync(world.library.sources()[0].id)
    indexer = Indexer(world.library, adapters={"folder": Unplugged(late)}, extractor=world, home=world.home)  # type: ignore[arg-type]
    indexer.run_until_idle()
    indexer.stop()
    assert (
        world.found("lavoir") == ["a.md"] and world.found("clocher") == ["b.md"] and world.found("verger") == ["c.md"]
    )
    (source,) = world.library.sources()
    assert source.state == "failed" and source.error


def test_a_name_that_is_no_text_survives(world: World) -> None:
    try:
        Path(os.fsdecode(bytes(world.folder) + b"/caf\xe9.txt")).write_text("Le sentier.", encoding="utf-8")
    except OSError:
        pytest.skip("this file system takes no such name")
    Path(os.fsdecode(bytes(world.folder) + b"/pr\xe9.docx")).write_bytes(papers.docx(["Le verger."]))
    world.sync()
    assert len(world.library.search("sentier").results) == 1
    assert len(world.library.search("verger").results) == 1
    world.sync()
    assert world.read == []


def test_the_indexer_renews_an_older_text_index_without_reading_a_file(world: World) -> None:
    grow(world.folder, "a.md: Le lavoir.")
    world.sync()
    with world.database.transaction() as session:
        session.run("""update settings set value = '{"version": 1}' where key = 'text_index'""")
        session.run("delete from passage_index")
    world.sync()
    assert world.read == []
    assert world.found("lavoir") == ["a.md"]


def test_vectors_follow(world: World) -> None:
    grow(world.folder, "a.md: Le lavoir.\nb.md: Le moulin.")
    embedder = HashedEmbedder()
    indexer = world.indexer(background_embedder=lambda: embedder)
    world.library.add_source("folder", str(world.folder))
    indexer.run_until_idle()
    indexer.stop()
    status = world.library.status()
    assert status.embedded_passages == status.passages == 2


def test_a_server_follows_what_another_process_adds(world: World) -> None:
    grow(world.folder, "a.md: Le lavoir.")
    indexer = world.indexer(gate=Gate())
    assert indexer.try_lock()
    indexer.start()
    try:
        other = Database(world.home / "hameau.db")
        Library(other).add_source("folder", str(world.folder))
        with pytest.raises(Conflict):
            second = Indexer(Library(other), adapters={}, extractor=world.extractor, home=world.home)
            second.run_until_idle()
        other.close()
        wait_until(lambda: world.found("lavoir") == ["a.md"])
    finally:
        indexer.stop()


def test_indexing_waits_while_a_person_waits(world: World) -> None:
    grow(world.folder, "a.md: Le lavoir.")
    gate = Gate()
    indexer = world.indexer(gate=gate)
    world.library.add_source("folder", str(world.folder))
    with gate.person():
        indexer.start()
        threading.Event().wait(0.7)
        assert world.library.status().passages == 0
    wait_until(lambda: world.library.status().passages == 1)
    indexer.stop()


def test_a_full_disk_pauses_and_resumes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    grow(world.folder, "a.md: Le lavoir.\nb.md: Le moulin.")
    monkeypatch.setattr(syncing, "RETRY_SECONDS", 0.01)
    write, seen = world.library.write_documents, []
    indexer = world.indexer()

    def full(*arguments: object) -> object:
        if len(seen) < 3:
            seen.append(indexer.progress())
            raise NotEnough("The disk is full.")
        return write(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(world.library, "write_documents", full)
    world.library.add_source("folder", str(world.folder))
    indexer.run_until_idle()
    indexer.stop()
    assert len(seen) == 3
    assert world.library.status().passages == 2
    assert world.library.failures() == []


def test_killed_again_and_again_nothing_is_lost_and_nothing_twice(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "documents"
    home.mkdir()
    folder.mkdir()
    for number in range(60):
        (folder / f"{number:02}.md").write_text(
            f"# Fiche {number}\n\nLe mot rare{number:02}bis et le lavoir.\n", encoding="utf-8"
        )
    for number in range(5):
        (folder / f"lettre{number}.docx").write_bytes(papers.docx([f"Une lettre avec rarissime{number}."]))
    dice = random.Random(7)
    command = [sys.executable, str(Path(__file__).with_name("indexing_child.py")), str(home), str(folder)]
    for _ in range(6):
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        for _ in range(dice.randrange(3, 60)):
            child.stdout.readline()
        child.kill()
        child.wait()
        child.stdout.close()
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.rstrip().endswith("complete")
    database = Database(home / "hameau.db")
    library = Library(database)
    assert database.check() == []
    status = library.status()
    assert (status.documents, status.pending, status.failed) == (65, 0, 0)
    for number in range(60):
        results = library.search(f"rare{number:02}bis").results
        assert [Path(result.uri).name for result in results] == [f"{number:02}.md"]
    for number in range(5):
        assert len(library.search(f"rarissime{number}").results) == 1
    for document in library.documents(limit=100):
        if document.uri.endswith(".md"):
            assert library.text(document.id) == Path(document.uri).read_text(encoding="utf-8")
    database.close()
    assert list((home / "scratch").iterdir()) == []


def wait_until(condition) -> None:
    """Gives up after a minute: a bound, not a measure."""
    for _ in range(600):
        if condition():
            return
        threading.Event().wait(0.1)
    raise AssertionError("it never came")
