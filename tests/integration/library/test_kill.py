"""`kill -9` at any instant of indexing, following, removing, copying: nothing lost, nothing twice, nothing to put right by hand.

``HAMEAU_KILLS=300`` runs three hundred rounds, with the sandboxed readers; without it a dozen, with plain reading.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from fakes import papers
from fakes.models import HashedEmbedder
from hameau.hub import check_backup
from hameau.kit import NotFound
from hameau.library import Library, jobs
from hameau.storage import Database

CHILD = Path(__file__).with_name("killing.py")
ROUNDS = int(os.environ.get("HAMEAU_KILLS", "12"))
SANDBOX = "HAMEAU_KILLS" in os.environ
EMBEDDERS = ("un", "deux")
WORDS = "lavoir verger clocher moulin fontaine sentier ruche pressoir grange abreuvoir colombier chemin".split()
INVARIANTS = {
    "passages without a document": "select count(*) from passages where document_id not in (select id from documents)",
    "documents without a source": "select count(*) from documents where source_id not in (select id from sources)",
    "passages that are not in the index": (
        "select count(*) from passages where id not in (select id from passage_index_docsize)"
    ),
    "index rows without a passage": (
        "select count(*) from passage_index_docsize where id not in (select id from passages)"
    ),
    "vectors without a passage": "select count(*) from vectors where passage_id not in (select id from passages)",
    "embedders that count wrongly": (
        "select count(*) from embedders e where vectors <> (select count(*) from vectors v where v.embedder = e.number)"
    ),
    "blocks of vectors that count wrongly": (
        "select count(*) from vector_blocks b where vectors <> "
        "(select count(*) from vectors v where v.embedder = b.embedder and v.passage_id >> 8 = b.block)"
    ),
    "documents that stand twice": (
        "select count(*) from (select 1 from documents group by source_id, uri having count(*) > 1)"
    ),
    "documents with other passages than they say": (
        "select count(*) from documents d where state = 'indexed' "
        "and passages <> (select count(*) from passages p where p.document_id = d.id)"
    ),
    "jobs about nothing": (
        "select count(*) from jobs where kind in ('sync', 'rescan', 'look', 'remove') "
        "and subject not in (select id from sources)"
    ),
    "documents out of the way of a move": "select count(*) from documents where uri like 'moving:%'",
}


UNPACKED = (
    "select count(*) from vectors v where not exists "
    "(select 1 from vector_blocks b where b.embedder = v.embedder and b.block = v.passage_id >> 8)"
)
"""Vectors whose block went first when those of an older embedder were freed: loading makes it again."""


class World:
    """Folders that somebody works in, a home, and lives of Hameau that are cut short."""

    def __init__(self, root: Path, seed: int) -> None:
        self.dice = random.Random(seed)
        self.home = root / "home"
        self.home.mkdir()
        self.folders = [root / "documents", root / "mairie"]
        self.serial = 0
        for folder in self.folders:
            (folder / "sous").mkdir(parents=True)
            for _ in range(15):
                self.write(self.place(folder))
        self.zygote = subprocess.Popen(
            [sys.executable, str(CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(CHILD.parents[2])},
        )
        self.shelf = root / "shelf"
        self.lives, self.kills, self.backups = 0, 0, 0

    # Somebody at work

    def place(self, folder: Path) -> Path:
        self.serial += 1
        ending = "docx" if SANDBOX and self.dice.random() < 0.1 else "md"
        where = self.dice.choice([path for path in (folder, *folder.iterdir()) if path.is_dir()])
        return where / f"fiche{self.serial}.{ending}"

    def write(self, path: Path) -> None:
        self.serial += 1
        words = [self.dice.choice(WORDS) for _ in range(self.dice.randrange(3, 400))]
        text = f"Fiche unique{self.serial} : " + " ".join(words) + "."
        content = papers.docx([text]) if path.suffix == ".docx" else text.encode()
        path.write_bytes(content)

    def files(self, folder: Path) -> list[Path]:
        return sorted(path for path in folder.rglob("*") if path.is_file())

    def change(self) -> None:
        """One thing that a person does."""
        folder = self.dice.choice(self.folders)
        files = self.files(folder)
        what = self.dice.choice(["write", "write", "rewrite", "delete", "rename", "swap", "folder"])
        if what == "write" or len(files) < 5:
            self.write(self.place(folder))
        elif what == "rewrite":
            self.write(self.dice.choice(files))
        elif what == "delete":
            self.dice.choice(files).unlink()
        elif what == "rename":
            old = self.dice.choice(files)
            old.rename(self.place(folder).with_suffix(old.suffix))
        elif what == "swap":
            one, other = self.dice.sample([path for path in files if path.suffix == ".md"], 2)
            one.rename(aside := folder / "à côté.md")
            other.rename(one)
            aside.rename(other)
        else:
            inner = next(path for path in sorted(folder.iterdir()) if path.is_dir())
            self.serial += 1
            inner.rename(folder / f"sous{self.serial}")

    # Lives

    def embedder(self) -> str:
        """Another one every few lives, so that older vectors are to be freed."""
        return EMBEDDERS[self.lives // 8 % 2]

    def live(self, do: str, *, kill: bool, remove: tuple[str, ...] = ()) -> int:
        """One life of Hameau, while somebody works; its status. A killed one ends at an instant that nobody chose."""
        self.lives += 1
        order = {
            "home": str(self.home),
            "do": do,
            "sandbox": SANDBOX,
            "embedder": self.embedder(),
            "add": json.dumps([] if do in ("remove", "backup") else [str(folder) for folder in self.folders]),
            "remove": json.dumps(remove),
            "shelf": str(self.shelf),
        }
        assert self.zygote.stdin is not None and self.zygote.stdout is not None
        self.zygote.stdin.write(json.dumps(order) + "\n")
        self.zygote.stdin.flush()
        pid = 0
        while line := self.zygote.stdout.readline():
            word, _, number = line.strip().partition(" ")
            if word == "born":
                pid = int(number)
                if kill and self.dice.random() < 0.1:
                    self.end(pid, 0.02)
            elif word == "open" and kill:
                for _ in range(self.dice.randrange(6)):
                    self.change()
                self.end(pid, 0.25)
            elif word == "gone":
                self.kills += int(number) == signal.SIGKILL
                self.zygote.stdin.write("\n")
                self.zygote.stdin.flush()
                return int(number)
        raise AssertionError("the process that gives life died")

    def end(self, pid: int, longest: float) -> None:
        """Whether or not it is done already: its number is its own until its end was told."""
        assert pid > 1
        threading.Event().wait(self.dice.random() * longest)
        os.kill(pid, signal.SIGKILL)

    # What must hold

    def check(self) -> None:
        """What holds at every instant."""
        if not (self.home / "hameau.db").exists():
            return
        connection = apsw.Connection(str(self.home / "hameau.db"))
        try:
            if next(connection.execute("pragma user_version"))[0] == 0:
                return  # killed before the tables were made
            broken = {name: next(connection.execute(sql))[0] for name, sql in INVARIANTS.items()}
            assert not {name: count for name, count in broken.items() if count}
            assert [row[0] for row in connection.execute("pragma quick_check")] == ["ok"]
        finally:
            connection.close()

    def check_whole(self) -> None:
        """What holds when Hameau was left to finish: the library is what the folders are."""
        assert self.live("once", kill=False) == 0
        self.check()
        database = Database(self.home / "hameau.db")
        library = Library(database, lambda: HashedEmbedder(self.embedder(), 8))
        try:
            assert {job.kind for job in library.jobs.all()} <= {jobs.ERASE}  # that one waits for company
            assert sorted(source.uri for source in library.sources()) == sorted(map(str, self.folders))
            documents = library.documents(limit=100_000)
            assert sorted(one.uri for one in documents) == sorted(
                str(path) for folder in self.folders for path in self.files(folder)
            )
            assert not [(one.uri, one.reason) for one in documents if one.state != "indexed"]
            for one in documents:
                if one.uri.endswith(".md"):
                    assert library.text(one.id) == Path(one.uri).read_text()
            library.erasing.finish()
            assert library.jobs.all() == []
            status = library.status()
            assert status.embedded_passages == status.passages > 0
            library.warm()
            with database.read() as session:
                assert session.value(UNPACKED) == 0
            for word in WORDS:
                assert library.search(word).results
        finally:
            database.close()

    def check_backups(self) -> None:
        """Those that were made are whole, every piece of them, and none has gone."""
        try:
            found = len(check_backup(self.shelf, lambda _: b""))
        except NotFound:
            found = 0  # the first was cut short before there was a list
        assert found >= self.backups
        self.backups = found

    def close(self) -> None:
        assert self.zygote.stdin is not None and self.zygote.stdout is not None
        self.zygote.stdin.close()
        self.zygote.wait(timeout=90)
        self.zygote.stdout.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path, 20261122 + ROUNDS)
    yield made
    made.close()


def test_killed_at_any_instant_nothing_is_lost_and_nothing_twice(world: World) -> None:
    while world.kills < ROUNDS:
        do = world.dice.choices(["once", "follow", "remove", "backup"], [4, 4, 1, 1])[0]
        world.live(do, kill=True, remove=(str(world.dice.choice(world.folders)),))
        world.check()
        if do == "backup":
            world.check_backups()
        if world.lives % 10 == 0:
            world.check_whole()
    world.check_whole()
    assert world.live("backup", kill=False) == 0
    world.check_backups()
    assert world.backups > 0
