"""What an entry said can be erased; the chain holds, and whoever erases without saying so is found."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hameau.perimeter.journal import Journal, Kind
from hameau.perimeter.journal.erasing import holds, spans
from hameau.perimeter.journal.folder import ours
from hameau.perimeter.journal.lines import entry_of, tombstone

SECRET = "/maison/Jean/dossier médical"


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    moments = iter(range(1_800_000_000, 1_900_000_000))
    journal = Journal(tmp_path / "journal", clock=lambda: float(next(moments)), segment_bytes=4_000)
    for number in range(40):
        if number % 8 == 0:
            journal.record(Kind.INDEXED, source=SECRET, documents=number, failed=0, removed=0)
        journal.record(Kind.SOURCE_ADDED, source=f"/autre/{number}", type="folder", space="home")
    journal.record(Kind.EXPORTED_JOURNAL, file=SECRET)  # of the journal itself: nobody erases that
    return journal


def bytes_of(journal: Journal) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(journal.folder.glob("*.jsonl")))


def test_the_words_go_and_the_hashes_stay(journal: Journal) -> None:
    before = {entry.number: entry for entry in journal.entries(limit=1000)}
    assert journal.erase(SECRET, "source", by="page") == 5
    after = {entry.number: entry for entry in journal.entries(limit=1000)}
    assert {number: entry.hash for number, entry in after.items() if number in before} == {
        number: entry.hash for number, entry in before.items()
    }
    erased = [entry for entry in after.values() if entry.kind == Kind.ERASED]
    assert {entry.facts["was"] for entry in erased} == {"indexed"}
    assert {entry.time for entry in erased} == {before[entry.number].time for entry in erased}
    told = after[max(after)]
    assert (told.kind, told.by, told.facts["what"]) == (Kind.FORGOTTEN, "page", "source")
    assert [holds(str(told.facts["lines"]), entry.number) for entry in erased] == [True] * 5
    assert told.facts["mark"] == journal.mark(SECRET)
    assert bytes_of(journal).count(SECRET.encode()) == 1  # the export
    found = journal.verify()
    assert found.ok, found.problems
    assert found.head == journal.summary().head == told.hash


def test_the_journal_goes_on_and_can_be_exported(journal: Journal, tmp_path: Path) -> None:
    journal.erase(SECRET, "source")
    number = journal.record(Kind.STARTED)
    assert journal.entries(limit=1)[0].number == number
    assert journal.erase(SECRET, "source") == 0  # said again, nothing is left to do
    exported = tmp_path / "journal.zip"
    assert journal.export(exported).ok
    assert Journal.verify_file(exported).ok
    journal.close()
    assert Journal(journal.folder).verify().ok


def test_a_tombstone_that_nobody_spoke_of_is_found(journal: Journal) -> None:
    key = ours(journal.folder)
    path = min(journal.folder.glob("*.jsonl"))
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = tombstone(key, lines[2])
    path.write_bytes(b"".join(lines))
    found = journal.verify()
    assert [(one.line, one.what) for one in found.problems] == [
        (3, "This entry was erased, and no entry says so."),
    ]


def test_a_tombstone_can_not_be_changed_or_made_by_others(journal: Journal) -> None:
    journal.erase(SECRET, "source")
    path = min(journal.folder.glob("*.jsonl"))
    content = path.read_bytes()
    changed = content.replace(b'"was":"indexed"', b'"was":"started"', 1)
    assert changed != content
    path.write_bytes(changed)
    assert [one.line for one in journal.verify().problems] == [1]
    path.write_bytes(content)
    assert journal.verify().ok
    lines = content.splitlines(keepends=True)
    entry = entry_of(lines[3])
    assert entry is not None
    made = b'{"n":4,"prev":"%s","t":"2027-01-15T08:00:03.000Z","kind":"erased","was":"indexed","hash":"%s"}' % (
        lines[3][15:79],
        entry.hash.encode(),
    )
    path.write_bytes(b"".join((*lines[:3], made + lines[3][-90:], *lines[4:])))
    assert not journal.verify().ok


def _append(folder: Path, count: int) -> None:
    journal = Journal(folder, segment_bytes=4_000)
    for number in range(count):
        journal.record(Kind.SOURCE_ADDED, source=f"/b/{number}")
    journal.close()


def test_others_write_while_entries_are_erased(journal: Journal) -> None:
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=_append, args=(journal.folder, 60)) for _ in range(2)]
    for other in others:
        other.start()
    while any(other.is_alive() for other in others):
        journal.record(Kind.INDEXED, source=SECRET, documents=1)
        assert journal.erase(SECRET, "source") >= 1
        assert journal.verify().ok
    for other in others:
        other.join()
        assert other.exitcode == 0
    journal.erase(SECRET, "source")
    entries = journal.entries(limit=100_000)
    assert sum(str(entry.facts.get("source", "")).startswith("/b/") for entry in entries) == 120
    assert journal.verify().ok


@given(st.sets(st.integers(1, 400)))
def test_spans_hold_what_they_were_made_of(numbers: set[int]) -> None:
    texts = list(spans(numbers))
    assert all(len(text) <= 2_000 for text in texts)
    assert {number for number in range(1, 500) if any(holds(text, number) for text in texts)} == numbers


def test_a_tombstone_is_never_recorded(journal: Journal) -> None:
    with pytest.raises(ValueError, match="tombstone"):
        journal.record(Kind.ERASED, was="x")
