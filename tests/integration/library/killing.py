"""Run by its path: a process that has everything imported and forks one that works on a home for each line it is given, so
that hundreds of them can be killed in little time. Each is a whole process: it opens the file, takes the turn, works, ends.

A line is JSON: ``home``, ``do`` and what that needs. Answers are lines too: ``born <pid>``, ``open``, ``gone <status>``; after
the last, an empty line lets the number of the process go.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from pathlib import Path

from fakes.extraction import PlainExtractor
from fakes.models import HashedEmbedder
from hameau.hub import Hub, Settings, back_up
from hameau.kit import HameauError
from hameau.library import Indexer, Library, watching
from hameau.library.extraction import SandboxedExtractor
from hameau.library.sources import FolderSource
from hameau.storage import Database


def work(order: dict[str, str]) -> None:
    """One life. It may end at any instant."""
    watching.QUIET_SECONDS = 0.02
    home, do = Path(order["home"]), order["do"]
    if do == "backup":
        keep(home, Path(order["shelf"]))
        return
    database = Database(home / "hameau.db")
    library = Library(database)
    extractor = SandboxedExtractor(scratch=home / "scratch") if order["sandbox"] else PlainExtractor()
    embedder = HashedEmbedder(order["embedder"], 8)
    indexer = Indexer(
        library,
        adapters={"folder": FolderSource(but=[home])},
        extractor=extractor,
        background_embedder=lambda: embedder,
        home=home,
    )
    print("open", flush=True)
    try:
        for uri in json.loads(order["add"]):
            library.add_source("folder", uri)
        if do == "remove":
            for source in library.sources():
                if source.uri in json.loads(order["remove"]):
                    library.remove_source(source.id)
        elif do == "follow":
            indexer.start()
            threading.Event().wait(60)
        else:
            indexer.run_until_idle()
    except HameauError as error:
        logging.getLogger("killing").warning("%s: %s", do, error)
        raise
    finally:
        indexer.stop()
        extractor.close()
        database.close()


def keep(home: Path, shelf: Path) -> None:
    """A backup, one more among those before."""
    hub = Hub(Settings(home=str(home)))
    try:
        hub.database.data_version()
        print("open", flush=True)
        back_up(hub, shelf)
    finally:
        hub.close()


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                print(f"born {os.getpid()}", flush=True)
                work(json.loads(line))
                status = 0
            finally:
                logging.shutdown()
                os._exit(status)
        ended = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        print(f"gone {ended.si_status if ended else 0}", flush=True)
        sys.stdin.readline()  # whoever kills is done with it now: its number may be another's
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
