from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hameau.library.dates import moment, period, plain, read

TODAY = date(2026, 11, 22)  # a Sunday


@pytest.mark.parametrize(
    ("said", "first", "after"),
    [
        ("de mars", "2026-03-01", "2026-04-01"),
        ("en décembre", "2025-12-01", "2026-01-01"),
        ("de mars 2024", "2024-03-01", "2024-04-01"),
        ("du 3 mars", "2026-03-03", "2026-03-04"),
        ("datés du 1er janvier 2020", "2020-01-01", "2020-01-02"),
        ("d'hier", "2026-11-21", "2026-11-22"),
        ("de la semaine dernière", "2026-11-09", "2026-11-16"),
        ("from last month", "2026-10-01", "2026-11-01"),
        ("de l'année dernière", "2025-01-01", "2026-01-01"),
        ("de cette année", "2026-01-01", "2027-01-01"),
        ("de cette semaine", "2026-11-16", "2026-11-23"),
        ("de demain", "2026-11-23", "2026-11-24"),
        ("de la semaine prochaine", "2026-11-23", "2026-11-30"),
        ("du mois prochain", "2026-12-01", "2027-01-01"),
        ("next year", "2027-01-01", "2028-01-01"),
        ("of the last two weeks", "2026-11-08", "2026-11-23"),
        ("des 3 derniers mois", "2026-08-22", "2026-11-23"),
        ("de 2023", "2023-01-01", "2024-01-01"),
        ("depuis 2020", "2020-01-01", ""),
        ("avant mars 2019", "", "2019-03-01"),
        ("après le 3 mars", "2026-03-04", ""),
        ("jusqu'en juin 2020", "", "2020-07-01"),
        ("entre mars et juin 2024", "2024-03-01", "2024-07-01"),
        ("between November 2023 and January 2024", "2023-11-01", "2024-02-01"),
        ("du 3 au 10 mars 2026", "2026-03-03", "2026-03-11"),
        ("received in March 2025", "2025-03-01", "2025-04-01"),
        ("from March 3, 2026", "2026-03-03", "2026-03-04"),
        ("2024-02", "2024-02-01", "2024-03-01"),
        ("le 12/05/2024", "2024-05-12", "2024-05-13"),
    ],
)
def test_a_time_is_read_as_people_say_it(said: str, first: str, after: str) -> None:
    found = read(plain(said), 0, TODAY)
    assert found is not None
    (begin, end), stop = found
    assert (str(begin or ""), str(end or "")) == (first, after)
    assert stop == len(said)


@pytest.mark.parametrize(
    "said", ["", "de Marseille", "du 32 mars", "2024-13", "dernières", "30/02/2024", "de marsouins"]
)
def test_what_is_no_time_is_left_alone(said: str) -> None:
    assert read(plain(said), 0, TODAY) is None


def test_a_time_that_stands_alone_is_read_whole_or_not_at_all() -> None:
    assert period(" mars 2026 ", TODAY) == (date(2026, 3, 1), date(2026, 4, 1))
    assert period("mars 2026 peut-être", TODAY) is None


def test_a_day_begins_where_the_reader_lives_and_sorts_as_text() -> None:
    assert moment(None) == ""
    assert moment(date(2026, 3, 1)) < moment(date(2026, 3, 2)) < moment(date(2027, 1, 1))


@given(st.text(max_size=60))
def test_no_text_is_an_error(text: str) -> None:
    simple = plain(text)
    assert len(simple) == len(text)
    found = read(simple, 0, TODAY)
    assert found is None or 0 < found[1] <= len(text)
