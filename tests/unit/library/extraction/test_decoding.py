"""Bytes to text, whatever wrote them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hameau.library.extraction.decoding import decode, is_binary, tidy

FRENCH = "Où est passé l'été ? Le cœur à l'ouvrage, Anaïs prépare une fête à Noël : ça coûte très cher, déjà 12 €."


@pytest.mark.parametrize(
    "alphabet", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "iso8859-15"]
)
def test_french_survives_every_alphabet(alphabet: str) -> None:
    assert decode(FRENCH.encode(alphabet)).removeprefix("\ufeff") == FRENCH


@pytest.mark.parametrize("alphabet", ["mac_roman", "cp850", "latin-1"])
def test_older_alphabets(alphabet: str) -> None:
    text = FRENCH.replace("œ", "oe").replace("€", "euros")
    assert decode(text.encode(alphabet)) == text


def test_one_bad_byte_does_not_cost_the_other_accents() -> None:
    data = FRENCH.encode() + b" \xe9 " + FRENCH.encode()
    assert decode(data) == f"{FRENCH} \ufffd {FRENCH}"


@given(st.binary(max_size=400))
def test_nothing_raises_and_the_result_can_be_kept(data: bytes) -> None:
    text = tidy(decode(data))
    text.encode("utf-8")
    assert "\r" not in text and "\0" not in text
    assert unicodedata.is_normalized("NFC", text)


@given(st.text(max_size=300))
def test_tidying_twice_changes_nothing_more(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Co", "Cn"]), min_size=1, max_size=200))
def test_utf8_is_always_recognised(text: str) -> None:
    assert decode(b"\xef\xbb\xbf" + text.encode()) == text


def test_line_ends_accents_and_nul_bytes() -> None:
    assert tidy("un\r\ndeux\rtrois\x00 e\u0301te\u0301\ufeff") == "un\ndeux\ntrois été"


@pytest.mark.parametrize(
    "data, verdict",
    [(b"", False), (FRENCH.encode("utf-16"), False), (bytes(range(32)) * 20, True), (b"\x00" * 50, True)],
)
def test_binary(data: bytes, verdict: bool) -> None:
    assert is_binary(data) is verdict
