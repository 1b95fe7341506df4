"""What a person has forgotten stays away, until they let it back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hameau.kit import NotEnough, NotFound
from hameau.library import Extracted, Item, Library
from hameau.library.jobs import ERASE, REDACT, SYNC
from hameau.perimeter import Kind
from hameau.storage import Database


class Diary:
    """A witness that keeps what it is told, or has no room."""

    def __init__(self) -> None:
        self.forgotten: list[tuple[str, str]] = []
        self.full = False

    def record(self, kind: Kind, **facts: object) -> None: ...

    def mark(self, text: str) -> str:
        return str(len(text))

    def forget(self, place: str, what: str) -> None:
        if self.full:
            raise NotEnough("full")
        self.forgotten.append((place, what))


class Shelf:
    """A library with one source."""

    def __init__(self, path: Path) -> None:
        self.diary = Diary()
        self.removed: list[int] = []
        self.database = Database(path)
        self.library = Library(
            self.database, witness=self.diary, forget_answers=lambda _, ids: self.removed.extend(ids)
        )
        self.source = self.library.add_source("folder", "/papiers")

    def put(self, uri: str, text: str, content_hash: str) -> list[int]:
        item = Item(uri, uri, len(text), "2026-01-01T00:00:00Z", uri)
        document = self.library.begin_document(self.source.id, item)
        try:
            return [self.library.write_document(document.id, Extracted(text), content_hash).id]
        except NotFound:
            return []


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path / "hameau.db")
    yield shelf
    shelf.database.close()


def test_a_forgotten_document_is_nowhere(shelf: Shelf) -> None:
    (number,) = shelf.put("/papiers/a", "La meule dormante pèse une tonne.", "h1")
    assert shelf.library.forget_document(number) == ()
    assert shelf.library.search("meule").results == ()
    with pytest.raises(NotFound):
        shelf.library.forget_document(number)
    assert shelf.removed == [number]
    assert shelf.diary.forgotten == [("/papiers/a", "document")]
    shelf.library.erasing.finish()
    assert {job.kind for job in shelf.library.jobs.all()} == {SYNC}
    assert b"meule" not in shelf.database.path.read_bytes()
    assert b"/papiers/a" not in shelf.database.path.read_bytes()


def test_it_is_kept_out_by_its_place_and_by_its_content(shelf: Shelf) -> None:
    (number,) = shelf.put("/papiers/a", "La meule dormante.", "h1")
    shelf.library.forget_document(number)
    kept_out = shelf.library.erasing.exclusions(shelf.source.id)
    assert kept_out.holds("/papiers/a")
    assert not kept_out.holds("/papiers/b")
    assert shelf.put("/papiers/renamed", "La meule dormante.", "h1") == []
    assert shelf.library.erasing.exclusions(shelf.source.id).holds("/papiers/renamed")
    assert shelf.put("/papiers/c", "Une autre chose.", "h2") != []
    assert shelf.library.kept_out(shelf.source.id) == 2


def test_it_is_let_back_when_asked(shelf: Shelf) -> None:
    for uri, content in (("/papiers/a", "h1"), ("/papiers/b", "h2")):
        (number,) = shelf.put(uri, "Des mots.", content)
        shelf.library.forget_document(number)
    assert shelf.library.let_back(shelf.source.id, "/papiers/none") == 0
    assert shelf.library.let_back(shelf.source.id, "/papiers/a") == 1
    assert shelf.library.kept_out(shelf.source.id) == 1
    assert shelf.library.let_back(shelf.source.id) == 1
    assert shelf.put("/papiers/a", "Des mots.", "h1") != []


def test_copies_stay_and_are_named(shelf: Shelf) -> None:
    (number,) = shelf.put("/papiers/a", "La meule dormante.", "h1")
    shelf.put("/papiers/copy", "La meule dormante.", "h1")
    assert shelf.library.forget_document(number) == ("/papiers/copy",)
    assert [result.uri for result in shelf.library.search("meule").results] == ["/papiers/copy"]
    assert shelf.put("/papiers/copy", "La meule dormante.", "h1") != []


def test_a_place_names_all_that_is_below_it(shelf: Shelf) -> None:
    a, b, c = (shelf.put(f"/papiers/{name}", name, name)[0] for name in ("x/a", "x/b", "xc"))
    assert shelf.library.erasing.documents_at("/papiers/x", "home") == [a, b]
    assert shelf.library.erasing.documents_at("/papiers/xc", "home") == [c]


def test_a_full_journal_forgets_later(shelf: Shelf) -> None:
    (number,) = shelf.put("/papiers/a", "La meule.", "h1")
    shelf.diary.full = True
    shelf.library.forget_document(number)
    assert [job.subject for job in shelf.library.jobs.all() if job.kind == REDACT] == ["/papiers/a"]
    assert shelf.library.search("meule").results == ()


def test_the_steps_wait_for_company_when_nobody_asked(shelf: Shelf) -> None:
    (number,) = shelf.put("/papiers/a", "La meule.", "h1")
    shelf.library.remove_document(number)
    assert ERASE in {job.kind for job in shelf.library.jobs.all()}
    assert ERASE not in {job.kind for job in shelf.library.jobs.due()}
    shelf.library.remove_source(shelf.source.id)
    assert ERASE in {job.kind for job in shelf.library.jobs.due()}
    assert shelf.diary.forgotten == [("/papiers", "source")]


def test_what_is_forgotten_after_it_was_listed_is_not_begun_again(shelf: Shelf) -> None:
    (number,) = shelf.put("/papiers/a", "La meule dormante.", "h1")
    changed = [Item(f"/papiers/{name}", name, 20, "2026-02-02T00:00:00Z", "changed") for name in "ab"]
    shelf.library.forget_document(number)
    begun = shelf.library.begin_documents(shelf.source.id, changed)
    assert [document.uri for document in begun] == ["/papiers/b"]
    with pytest.raises(NotFound, match="kept out"):
        shelf.library.begin_document(shelf.source.id, changed[0])


def test_what_is_forgotten_after_it_was_seen_to_move_stays_away(shelf: Shelf) -> None:
    (first,), (second,) = (shelf.put(f"/papiers/{name}", f"Le texte {name}.", name) for name in "ab")
    shelf.library.forget_document(first)
    shelf.library.move_documents([(number, Item(f"/papiers/{number}", "", 9, "", "f")) for number in (first, second)])
    assert [document.uri for document in shelf.library.documents()] == [f"/papiers/{second}"]
