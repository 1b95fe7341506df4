"""The brake of the chat engine: only for releases with which it was tried, and out again where it does not work."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

from hameau.models.engines.xllamacpp_brake import TRIED, Brake

ROOT = Path(__file__).parents[3]


def test_the_pinned_release_is_one_that_was_tried() -> None:
    """It fails for whoever raises the pin: run ``tests/integration/models/test_engine_company.py``, then add the release."""
    pinned = re.search(r"^xllamacpp==(\S+)", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert pinned
    assert pinned[1] in TRIED


def test_an_engine_never_tried_keeps_its_own_ways() -> None:
    brake = Brake(512)
    worked: list[bool] = []
    brake.engage("/nowhere.so", "1999.1.1", lambda: worked.append(True))
    assert (brake.holds, worked) == (False, [])


def test_without_the_engine_there_is_no_brake() -> None:
    spec = find_spec("xllamacpp")
    assert spec
    brake = Brake(512)
    brake.engage(str(Path(str(spec.origin)).with_name("xllamacpp.abi3.so")), next(iter(TRIED)), lambda: None)
    assert not brake.holds
