"""Arguments as they really come, and text that is safe to print."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hameau.cli.terminal import duration, plain, safe, size
from hameau.cli.words import as_text
from hameau.library import Locator


def test_utf8_stays_as_it_is() -> None:
    assert as_text("L'été à Brévanne") == "L'été à Brévanne"


def test_bytes_of_an_old_file_are_read_as_windows_1252() -> None:
    assert as_text(os.fsdecode("L'été : 5 €".encode("cp1252"))) == "L'été : 5 €"


@given(st.binary(max_size=50))
def test_any_argument_becomes_real_text(raw: bytes) -> None:
    as_text(raw.decode("utf-8", "surrogateescape")).encode("utf-8")


def test_no_escape_sequence_reaches_the_terminal() -> None:
    hostile = "a\x1b]0;title\x07b\x9b31mc\r\u202ed\ttab\nline"
    assert safe(hostile) == "a]0;titleb31mcd\ttab\nline"


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (491_400_064, "491 MB"), (4 * 10**15, "4000 TB")],
)
def test_sizes_are_in_decimal_units(count: int, words: str) -> None:
    assert size(count) == words


def test_times() -> None:
    assert [duration(each) for each in (None, 3.4, 1500)] == ["—", "3 ms", "1.5 s"]


def test_nouns_become_json() -> None:
    assert plain({"a": (Locator(0, 3, heading=("x",)),)}) == {
        "a": [{"start": 0, "end": 3, "page": None, "heading": ["x"]}]
    }
