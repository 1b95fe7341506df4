"""Run by its path, where it may mount, with a folder: a disk inside a source comes, goes and comes back."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from fakes.extraction import PlainExtractor
from hameau.library import Indexer, Library
from hameau.library.sources import FolderSource
from hameau.storage import Database

top = Path(sys.argv[1])
home, folder = top / "home", top / "documents"
disk, spare = folder / "disque", top / "spare"
for made in (home, folder, disk, spare):
    made.mkdir()
(folder / "a.md").write_text("Le lavoir.")
database = Database(home / "hameau.db")
library, extractor = Library(database), PlainExtractor()
indexer = Indexer(library, adapters={"folder": FolderSource()}, extractor=extractor, home=home)


def until(condition: Callable[[], bool]) -> None:
    for _ in range(1200):
        if condition():
            return
        threading.Event().wait(0.05)
    raise SystemExit(f"it never came: {library.sources()} {library.documents()} {library.jobs.all()}")


def found(word: str) -> bool:
    return sum(word in library.text(document.id) for document in library.documents()) == 1


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


mount("-t", "tmpfs", "none", str(disk))
(disk / "b.md").write_text("Le verger.")
source = library.add_source("folder", str(folder))
indexer.run_until_idle()
assert found("lavoir") and found("verger") and library.source(source.id).mounts == (str(disk),)
print("mounted")

mount("--move", str(disk), str(spare))  # the disk is pulled out; its folder stays, and is bare
indexer.sync(source.id)
assert found("verger")
seen = library.source(source.id)
assert seen.state == "ready" and "away" in str(seen.error) and seen.fields["folder"] == str(disk), seen
(folder / "a.md").unlink()
indexer.sync(source.id)
assert not found("lavoir") and found("verger")  # the rest is known for certain
print("away")

disk.rmdir()  # as automatic mounts do
indexer.sync(source.id)
assert found("verger")
disk.mkdir()
(disk / "c.md").write_text("Le moulin.")  # written beneath while the disk is away
indexer.sync(source.id)
assert found("verger") and found("moulin")
print("moved")

indexer.start()
mount("--move", str(spare), str(disk))  # the kernel tells, nobody asks
until(lambda: not found("moulin") and library.source(source.id).error is None)
assert found("verger") and [path.name for path in extractor.read].count("b.md") == 1
print("back")

(disk / "d.md").write_text("Le clocher.")
until(lambda: found("clocher"))
print("followed")
indexer.stop()
database.close()
