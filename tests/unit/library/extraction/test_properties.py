"""When a document is from and who wrote it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hameau.library.extraction.properties import date_of, mail_moment, moment, people


@pytest.mark.parametrize(
    "said, meant",
    [
        ("2025-03-03T10:00:00Z", "2025-03-03T10:00:00.000Z"),
        ("2025-03-03T10:00:00+01:00", "2025-03-03T09:00:00.000Z"),
        ("2014-10-06T03:47:17.214678371", "2014-10-06T03:47:17.000Z"),
        ("2025-03-03", "2025-03-03T00:00:00.000Z"),
        ("2025-03", "2025-03-01T00:00:00.000Z"),
        ("2023:05:20 11:08:30", "2023-05-20T11:08:30.000Z"),
        ("0000:00:00 00:00:00", ""),
        ("1601-01-01T00:00:00Z", ""),
        ("2025-13-03", ""),
        ("bientôt", ""),
        (None, ""),
    ],
)
def test_dates(said: object, meant: str) -> None:
    assert moment(said) == meant


def test_dates_of_mail() -> None:
    assert mail_moment("Tue, 19 May 2026 09:12:00 +0200") == "2026-05-19T07:12:00.000Z"
    assert mail_moment("19 May 2026 09:12 -0000") == "2026-05-19T09:12:00.000Z"
    assert mail_moment("hier soir") == ""


@given(st.text(max_size=60))
def test_any_text_is_a_date_or_none(text: str) -> None:
    for found in (moment(text), mail_moment(text)):
        assert found == "" or found.endswith("Z")


def test_the_last_writing_counts_before_the_making() -> None:
    made = {"created_at": "2003-01-01T00:00:00Z"}
    assert date_of(made).startswith("2003") and date_of({**made, "modified_at": "2025-03-03"}).startswith("2025")


def test_people_are_named_once_and_nobody_is_not() -> None:
    assert people(["Marie Roux", "  Marie\nRoux", None, "Administrator", "Paul"]) == "Marie Roux, Paul"
