"""Whatever is changed in a journal, a check finds it, and says where."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from hameau.perimeter.journal import Journal, Kind, Verification
from hameau.perimeter.journal.evidence import of_memory
from hameau.perimeter.journal.lines import digest
from hameau.perimeter.journal.verify import verify

ENTRIES, TAMPERINGS = 60, 10_000
Files = dict[str, bytes]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The files of a journal of 60 entries in three segments; the private key stays at home."""
    folder = tmp_path_factory.mktemp("journal")
    moments = iter(range(1_800_000_000, 1_900_000_000))
    journal = Journal(folder, clock=lambda: float(next(moments)), segment_bytes=8_000)
    for number in range(ENTRIES):
        journal.record(Kind.REFUSED, act="connect", program="curl", host=f"été{number}.example", port=443, pid=number)
    journal.close()
    read = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "key"}
    assert sorted(read) == ["000001.jsonl", "000002.jsonl", "000003.jsonl", "head", "key.pub"]
    return read


def check(files: Files) -> Verification:
    return verify(of_memory(files))


def lines(content: bytes) -> list[bytes]:
    return content.splitlines(keepends=True)


def flip(files: Files, chance: random.Random) -> Files:
    name = chance.choice(sorted(files))
    content = bytearray(files[name])
    content[chance.randrange(len(content))] ^= chance.randrange(1, 256)
    return {**files, name: bytes(content)}


def drop(files: Files, chance: random.Random) -> Files:
    name = chance.choice(sorted(files))
    kept = lines(files[name])
    del kept[chance.randrange(len(kept))]
    return {**files, name: b"".join(kept)}


def swap(files: Files, chance: random.Random) -> Files:
    """Two lines anywhere, also in two files."""
    places = [(name, line) for name in sorted(files) for line in range(len(lines(files[name])))]
    (first, a), (second, b) = chance.sample(places, 2)
    changed = {name: lines(content) for name, content in files.items()}
    changed[first][a], changed[second][b] = changed[second][b], changed[first][a]
    return {name: b"".join(content) for name, content in changed.items()}


def truncate(files: Files, chance: random.Random) -> Files:
    name = chance.choice(sorted(files))
    return {**files, name: files[name][: chance.randrange(len(files[name]))]}


def extend(files: Files, chance: random.Random) -> Files:
    """Random bytes, an older line again, or a whole line that is signed by nobody."""
    name = chance.choice(sorted(files))
    last = lines(files["000003.jsonl"])[-1]
    made = b'{"n":61,"prev":"%s","t":"2027-01-15T08:01:00.000Z","kind":"stopped","by":""}' % digest(last).encode()
    more = [chance.randbytes(chance.randrange(1, 200)), chance.choice(lines(files[name])), made + last[-90:]]
    return {**files, name: files[name] + chance.choice(more)}


def insert(files: Files, chance: random.Random) -> Files:
    """A line of the journal once more, anywhere."""
    name = chance.choice(sorted(files))
    kept = lines(files[name])
    kept.insert(chance.randrange(len(kept) + 1), chance.choice(lines(files["000001.jsonl"])))
    return {**files, name: b"".join(kept)}


def remove_file(files: Files, chance: random.Random) -> Files:
    name = chance.choice(sorted(files))
    return {other: content for other, content in files.items() if other != name}


def exchange_files(files: Files, chance: random.Random) -> Files:
    a, b = chance.sample(sorted(files), 2)
    return {**files, a: files[b], b: files[a]}


WAYS = [flip, flip, flip, drop, swap, truncate, extend, insert, remove_file, exchange_files]


def tamperings(files: Files) -> Iterator[tuple[str, Files]]:
    chance = random.Random(20261121)
    made = 0
    while made < TAMPERINGS:
        way = WAYS[made % len(WAYS)]
        changed = way(files, chance)
        if changed != files:
            made += 1
            yield way.__name__, changed


def test_the_journal_itself_is_whole(files: Files) -> None:
    found = check(files)
    assert (found.ok, found.entries, found.segments) == (True, ENTRIES, 3)


def test_ten_thousand_tamperings_are_all_found(files: Files) -> None:
    missed = [way for way, changed in tamperings(files) if check(changed).ok]
    assert not missed


