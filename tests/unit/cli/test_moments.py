"""Ends of Connections, and places, as people type them."""

from __future__ import annotations

from datetime import datetime

import pytest

from hameau.cli.moments import earlier, later
from hameau.cli.perimeter import split_place
from hameau.kit import BadInput

NOW = datetime(2026, 11, 21, 15, 30).astimezone().timestamp()
HOUR, DAY = 3600, 86400


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30min", 1800),
        ("2h", 2 * HOUR),
        ("2 heures", 2 * HOUR),
        ("7d", 7 * DAY),
        ("7j", 7 * DAY),
        ("1 week", 7 * DAY),
        ("2 semaines", 14 * DAY),
        ("today", 8.5 * HOUR),
        ("aujourd’hui", 8.5 * HOUR),
        ("2026-11-21", 8.5 * HOUR),
        ("2026-11-22", 32.5 * HOUR),
        ("2026-11-21T16:30", HOUR),
    ],
)
def test_a_moment_to_come(text: str, seconds: float) -> None:
    assert later(text, NOW) - NOW == seconds


@pytest.mark.parametrize(
    ("text", "end", "seconds"),
    [
        ("2h", False, -2 * HOUR),
        ("7d", True, -7 * DAY),
        ("today", False, -15.5 * HOUR),
        ("hier", False, -39.5 * HOUR),
        ("yesterday", True, -15.5 * HOUR),
        ("2026-11-20", False, -39.5 * HOUR),
        ("2026-11-20", True, -15.5 * HOUR),
        ("2026-11-21T14:30", True, -HOUR),
    ],
)
def test_a_moment_gone_by(text: str, end: bool, seconds: float) -> None:
    assert earlier(text, NOW, end=end) - NOW == seconds


@pytest.mark.parametrize("text", ["", "soon", "h", "-2h", "2026-13-01", "99999h", "30s", "tomorrow evening"])
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(BadInput):
        later(text, NOW)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a.example", ("a.example", 443)),
        ("a.example:993", ("a.example", 993)),
        ("192.168.1.5:80", ("192.168.1.5", 80)),
        ("2001:db8::1", ("2001:db8::1", 443)),
        ("[2001:db8::1]", ("2001:db8::1", 443)),
        ("[2001:db8::1]:993", ("2001:db8::1", 993)),
    ],
)
def test_a_place(text: str, place: tuple[str, int]) -> None:
    assert split_place(text, 443) == place


@pytest.mark.parametrize("text", ["a.example:x", "a.example:", "a.example:²"])
def test_what_is_no_place(text: str) -> None:
    with pytest.raises(BadInput):
        split_place(text, 443)
