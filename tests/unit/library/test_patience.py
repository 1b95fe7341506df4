"""When a source is looked at again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fakes.sources import DistantSource, MemorySource
from hameau.kit import N_, HameauError, Missing, Refused, Unavailable
from hameau.library import Later, PartlyUnavailable, Source
from hameau.library.patience import every_seconds, wait_after, wait_at_start

AWAY = Unavailable(N_("This does not work right now."))
HERE, THERE = MemorySource(Path("x")), DistantSource(Path("x"))


def source(synced_at: str | None = None, state: str = "ready", **settings: object) -> Source:
    return Source("s", "home", "x", "u", "", state, "", synced_at, settings=settings)  # type: ignore[arg-type]


def later(seconds: float) -> Later:
    error = Later(N_("This does not work right now."))
    error.seconds = seconds
    return error


@pytest.mark.parametrize(
    ("trouble", "failures", "wait"),
    [
        (None, 0, 900),
        (PartlyUnavailable(N_("This does not work right now.")), 0, 900),
        (AWAY, 1, 60),
        (AWAY, 4, 480),
        (AWAY, 99, 6 * 3600),
        (later(30), 1, 900),
        (later(7200), 1, 7200),
        (Refused(N_("No.")), 0, 86_400),
        (Missing(N_("No.")), 0, 86_400),
    ],
)
def test_what_lies_elsewhere_is_asked_as_seldom_as_it_wants(
    trouble: HameauError | None, failures: int, wait: float
) -> None:
    found = wait_after(THERE, source(), trouble, failures, 2.0, complete=False, rescan_seconds=600)
    assert wait <= found <= wait * 1.1


def test_a_slow_one_is_asked_more_seldom_and_one_that_tells_too() -> None:
    assert wait_after(THERE, source(), None, 0, 300.0, complete=False, rescan_seconds=600) >= 6000
    assert wait_after(THERE, source(), None, 0, 1.0, complete=True, rescan_seconds=600) >= 5400


def test_what_lies_here_is_looked_at_often_when_that_is_quick() -> None:
    waits = [wait_after(HERE, source(), None, 0, took, complete=False, rescan_seconds=600) for took in (0.1, 10, 1000)]
    assert waits == [60, 200, 600]
    assert wait_after(HERE, source(), None, 0, 0.1, complete=True, rescan_seconds=600) == 3600


@pytest.mark.parametrize(("wanted", "every"), [(3600, 3600), (5, 60), ("x", 900), (True, 900), (-1, 900), (None, 900)])
def test_a_person_says_how_often(wanted: object, every: float) -> None:
    assert every_seconds(THERE, {"every": wanted}) == every


def test_at_the_start_what_lies_elsewhere_waits_until_it_is_due() -> None:
    at = datetime(2026, 11, 22, 10, 5, tzinfo=UTC)
    synced = "2026-11-22T10:00:00.000Z"
    assert wait_at_start(HERE, source(synced), at) == 0
    assert wait_at_start(THERE, source(), at) == 0
    assert wait_at_start(THERE, source(synced, "syncing"), at) == 0
    assert wait_at_start(THERE, source(synced), at) == 600
    assert wait_at_start(THERE, source("2026-11-22T09:00:00.000Z"), at) == 0
    assert wait_at_start(THERE, source("2030-01-01T00:00:00.000Z"), at) == 900  # a clock that was wrong
    assert wait_at_start(THERE, source("soon"), at) == 0
