"""How much a WebDAV server is asked, and how long it takes: a first synchronisation, one with nothing new, one with changes.

Three real servers, over the same tree: wsgidav as it is, wsgidav taught to answer as a Nextcloud (numbers of files, tags of
folders that change with what is below), and rclone. Run: ``python bench/webdav.py [FILES [SERVER…]]`` (10,000).
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from common import ROOT, machine

sys.path.insert(0, str(ROOT / "tests"))

from fakes.dav import CountingClient, NearParser, OneSecret, border
from hameau.library import Extracted, Indexer, Library
from hameau.library.sources import WebdavSource
from hameau.storage import Database
from servers.dav import PASSWORD, USER, Serving, rclone, wsgidav

EACH, CHANGED = 20, 10


class Plain:
    """Reads plain text, and nothing more: what is measured is the way there."""

    def extract(self, path: Path, media_type: str = "", *, beneath: Path | None = None) -> Extracted:
        return Extracted(path.read_text(encoding="utf-8"), media_type="text/plain")

    def extract_data(self, name: str, data: bytes, media_type: str = "") -> Extracted:
        return Extracted(data.decode("utf-8"), media_type="text/plain")

    def close(self) -> None:
        """Nothing to free."""


def grow(folder: Path, files: int) -> None:
    """A tree of notes, three folders deep."""
    dice = random.Random(7)
    words = ["".join(dice.choices("aeioulmnrst", k=dice.randrange(3, 9))) for _ in range(3_000)]
    for number in range(files):
        leaf = number // EACH
        path = folder / f"Année {leaf // 100}" / f"Mois {leaf // 10 % 10}" / f"dossier {leaf}" / f"note {number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(" ".join(dice.choices(words, k=60)), encoding="utf-8")


@contextmanager
def serving(kind: str, folder: Path, log: Path) -> Iterator[Serving]:
    made = rclone(folder, log, "1s") if kind == "rclone" else wsgidav(folder, log, nextcloud=kind == "nextcloud")
    with made as server:
        yield server


def measure(kind: str, folder: Path, top: Path) -> None:
    """Prints one line a synchronisation."""
    with serving(kind, folder, top / f"{kind}.log") as server:
        home = top / kind
        home.mkdir()
        client = CountingClient(border(home, server.port).client)
        adapter = WebdavSource(client, OneSecret(PASSWORD), NearParser(), home)  # type: ignore[arg-type]
        library = Library(Database(home / "hameau.db"))
        indexer = Indexer(library, adapters={"webdav": adapter}, extractor=Plain(), home=home)  # type: ignore[dict-item]
        settings = {"connection": "dav", "user": USER}
        source = library.add_source("webdav", adapter.check(server.url, {}), settings=settings)

        def sync(what: str) -> None:
            time.sleep(1.5)  # rclone remembers its folders for a second
            client.asked.clear()
            began = time.perf_counter()
            indexer.sync(source.id, retry=False)
            seconds = time.perf_counter() - began
            asked = [ask.method for ask in client.asked]
            listed = sum(method == "PROPFIND" for method in asked)
            trouble = library.source(source.id).error or ""
            print(
                f"{kind:10} {what:28} {listed:5} listings, {len(asked) - listed:6} files fetched, {seconds:7.2f} s {trouble}"
            )

        sync("first time")
        sync("nothing changed")
        leaves = sorted(path for path in folder.glob("*/*/*") if path.is_dir())
        changed = random.Random(3).sample(leaves, min(CHANGED, len(leaves)))
        for leaf in changed:
            first = min(leaf.iterdir())
            first.write_text(first.read_text("utf-8") + " changé encore", encoding="utf-8")
        above = {parent for leaf in changed for parent in (leaf, leaf.parent, leaf.parent.parent)}
        sync(f"{len(changed)} files changed ({len(above) + 1} folders)")
        if kind == "nextcloud":
            (folder / "Année 0").rename(folder / "Année zéro")
            sync("a folder moved")
            (folder / "Année zéro").rename(folder / "Année 0")
        indexer.stop()


def main(files: int, kinds: Sequence[str]) -> None:
    """One server after the other."""
    print(machine())
    top = Path(tempfile.mkdtemp(prefix="hameau-bench-"))
    try:
        for kind in kinds:
            folder = top / f"{kind}-files"
            grow(folder, files)
            measure(kind, folder, top)
    finally:
        shutil.rmtree(top, ignore_errors=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, sys.argv[2:] or ["nextcloud", "wsgidav", "rclone"])