@pytest.mark.parametrize("name", ["head", "key.pub"])
def test_every_single_bit_of_the_small_files_counts(files: Files, name: str) -> None:
    for at in range(len(files[name])):
        for bit in range(8):
            content = bytearray(files[name])
            content[at] ^= 1 << bit
            assert not check({**files, name: bytes(content)}).ok, (at, bit)


def place(files: Files, line: int) -> tuple[str, int]:
    """The segment and line of entry ``line``."""
    for name in sorted(files)[:3]:
        count = len(lines(files[name]))
        if line <= count:
            return name, line
        line -= count
    raise AssertionError


@pytest.mark.parametrize("number", [1, 2, 19, 20, 21, 22, 40, 59, 60])
def test_a_changed_line_is_told_from_its_neighbours(files: Files, number: int) -> None:
    name, line = place(files, number)
    for at in (3, 20, 100, 180, -95, -50, -3):
        kept = [bytearray(each) for each in lines(files[name])]
        kept[line - 1][at] ^= 1
        found = check({**files, name: b"".join(kept)}).problems
        assert [(p.segment, p.line, p.number) for p in found if p.segment != "head"] == [(name, line, number)]
        assert "changed" in found[0].what


@pytest.mark.parametrize("number", [1, 2, 19, 20, 21, 22, 40, 59])
def test_a_missing_line_is_named(files: Files, number: int) -> None:
    name, line = place(files, number)
    kept = lines(files[name])
    del kept[line - 1]
    found = check({**files, name: b"".join(kept)}).problems
    assert [(p.number, p.fields) for p in found] == [(number, {"first": number, "last": number})]


def test_a_missing_end_is_named(files: Files) -> None:
    kept = lines(files["000003.jsonl"])
    last = ENTRIES - len(kept) + 2
    found = check({**files, "000003.jsonl": b"".join(kept[:2])}).problems
    assert [(p.segment, p.fields) for p in found] == [("head", {"first": last + 1, "last": ENTRIES})]


def test_a_missing_segment_is_named(files: Files) -> None:
    first = len(lines(files["000001.jsonl"])) + 1
    last = first + len(lines(files["000002.jsonl"])) - 1
    found = check({name: content for name, content in files.items() if name != "000002.jsonl"}).problems
    assert found[0].segment == "000002.jsonl"
    assert found[1].fields == {"first": first, "last": last}
    assert len(found) == 2


def test_swapped_lines_are_named(files: Files) -> None:
    kept = lines(files["000001.jsonl"])
    kept[4], kept[5] = kept[5], kept[4]
    found = check({**files, "000001.jsonl": b"".join(kept)}).problems
    assert {(p.segment, p.line) for p in found} <= {("000001.jsonl", line) for line in (5, 6, 7)}
    assert (found[0].line, found[0].fields) == (5, {"first": 5, "last": 5})


def test_a_chain_that_was_made_to_fit_again_is_found_where_it_begins(files: Files) -> None:
    """Whoever changes a line and repairs all hashes after it still lacks the signatures."""
    number, changed = 30, {**files}
    previous = ""
    for name in sorted(files)[:3]:
        made = []
        for line in lines(files[name]):
            count = int(line[5 : line.index(b",")])
            if count == number:
                line = line.replace(b"curl", b"wget")
            elif count > number:
                at = line.index(b'"prev":"') + 8
                line = line[:at] + previous.encode() + line[at + 64 :]
            previous = digest(line)
            made.append(line)
        changed[name] = b"".join(made)
    found = check(changed)
    assert (found.problems[0].segment, found.problems[0].line) == place(files, number)
    assert found.problems[0].number == number


def test_a_noted_head_finds_a_journal_that_was_taken_back(files: Files, tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.record(Kind.STARTED)
    old = {path.name: path.read_bytes() for path in (tmp_path / "journal").iterdir()}
    journal.record(Kind.STOPPED)
    noted = journal.summary().head
    journal.record(Kind.STARTED)
    assert journal.verify(head=noted).ok
    assert journal.verify(head=noted[:16].upper()).ok
    journal.close()
    for name, content in old.items():
        (tmp_path / "journal" / name).write_bytes(content)
    assert journal.verify().ok, "an old copy of everything looks whole"
    assert not journal.verify(head=noted).ok
    assert not verify(of_memory(files), head=noted).ok
