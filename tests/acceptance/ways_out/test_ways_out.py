"""Every way out that we could think of, from Python, from C and from a child of a child, at each level of enforcement:
refused, and written down where that is promised, or listed as a limit of that level, exactly.

Nothing is sent anywhere but into networks that the test makes for itself (``stage``).
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from conftest import IN_CI, absent
from hameau.perimeter.gate import notify
from hameau.perimeter.kernel import nftables

sys.path.insert(0, str(Path(__file__).parent))

import limits
from ways import GATES, LEVELS, RARE, SYSTEMS, WAYS, tried

_CASES = [(level, way, caller) for level in LEVELS for way, caller in tried(level)]


@pytest.fixture(scope="session")
def found(request: pytest.FixtureRequest) -> dict[str, limits.Outcomes | str]:
    """What became of each way, at all levels that are asked for in this run and at the one without anything."""
    if os.geteuid() != 0:
        if IN_CI:
            pytest.fail("only root can make the networks of this test")
        pytest.skip("only root can make the networks of this test")
    if shutil.which("cc") is None:
        absent("a C compiler", "gcc libc6-dev")
    asked = {item.callspec.params.get("level") for item in request.session.items if hasattr(item, "callspec")}
    return limits.play_all(level for level in LEVELS if level in asked | {"open"} and not _missing(level))


def _missing(level: str) -> str:
    if level in GATES and (why := notify.available()):
        return f"seccomp user notification ({why})"
    if level == "nftables" and nftables.program() is None:
        return "nft"
    return ""


@pytest.mark.parametrize(("level", "way", "caller"), _CASES, ids=["-".join(case) for case in _CASES])
def test_the_way_is_closed_or_a_known_limit(
    found: dict[str, limits.Outcomes | str], level: str, way: str, caller: str
) -> None:
    if missing := _missing(level):
        absent(missing, "nftables")
    here, free = found[level], found["open"]
    assert not isinstance(here, str), here
    assert not isinstance(free, str), free
    outcome, kind = here[way, caller], WAYS[way]
    assert outcome.result not in ("hung", "unknown"), f"{kind.what}: {outcome}"
    assert outcome.result != "killed" or way == "int80", f"{kind.what}: {outcome}"
    out = outcome.got_out(kind)
    if level == "open":
        if kind.gets_out and way not in RARE:
            assert out, f"where nothing holds it, {kind.what} must get out, or this test tests nothing: {outcome}"
    elif (way, caller) in limits.known(level):
        possible = free[way, caller].got_out(kind)
        assert out or not possible or way.startswith("race-"), f"{kind.what} is held now: no limit any more ({outcome})"
    else:
        assert not out, f"{kind.what} got out: {outcome}"
        if level in GATES:
            assert outcome.result or way == "policy-file", f"{kind.what} was not refused: {outcome}"
        if limits.must_be_written(level, way):
            assert outcome.written, f"{kind.what} was refused and is not in the journal: {outcome}"


@pytest.mark.parametrize("level", [*GATES, *SYSTEMS])
def test_limits_are_of_ways_that_are_tried(level: str) -> None:
    assert set(limits.LIMITS[level]) <= set(tried(level))
