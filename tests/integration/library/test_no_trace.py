"""What is forgotten is gone from the bytes: the file, its log, the journal, as it was written and as it was indexed.

``HAMEAU_ROUNDS`` (8): how often documents come and go before the file is looked at.
"""

from __future__ import annotations

import os
import random
import string
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from hameau.library import Extracted, Item, Library, terms
from hameau.library.jobs import ERASE
from hameau.perimeter import Perimeter
from hameau.storage import Database

ROUNDS = int(os.environ.get("HAMEAU_ROUNDS", "8"))
DIMENSIONS = 16
_TAIL = 8
"""Letters at the end of a made-up word that are looked for: an index keeps what two words begin with only once."""


class Papers:
    """Documents of words that stand nowhere else, with vectors that are nobody else's."""

    def __init__(self, library: Library, seed: int) -> None:
        self.library, self.source = library, library.add_source("folder", "/papiers")
        self.alive: dict[int, tuple[list[str], list[bytes]]] = {}
        self.dead: tuple[list[str], list[bytes]] = ([], [])
        self.random = random.Random(seed)
        self._numbers = np.random.default_rng(seed)

    def word(self) -> str:
        return "".join(self.random.choices(string.ascii_lowercase, k=13)) + "q"  # no stemmer takes a q away

    def add(self) -> int:
        words = [self.word() for _ in range(self.random.choice([20, 200, 2000]))]
        uri = f"/papiers/{words[0]}.txt"
        item = Item(uri, words[1], len(words), "2026-01-01T00:00:00Z", words[2])
        text = " ".join(word + ("." if at % 20 == 19 else "") for at, word in enumerate(words))
        document = self.library.begin_document(self.source.id, item)
        self.library.write_document(document.id, Extracted(text, title=words[1]), self.word())
        passages = [passage.id for passage in self.library.passages(document.id)]
        vectors = self._numbers.standard_normal((len(passages), DIMENSIONS)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        self.library.write_vectors("made-up", passages, vectors)
        self.alive[document.id] = (words, [vector.astype("<f2").tobytes() for vector in vectors])
        return document.id

    def forget(self, document_id: int) -> None:
        self.library.forget_document(document_id)
        for gone, part in zip(self.dead, self.alive.pop(document_id), strict=True):
            gone.extend(part)


@pytest.fixture
def perimeter(tmp_path: Path) -> Iterator[Perimeter]:
    border = Perimeter(tmp_path)
    yield border
    border.journal.close()


@pytest.fixture
def library(tmp_path: Path, perimeter: Perimeter) -> Iterator[Library]:
    database = Database(tmp_path / "hameau.db")
    yield Library(database, witness=perimeter)
    database.close()


def standing(folder: Path, words: Sequence[str]) -> set[str]:
    """Those of ``words`` whose end stands in a file of ``folder``, wherever in a page."""
    ends = {int.from_bytes(word[-_TAIL:].encode(), "little"): word for word in words}
    looked_for = np.fromiter(ends, np.uint64, len(ends))
    found: set[str] = set()
    for path in folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        for shift in range(_TAIL):
            runs = np.frombuffer(content, "<u8", max(0, (len(content) - shift) // _TAIL), shift if content else 0)
            found.update(ends[run] for run in runs[np.isin(runs, looked_for)].tolist())
    return found


def test_nothing_of_it_is_left_in_any_byte(library: Library, tmp_path: Path) -> None:
    papers = Papers(library, seed=ROUNDS)
    for _ in range(ROUNDS):
        for _ in range(papers.random.randint(1, 6)):
            papers.add()
        while len(papers.alive) > 3 and papers.random.random() < 0.6:
            papers.forget(papers.random.choice(list(papers.alive)))
    for _ in range(3):
        papers.add()
    papers.forget(
        min(papers.alive, key=lambda one: len(papers.alive[one][0]))
    )  # few among many: nothing merges by itself
    words, vectors = papers.dead
    assert not set(words) - {term for word in words for term in terms(word)}  # the index holds them as they are
    library.erasing.finish()
    living = [word for mine, _ in papers.alive.values() for word in mine]
    ends = {word[-_TAIL:] for word in living}
    assert {word[-_TAIL:] for word in standing(tmp_path, living)} == ends
    assert standing(tmp_path, [word for word in words if word[-_TAIL:] not in ends]) == set()
    content = (tmp_path / "hameau.db").read_bytes()
    assert not [vector for vector in vectors if vector in content]
    assert all(vector in content for _, mine in papers.alive.values() for vector in mine)
    assert library.jobs.all() == [] or {job.kind for job in library.jobs.all()} == {"sync"}


def test_the_file_gives_the_room_back(library: Library, tmp_path: Path) -> None:
    papers = Papers(library, seed=1)
    many = [papers.add() for _ in range(40)]
    library.erasing.finish()
    before = (tmp_path / "hameau.db").stat().st_size
    library.remove_source(papers.source.id)
    library.erasing.finish()
    after = (tmp_path / "hameau.db").stat().st_size
    assert many
    assert after < before / 4
    assert (tmp_path / "hameau.db-wal").stat().st_size == 0


def test_the_steps_are_a_job_that_ends(library: Library) -> None:
    papers = Papers(library, seed=2)
    papers.forget(papers.add())
    assert ERASE in {job.kind for job in library.jobs.due()}
    steps = 0
    while library.erasing.step():
        steps += 1
        assert steps < 1000
    assert steps > 1
