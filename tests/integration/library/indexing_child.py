"""Run by its path with a home and a folder: indexes the folder into the home, saying a line for each step it takes."""

from __future__ import annotations

import sys
from pathlib import Path

from hameau.library import Indexer, Library, Progress
from hameau.library.extraction import SandboxedExtractor
from hameau.library.sources import FolderSource
from hameau.storage import Database

home, folder = Path(sys.argv[1]), sys.argv[2]
database = Database(home / "hameau.db")
library = Library(database)
library.listen(lambda: print("step", flush=True))
extractor = SandboxedExtractor(scratch=home / "scratch")
indexer = Indexer(library, adapters={"folder": FolderSource()}, extractor=extractor, home=home)
if not library.sources():
    library.add_source("folder", indexer.check("folder", folder))


def tell(progress: Progress) -> None:
    print(progress.phase, flush=True)


indexer.run_until_idle(tell)
indexer.stop()
extractor.close()
database.close()
print("complete", flush=True)
