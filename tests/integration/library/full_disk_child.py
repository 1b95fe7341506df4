"""Run by its path with a small disk and another folder: indexes until the disk is full, makes room, and goes on."""

from __future__ import annotations

import random
import sys
from pathlib import Path

from hameau.library import Indexer, Library, Progress, syncing
from hameau.library.extraction import SandboxedExtractor
from hameau.library.sources import FolderSource
from hameau.storage import Database

syncing.RETRY_SECONDS = 0.2
small, folder = Path(sys.argv[1]), Path(sys.argv[2]) / "documents"
folder.mkdir()
dice = random.Random(3)
letters = "abcdefghijklmnopqrstuvwxyz"
FILES = 40
for number in range(FILES):
    words = " ".join("".join(dice.choices(letters, k=8)) for _ in range(1_500))
    (folder / f"{number:02}.txt").write_text(f"rare{number:02}bis. {words}.", encoding="utf-8")
ballast = small / "ballast"
ballast.write_bytes(bytes(29 << 20))
database = Database(small / "hameau.db")
library = Library(database)
library.add_source("folder", str(folder))
indexer = Indexer(library, adapters={"folder": FolderSource()}, extractor=SandboxedExtractor(), home=small)
seen: list[str] = []


def watch(progress: Progress) -> None:
    """At the first pause, room is made, once: here by what stands for a person who tidies up."""
    if progress.phase == "paused" and not seen:
        seen.append(progress.notice)
        print("paused", flush=True)
        ballast.unlink()


indexer.run_until_idle(watch)
indexer.stop()
status = library.status()
assert seen, "the disk was never full"
assert (status.documents, status.pending, status.failed) == (FILES, 0, 0), status
assert all(len(library.search(f"rare{number:02}bis").results) == 1 for number in range(FILES))
assert database.check() == []
database.close()
print("complete")
