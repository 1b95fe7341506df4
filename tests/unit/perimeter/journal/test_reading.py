"""Reading with filters, and the sentences."""

from __future__ import annotations

from pathlib import Path

import pytest

from hameau.kit import stamp
from hameau.perimeter.journal import Entry, Journal, Kind
from hameau.perimeter.journal.types import Fact

FIRST = 1_800_000_000.0


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """A hundred entries over several segments, one a second: every tenth refused, the others questions."""
    moments = iter(range(int(FIRST), int(FIRST) + 1000))
    made = Journal(tmp_path / "journal", clock=lambda: float(next(moments)), segment_bytes=4_000)
    for number in range(1, 101):
        if number % 10:
            made.record(Kind.ASKED, by="page", task="ask", number=number)
        else:
            made.record(Kind.REFUSED, act="connect", program="Élan", host=f"h{number}.example", port=443)
    return made


def numbers(found: tuple[Entry, ...]) -> list[int]:
    return [entry.number for entry in found]


def test_the_newest_come_first(journal: Journal) -> None:
    assert numbers(journal.entries(limit=3)) == [100, 99, 98]
    assert numbers(journal.entries(limit=1000)) == list(range(100, 0, -1))
    assert journal.entries(limit=0) == ()


def test_pages_follow_each_other(journal: Journal) -> None:
    read: list[int] = []
    while page := journal.entries(limit=7, before=read[-1] if read else None):
        read += numbers(page)
    assert read == list(range(100, 0, -1))


def test_filters(journal: Journal) -> None:
    assert numbers(journal.entries(kinds={Kind.REFUSED})) == list(range(100, 0, -10))
    assert numbers(journal.entries(kinds={Kind.STOPPED})) == []
    assert numbers(journal.entries(kinds={Kind.REFUSED}, limit=2, before=100)) == [90, 80]
    assert numbers(journal.entries(since=FIRST + 95)) == [100, 99, 98, 97, 96]
    assert numbers(journal.entries(until=FIRST + 3)) == [3, 2, 1]
    assert numbers(journal.entries(since=FIRST + 40, until=FIRST + 42)) == [42, 41]
    assert numbers(journal.entries(text="éLAN")) == list(range(100, 0, -10))
    assert numbers(journal.entries(text="h70.example")) == [70]
    assert numbers(journal.entries(text="page", limit=2)) == [99, 98]


def test_a_clock_that_was_wrong_hides_nothing(tmp_path: Path) -> None:
    moments = [FIRST, FIRST + 1, 0.0, 1.0, FIRST + 2]
    clock = iter(moments)
    journal = Journal(tmp_path / "journal", clock=lambda: next(clock, FIRST + 3), segment_bytes=100)
    for _ in moments:
        journal.record(Kind.STARTED)
    assert numbers(journal.entries(since=FIRST)) == [5, 2, 1]


def test_lines_that_cannot_be_read_are_left_to_the_check(journal: Journal) -> None:
    path = journal.folder / "000001.jsonl"
    path.write_bytes(b"\xff\n" + path.read_bytes()[100:])
    assert numbers(journal.entries(limit=200))[-1] == 2
    assert not journal.verify().ok


def test_the_head_is_enough_for_the_sums(journal: Journal) -> None:
    summary = journal.summary()
    assert (summary.entries, summary.refused, summary.last_left) == (100, 10, None)
    assert summary.began == FIRST
    journal.record(Kind.ALLOWED, act="connect", host="a.example", leaves=False)
    assert journal.summary().last_left is None
    journal.record(Kind.ALLOWED, act="connect", host="a.example", leaves=True)
    assert journal.summary().last_left == FIRST + 101
    journal.record(Kind.ENDED, host="a.example", sent=3, received=5)
    assert journal.summary().last_left == FIRST + 102


def test_a_journal_that_is_not_there_is_empty(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "nowhere")
    assert (journal.entries(), journal.summary().entries, journal.verify().ok) == ((), 0, True)
    assert not journal.folder.exists()


def said(kind: Kind, language: str = "en", **facts: Fact) -> str:
    return Journal.sentence(Entry(1, FIRST, kind, "", facts, ""), language)


def test_every_kind_has_a_name_and_a_sentence_in_both_languages() -> None:
    for kind in Kind:
        for language in ("fr", "en"):
            assert Journal.kind_name(kind, language)
            assert said(kind, language)
        assert Journal.kind_name(kind, "fr") != kind.value


def test_sentences_name_program_and_place() -> None:
    where: dict[str, Fact] = {"program": "curl", "host": "example.org", "port": 443}
    assert said(Kind.REFUSED, act="connect", **where) == "curl wanted to reach example.org:443: refused."
    assert said(Kind.REFUSED, act="connect", address="::1", port=80) == "a program wanted to reach [::1]:80: refused."
    assert "again (×12)" in said(Kind.REPEATED, act="resolve", times=12, **where)
    assert said(Kind.REPEATED, act="connect", times=5, many=True).startswith("Refused again (×5)")
    assert "python" in said(Kind.SELF_TEST, failures="python")
    assert "python" not in said(Kind.SELF_TEST, failures="")


def test_a_text_from_the_journal_is_never_more_than_a_text() -> None:
    for why in ("{host", "{0}", "{host.__class__.nowhere}", "{nobody}", "}"):
        entry = Entry(1, FIRST, Kind.REFUSED, "", {"why": why, "host": "a.example"}, "")
        assert isinstance(Journal.reason(entry, "fr"), str)
    assert "{port}" in said(Kind.REFUSED, host="{port}")
    person = Entry(1, FIRST, Kind.CONNECTION_ALLOWED, "", {"why": "pour {host}"}, "")
    assert Journal.reason(person, "fr") == "pour {host}"
    assert stamp(FIRST).startswith("2027")
