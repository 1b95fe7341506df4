"""When a source is looked at again. Pure.

A folder that can't be followed is looked at often, as long as that is quick. What lies on another machine is asked as seldom as
its kind of source says, ever more rarely while it does not answer, and hardly at all once it has refused us: a password that was
wrong is wrong again, and a server that is asked too often closes its door.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime

from hameau.kit import BadInput, HameauError, Missing, NotFound, Refused, Unavailable
from hameau.library.ports import Later, OutwardSource, PartlyUnavailable, SourceAdapter
from hameau.library.types import Source

FOLLOWED_FACTOR = 6
"""What is followed wholly is compared that much more rarely than what is not; news can be lost on the way."""
POLL_SECONDS = 60.0
"""What can't be followed is looked at that often, when that is quick: looking takes a twentieth of the time at most."""
LEAST_SECONDS, AWAY_SECONDS, LONGEST_SECONDS, REFUSED_SECONDS = 60.0, 60.0, 6 * 3600.0, 24 * 3600.0
"""Of outward sources: how often at most; after the first time without an answer, each further one doubling it, and at most;
after a refusal."""
_SHARE = 20
_SPREAD = 0.1
"""Share of a wait by which it is lengthened, at random: a thousand feeds are not all due at once."""


def wait_after(
    adapter: SourceAdapter,
    source: Source,
    trouble: HameauError | None,
    failures: int,
    seconds: float,
    *,
    complete: bool,
    rescan_seconds: float,
) -> float:
    """Seconds until a source is compared again, after ``seconds`` of comparing that ended with ``trouble``, the time number
    ``failures`` in a row that it was not there. ``complete``: a watcher hears of all its changes."""
    if not isinstance(adapter, OutwardSource):
        often = min(rescan_seconds, max(POLL_SECONDS, seconds * _SHARE))
        return rescan_seconds * FOLLOWED_FACTOR if complete else often
    every = every_seconds(adapter, source.settings)
    if isinstance(trouble, Later):
        wait = max(every, trouble.seconds)
    elif isinstance(trouble, Unavailable) and not isinstance(trouble, PartlyUnavailable):
        wait = min(LONGEST_SECONDS, AWAY_SECONDS * 2.0 ** min(max(failures - 1, 0), 20))
    elif isinstance(trouble, (Refused, Missing, NotFound, BadInput)):
        wait = max(every, REFUSED_SECONDS)
    else:
        wait = max(every * FOLLOWED_FACTOR if complete else every, seconds * _SHARE)
    return wait * (1 + _SPREAD * random.random())  # noqa: S311 - spread, no secret


def wait_at_start(adapter: SourceAdapter, source: Source, at: datetime) -> float:
    """Seconds until a source is first compared when Hameau starts: what lies here at once, what lies elsewhere when it is due."""
    if not isinstance(adapter, OutwardSource) or source.synced_at is None or source.state == "syncing":
        return 0.0
    try:
        since = (at - datetime.fromisoformat(source.synced_at)).total_seconds()
    except (ValueError, TypeError):
        return 0.0
    every = every_seconds(adapter, source.settings)
    return max(0.0, min(every, every - since))


def every_seconds(adapter: OutwardSource, settings: Mapping[str, object]) -> float:
    """How often a source elsewhere is looked at by itself: as a person set it, else as its kind says."""
    wanted = settings.get("every")
    if isinstance(wanted, (int, float)) and not isinstance(wanted, bool) and wanted > 0:
        return max(LEAST_SECONDS, float(wanted))
    return adapter.every_seconds
