"""Numbers, sizes, dates and licences as each reader writes them."""

from __future__ import annotations

import pytest

from hameau.server import words


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (words.number(12345.6, "fr", 1), "12\u202f345,6"),
        (words.number(12345.6, "en", 1), "12,345.6"),
        (words.size(0, "fr"), "0\u00a0o"),
        (words.size(491_400_064, "fr"), "491\u00a0Mo"),
        (words.size(1_117_320_768, "en"), "1.1\u00a0GB"),
        (words.size(999_999, "en"), "1.0\u00a0MB"),
        (words.seconds(420, "fr"), "0,4\u00a0s"),
        (words.seconds(12_345, "en"), "12\u00a0s"),
        (words.seconds(180_000, "en"), "3\u00a0min"),
        (words.day("2026-07-14T12:00:00.000Z", "fr"), "14\u00a0juillet\u00a02026"),
        (words.day("2026-03-01T12:00:00.000Z", "fr"), "1er\u00a0mars\u00a02026"),
        (words.day("2026-07-14T12:00:00.000Z", "en"), "14\u00a0July\u00a02026"),
        (words.day("soon", "en"), "soon"),
        (words.languages(("fr", "en", "oc"), "fr"), "français, anglais, oc"),
    ],
)
def test_words(got: str, expected: str) -> None:
    assert got == expected


def test_licences_in_plain_words() -> None:
    assert words.licence("Apache-2.0", "fr").startswith("Libre")
    assert words.licence("Gemma", "en").startswith("Not free")
    assert words.licence("whatever", "en").startswith("Its conditions")
