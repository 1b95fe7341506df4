"""A hostile folder, read by the real indexer: links, loops, pipes, and files that change under the reader's hands."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hameau.library import Indexer, Item, Library, SourceContext
from hameau.library.extraction import SandboxedExtractor
from hameau.library.sources import FolderSource
from hameau.storage import Database
from integration.library.attackers import canary
from integration.library.attackers.attacks import ATTACKS
from integration.library.attackers.corpus import WORDS, Target

NAMES = (
    "a\nb.txt",
    "c\x1b[2Jd.txt",
    "e\u202efdp.txt",
    "-rf.txt",
    "$(touch x).txt",
    "%s%n.txt",
    "<script>.txt",
    "é" * 120 + ".txt",
)
SWIFT = (
    "page.html",
    "mail.eml",
    "entity.docx",
    "settings.xml",
    "uri.pdf",
    "template.docx",
    "slip.docx",
    "formulas.csv",
)


class Swapping(FolderSource):
    """Between the listing and the reading ``swapped.txt`` becomes a link to the secret."""

    def __init__(self, secret: Path) -> None:
        super().__init__()
        self._secret = secret

    def items(self, context: SourceContext) -> Iterator[Item]:
        for item in super().items(context):
            path = Path(item.uri) if not item.uri.startswith("file:") else None
            if path is not None and path.name == "swapped.txt" and not path.is_symlink():
                path.unlink()
                path.symlink_to(self._secret)
            yield item


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "documents"
    made.mkdir()
    (tmp_path / "home").mkdir()
    secret = tmp_path / "home" / "secret.txt"
    secret.write_text(canary.SECRET, encoding="utf-8")
    links = {
        "passwd.txt": "/etc/passwd",
        "environ.txt": "/proc/self/environ",
        "secret.txt": str(secret),
        "zero.txt": "/dev/zero",
    }
    links |= {
        "loop.txt": "loop.txt",
        "home": str(tmp_path / "home"),
        "up": "..",
        "self": ".",
        "nowhere.txt": "/nowhere",
    }
    for name, target in links.items():
        (made / name).symlink_to(target)
    os.mkfifo(made / "pipe.txt")
    deep = made
    for _ in range(60):
        deep = deep / "d"
        deep.mkdir()
    (deep / "deep.txt").write_text("Au fond du puits.", encoding="utf-8")
    (made / "swapped.txt").write_text("Avant.", encoding="utf-8")
    for name in NAMES:
        (made / name).write_text("Nom étrange.", encoding="utf-8")
    return made


def test_a_hostile_folder_gives_only_what_lies_in_it(folder: Path, tmp_path: Path) -> None:
    with canary.Trap() as trap:
        target = Target(trap.web, str(tmp_path / "home" / "secret.txt"), str(tmp_path))
        for attack in ATTACKS:
            if attack.name in SWIFT:
                (folder / attack.name).write_bytes(attack.make(target))
        extractor = SandboxedExtractor(scratch=tmp_path / "scratch", memory_bytes=400 << 20, seconds=10)
        database = Database(tmp_path / "hameau.db")
        library = Library(database)
        adapter = Swapping(tmp_path / "home" / "secret.txt")
        indexer = Indexer(library, adapters={"folder": adapter}, extractor=extractor, home=tmp_path)
        library.add_source("folder", indexer.check("folder", str(folder)))
        before = canary.tree(tmp_path / "home")
        indexer.run_until_idle(vectors=False)
        indexer.stop()
        extractor.close()
        documents = library.documents(limit=1000)
        texts = "\n".join(library.text(one.id) for one in documents if one.state == "indexed")
        titles = [one.title for one in documents]
        found = library.search(canary.SECRET).results
        database.close()
        assert trap.visits == []
    assert canary.SECRET not in texts and "root:" not in texts and found == ()
    assert canary.tree(tmp_path / "home") == before
    assert "Au fond du puits." in texts and texts.count("Nom étrange.") == len(NAMES)
    assert texts.count(WORDS) >= 5
    assert not any(set(title) & set("\n\x1b\u202e") for title in titles)
    assert not any(Path(one.uri).name in ("passwd.txt", "loop.txt", "pipe.txt", "secret.txt") for one in documents)
