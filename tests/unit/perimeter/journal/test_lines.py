"""The bytes of entries and heads, and reading them from the end."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hameau.kit import stamp
from hameau.perimeter.journal import Kind
from hameau.perimeter.journal.keys import PrivateKey, PublicKey
from hameau.perimeter.journal.lines import (
    HEAD_BYTES,
    HEAD_DOMAIN,
    LINE_LIMIT,
    Head,
    digest,
    entry_line,
    entry_of,
    head_line,
    head_of,
    is_signed,
    start,
)
from hameau.perimeter.journal.segments import backwards, name_of, number_of

KEY = PrivateKey.new()
HASH = "0123456789abcdef" * 4
MOMENT = 1_795_000_000.123
facts = st.dictionaries(
    st.text(min_size=1).filter(lambda name: name not in ("n", "prev", "t", "kind", "by")),
    st.text() | st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False),
    max_size=5,
)


@given(st.integers(1, 10**12), st.sampled_from([kind for kind in Kind if kind != Kind.ERASED]), st.text(), facts)
def test_an_entry_comes_back_as_it_was_written(
    number: int, kind: Kind, by: str, known: dict[str, str | int | float | bool]
) -> None:
    line = entry_line(KEY, number, HASH, MOMENT, kind, by, known)
    assert line.startswith(start(number, HASH))
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert is_signed(KEY.public, line)
    entry = entry_of(line)
    assert entry
    assert (entry.number, entry.kind, entry.by, entry.facts) == (number, kind, by, known)
    assert (stamp(entry.time), entry.hash) == (stamp(MOMENT), digest(line))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_without_an_error(line: bytes) -> None:
    entry_of(line)
    entry_of(b'{"n":1,"prev":"","t":' + line + b"\t")
    head_of(line.ljust(HEAD_BYTES, b" "))
    assert not is_signed(KEY.public, line)
    assert PublicKey.read(line) is None
    assert PrivateKey.read(line) is None


def test_what_is_no_number_or_too_long_is_kept_out() -> None:
    line = entry_line(
        KEY, 1, HASH, MOMENT, Kind.CONNECTION_ALLOWED, "", {"until": float("inf"), "x": float("nan"), "why": "é" * 9999}
    )
    entry = entry_of(line)
    assert entry
    assert entry.facts == {"why": "é" * 1999 + "…"}


def test_names_that_are_no_text_become_escapes() -> None:
    line = entry_line(KEY, 1, HASH, MOMENT, Kind.REFUSED, "", {"program": "caf\udce9"})
    assert json.loads(line.split(b"\t")[0])["program"] == "caf\udce9"


def test_the_names_of_the_journal_are_its_own() -> None:
    with pytest.raises(ValueError, match="prev"):
        entry_line(KEY, 1, HASH, MOMENT, Kind.REFUSED, "", {"prev": "x"})


def test_an_entry_is_no_head_and_a_head_no_entry() -> None:
    head = Head(17, HASH, 3, stamp(MOMENT), stamp(MOMENT))
    line = head_line(KEY, head)
    assert (len(line), head_of(line)) == (HEAD_BYTES, head)
    assert is_signed(KEY.public, line, HEAD_DOMAIN)
    assert not is_signed(KEY.public, line)
    assert len(head_line(KEY, Head(10**15, HASH, 10**15, stamp(MOMENT), stamp(MOMENT)))) == HEAD_BYTES


def test_marks_say_the_same_for_the_same_content_only() -> None:
    assert KEY.mark("Qui a la clé ?") == KEY.mark("Qui a la clé ?") != KEY.mark("Qui a la cle ?")
    assert KEY.mark("Qui a la clé ?") != PrivateKey.new().mark("Qui a la clé ?")
    assert len(KEY.mark("\ud800")) == 32
    again = PrivateKey.read(KEY.pem)
    assert again
    assert again.mark("x") == KEY.mark("x")


@given(st.lists(st.binary(max_size=50)), st.binary(max_size=5), st.integers(0, 3))
def test_lines_come_back_from_the_end(parts: list[bytes], rest: bytes, long: int) -> None:
    lines = [part.replace(b"\n", b"") * (1 + 3000 * long) + b"\n" for part in parts]
    tail = rest.replace(b"\n", b"")
    content = b"".join(lines) + tail
    found = list(backwards(io.BytesIO(content), len(content)))
    assert [line for _at, line in reversed(found)] == lines + ([tail] if tail else [])
    assert all(content[at : at + len(line)] == line for at, line in found)


def test_a_line_without_end_does_not_fill_the_memory() -> None:
    content = b"first\n" + b"x" * (3 * LINE_LIMIT) + b"\nlast\n"
    assert [line for _at, line in backwards(io.BytesIO(content), len(content))] == [b"last\n", b"first\n"]


def test_only_the_names_of_segments_are_segments() -> None:
    assert [number_of(name_of(number)) for number in (1, 999_999, 1_000_000)] == [1, 999_999, 1_000_000]
    for name in ("1.jsonl", "0000001.jsonl", "000000.jsonl", "٠٠٠٠٠١.jsonl", "000001.jsonl.new", "head", "000001.json"):
        assert number_of(name) == 0
