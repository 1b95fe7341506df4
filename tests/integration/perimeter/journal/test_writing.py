"""The journal on a real disk: several writers, kills, a full disk, and what somebody did to it meanwhile."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hameau.kit import Corrupt, Unavailable
from hameau.perimeter.journal import Journal, Kind
from hameau.perimeter.journal import folder as _folder
from hameau.perimeter.journal.segments import segments

SCRIPT = str(Path(__file__).with_name("appending.py"))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def elsewhere(what: str, place: Path, count: int = 0, **pipes: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", SCRIPT, what, str(place), str(count)]
    return subprocess.Popen(command, text=True, **pipes)


def filled(place: Path, count: int = 30, segment_bytes: int = 3_000) -> Journal:
    journal = Journal(place, segment_bytes=segment_bytes)
    for number in range(count):
        journal.record(Kind.ASKED, task="ask", number=number)
    return journal


def reopened(journal: Journal) -> Journal:
    journal.close()
    return Journal(journal.folder, segment_bytes=3_000)


def reasons(journal: Journal) -> list[object]:
    return [entry.facts["reason"] for entry in journal.entries(kinds={Kind.RECOVERED})]


def test_only_the_owner_may_read(place: Path) -> None:
    filled(place)
    assert place.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o077 for path in place.iterdir()} == {0}


def test_the_chain_goes_on_across_segments_and_openings(place: Path) -> None:
    journal = reopened(filled(place))
    assert journal.record(Kind.STOPPED) == 31
    assert len(segments(place)) > 2
    assert [entry.number for entry in journal.entries(limit=100)] == list(range(31, 0, -1))
    found = journal.verify()
    assert (found.ok, found.entries, found.segments) == (True, 31, len(segments(place)))
    summary = journal.summary()
    assert (summary.entries, summary.head, summary.key) == (31, found.head, found.key)


def test_threads_of_two_processes_write_one_chain(place: Path) -> None:
    writers = [elsewhere("many", place, 100) for _ in range(2)]
    assert [writer.wait(120) for writer in writers] == [0, 0]
    journal = Journal(place)
    assert journal.verify().ok
    entries = journal.entries(limit=2000)
    assert [entry.number for entry in entries] == list(range(800, 0, -1))
    assert sorted(entry.facts["number"] for entry in entries) == sorted(list(range(100)) * 8)


def test_a_forked_child_has_a_lock_and_counts_of_its_own(place: Path) -> None:
    writer = elsewhere("fork", place, 100)
    assert writer.wait(120) == 0
    journal = Journal(place)
    assert journal.verify().ok
    assert len(journal.entries(kinds={Kind.ASKED}, limit=1000)) == 200
    assert journal.summary().refused == 3


def test_a_killed_process_loses_nothing(place: Path) -> None:
    for count in (5, 50, 23):
        writer = elsewhere("for_ever", place, stdout=subprocess.PIPE)
        assert writer.stdout
        said = [int(writer.stdout.readline()) for _ in range(count)]
        writer.send_signal(signal.SIGKILL)
        said += [int(line) for line in writer.stdout.read().split("\n")[:-1]]
        writer.wait()
        writer.stdout.close()
        journal = Journal(place)
        found = journal.verify()
        assert found.ok, found.problems
        assert found.entries >= said[-1]
    journal.record(Kind.STARTED)
    assert journal.summary().entries == found.entries + 1
    assert reasons(journal) == []


def test_a_flood_is_one_entry_and_its_count_is_not_lost(place: Path) -> None:
    writer = elsewhere("repeat", place, 2500)
    assert writer.wait(60) == 0
    journal = Journal(place)
    refused, *repeated = reversed(journal.entries())
    assert refused.kind is Kind.REFUSED
    assert [(each.kind, each.facts["times"], each.facts["first"]) for each in repeated] == [
        (Kind.REPEATED, 1000, 1), (Kind.REPEATED, 1000, 1), (Kind.REPEATED, 499, 1),
    ]  # fmt: skip
    assert journal.summary().refused == 2500


def test_a_journal_ahead_of_its_head_is_brought_up_to_date(place: Path) -> None:
    journal = filled(place)
    old = (place / "head").read_bytes()
    journal.record(Kind.REFUSED, act="connect", host="a.example")
    journal.close()
    (place / "head").write_bytes(old)
    journal = Journal(place)
    assert journal.verify().ok, "killed between the entry and the head"
    journal.record(Kind.STOPPED)
    assert (journal.summary().entries, journal.summary().refused, reasons(journal)) == (32, 1, [])


def test_an_unfinished_line_is_moved_aside(place: Path) -> None:
    journal = filled(place)
    journal.close()
    with segments(place)[-1].open("ab") as stream:
        stream.write(b'{"n":31,"prev":"00')
    assert "not finished" in journal.verify().problems[0].what
    assert journal.record(Kind.STARTED) == 32
    assert journal.verify().ok, "a crash is no tampering"
    recovered = journal.entries(kinds={Kind.RECOVERED})[0]
    assert (place / str(recovered.facts["file"])).read_bytes() == b'{"n":31,"prev":"00'
    (place / str(recovered.facts["file"])).write_bytes(b"something else")
    assert not journal.verify().ok


def test_lines_of_strangers_are_moved_aside_and_not_forgotten(place: Path) -> None:
    journal = filled(place)
    last = segments(place)[-1]
    with last.open("ab") as stream:
        stream.write(b'{"n":31}\tabc\n{"n":32}\tdef\n')
    journal.record(Kind.STARTED)
    assert reasons(journal) == ["foreign"]
    assert [problem.number for problem in journal.verify().problems] == [31]


@pytest.mark.parametrize("lines", [1, 3])
def test_a_journal_that_was_cut_says_so_for_ever(place: Path, lines: int) -> None:
    journal = filled(place)
    journal.close()
    last = segments(place)[-1]
    kept = last.read_bytes().splitlines(keepends=True)
    last.write_bytes(b"".join(kept[:-lines]))
    assert not journal.verify().ok
    journal.record(Kind.STARTED)
    entry = journal.entries(kinds={Kind.RECOVERED})[0]
    assert (entry.facts["reason"], entry.facts["missing"], entry.facts["expected"]) == ("missing", lines, 30)
    assert [problem.fields["missing"] for problem in journal.verify().problems] == [lines]
    assert not reopened(journal).verify().ok


def test_a_journal_of_which_all_was_taken_but_the_key_says_so(place: Path) -> None:
    journal = filled(place)
    journal.close()
    for path in place.iterdir():
        if not path.name.startswith("key"):
            path.unlink()
    assert not journal.verify().ok
    journal.record(Kind.STARTED)
    assert reasons(journal) == ["head"]
    assert not journal.verify().ok


def test_a_damaged_head_is_made_anew_and_the_sums_are_counted_again(place: Path) -> None:
    journal = filled(place)
    journal.record(Kind.REFUSED, act="connect", host="a.example", port=1)
    journal.record(Kind.ALLOWED, act="connect", host="b.example", port=443, leaves=True)
    before = journal.summary()
    (place / "head").write_bytes(b"x")
    assert not journal.summary().whole
    journal.record(Kind.STOPPED)
    after = journal.summary()
    assert (after.refused, after.last_left, after.began) == (1, before.last_left, before.began)
    assert reasons(journal) == ["head"]


def test_what_is_done_to_an_open_journal_is_noticed(place: Path) -> None:
    journal = filled(place)
    segments(place)[-1].unlink()
    journal.record(Kind.STARTED)
    assert reasons(journal) == ["missing"]
    (place / "head").unlink()
    journal.record(Kind.STARTED)
    assert reasons(journal) == ["head", "missing"]


def test_a_folder_that_got_another_name_begins_anew(place: Path) -> None:
    journal = filled(place)
    old = place.with_name("old")
    place.rename(old)
    assert journal.record(Kind.STARTED) == 1
    assert Journal(old).verify().ok
    assert journal.verify().ok


@pytest.mark.parametrize("damage", [b"", b"no key at all", None])
def test_an_unusable_key_is_said(place: Path, damage: bytes | None) -> None:
    filled(place).close()
    if damage is None:
        (place / "key").unlink()
    else:
        (place / "key").write_bytes(damage)
    with pytest.raises(Corrupt) as told:
        Journal(place).record(Kind.STARTED)
    assert "{path}" in told.value.hint
    assert Journal(place).entries(limit=1)[0].number == 30, "what is there can still be read"


def test_a_strange_key_is_said(place: Path, tmp_path: Path) -> None:
    filled(place).close()
    filled(tmp_path / "strange").close()
    shutil.copy(tmp_path / "strange" / "key", place / "key")
    with pytest.raises(Corrupt):
        Journal(place).record(Kind.STARTED)
    assert len(segments(place)) > 2
    assert not [path for path in place.iterdir() if path.name.startswith("aside")]


def test_an_interrupted_beginning_begins_again(place: Path) -> None:
    Journal(place).record(Kind.STARTED)
    for path in place.iterdir():
        if path.name != "head":
            path.unlink()
    journal = Journal(place)
    assert journal.record(Kind.STARTED) == 1
    assert journal.verify().ok


def test_a_program_that_keeps_the_lock_does_not_stop_us_for_good(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_folder, "_PATIENCE", 0.01)
    journal = filled(place)
    with _folder.shared(place), pytest.raises(Unavailable):
        journal.record(Kind.STARTED)
    assert journal.record(Kind.STARTED) == 31


def test_a_full_disk_is_said_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    if shutil.which("unshare") is None:
        pytest.skip("the program unshare makes the small disk")
    small = tmp_path / "small"
    small.mkdir()
    script = f"mount -t tmpfs -o size=1m none '{small}' || exit 77; exec '{sys.executable}' '{SCRIPT}' full '{small}'"
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("this kernel lets no user make a small disk")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "NotEnough True", "NotEnough True", "NotEnough True",
        "NotEnough ['filler', 'journal']",
        "NotEnough []",
        "True True",
    ]  # fmt: skip


def test_an_export_can_be_checked_elsewhere(place: Path, tmp_path: Path) -> None:
    journal = filled(place)
    file = tmp_path / "journal.zip"
    found = journal.export(file, by="command")
    entry = journal.entries(limit=1)[0]
    assert (entry.kind, entry.facts["entries"], entry.facts["head"]) == (Kind.EXPORTED_JOURNAL, 30, found.head)
    assert file.stat().st_mode & 0o077 == 0
    elsewhere_found = Journal.verify_file(file, head=found.head)
    assert (elsewhere_found.ok, elsewhere_found.entries, elsewhere_found.head) == (True, 30, found.head)
    damaged = bytearray(file.read_bytes())
    for at in range(0, len(damaged), 61):
        flipped = bytes(damaged[:at]) + bytes([damaged[at] ^ 1]) + bytes(damaged[at + 1 :])
        (tmp_path / "damaged.zip").write_bytes(flipped)
        try:
            read = Journal.verify_file(tmp_path / "damaged.zip")
            assert read.head == found.head or not read.ok, "a flip in the date of a file, say, changes nothing"
        except Corrupt:
            continue


def test_an_export_can_be_checked_by_hand(place: Path, tmp_path: Path) -> None:
    """With the very commands that the exported file names."""
    if shutil.which("openssl") is None:
        pytest.skip("the program openssl checks the signature")
    journal = Journal(place)
    for number in range(20):
        journal.record(Kind.ASKED, task="été", number=number)
    journal.export(tmp_path / "journal.zip")
    shutil.unpack_archive(tmp_path / "journal.zip", tmp_path / "out")
    about = (tmp_path / "out" / "LISEZMOI-README.txt").read_text(encoding="utf-8")
    commands = about[about.index("# ") :]
    done = subprocess.run(["sh", "-ec", commands], cwd=tmp_path / "out", capture_output=True, text=True, check=True)
    lines = [json.loads(line.split(b"\t")[0]) for line in segments(place)[0].read_bytes().splitlines()]
    assert done.stdout.split()[0] == lines[16]["prev"]
    assert "Signature Verified Successfully" in done.stdout
    assert done.stdout.split()[-2] == lines[0]["prev"]
