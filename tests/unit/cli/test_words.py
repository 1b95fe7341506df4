"""Arguments as they really come, and text that is safe to print."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hameau.cli.terminal import confirmed, duration, one_line, plain, safe, size
from hameau.cli.words import as_text, decimal, speak
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
    assert plain({"kinds": frozenset({"pdf", "mail"})}) == {"kinds": ["mail", "pdf"]}
    assert plain({"a": (Locator(0, 3, heading=("x",)),)}) == {
        "a": [{"start": 0, "end": 3, "page": None, "heading": ["x"]}]
    }


def test_french_numbers_have_a_comma() -> None:
    speak("fr")
    try:
        assert (size(1_500_000_000), duration(6500.0), decimal(0.25, 2)) == ("1,5 Go", "6,5 s", "0,25")
    finally:
        speak("")


def test_names_are_shown_on_one_line() -> None:
    assert one_line("a\nb\tc\x1b[31m\u202e\u2028é") == r"a\nb\tc\x1b[31m\u202e\u2028é"


@pytest.mark.parametrize(
    ("typed", "yes"), [("o\n", True), ("OUI\n", True), ("y\n", True), ("\n", False), ("n\n", False)]
)
def test_only_a_clear_yes_is_one(typed: str, yes: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    assert confirmed("Delete?") is yes


def test_no_answer_is_no_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    with pytest.raises(click.Abort):
        confirmed("Delete?")


HELP = """
from hameau.cli.forms import Context, dressed
from hameau.cli.registry import COMMANDS, Registry
from hameau.cli.words import speak
speak("fr")
group = dressed(Registry("hameau", help="Hameau"))
above = Context(group, info_name="hameau")
for name in COMMANDS:
    command = group.get_command(above, name)
    print(command.get_help(Context(command, above, info_name=name)))
"""


def test_no_english_is_left_in_french_help() -> None:
    """In a process of its own: a command has its texts in the language in which it was first called."""
    done = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, check=True)
    assert "Usage :" in done.stdout
    assert not re.search(
        r"\b(TEXT|FILE|PATH|INTEGER|ARGS|COMMAND|QUERY|NAMES?|default)\b|\w:$", done.stdout, re.MULTILINE
    )
