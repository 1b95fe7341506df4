"""The capture in a real sealed network: it sees what leaves, counts what stays, keeps the two apart and loses nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CHILD = Path(__file__).with_name("capture_child.py")
MANY = 3000


def watched(folder: Path) -> Any:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(CHILD), str(folder)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    if "forbidden" in told:
        if os.environ.get("HAMEAU_CI") == "1":
            pytest.fail(told["forbidden"])
        pytest.skip(told["forbidden"])
    return told


def test_what_leaves_is_seen_and_what_stays_is_counted(tmp_path: Path) -> None:
    told = watched(tmp_path)
    assert told["controls"] == [True, True, True]
    assert told["lost"] == 0
    tallies = told["tallies"]
    assert tallies["control before"][1] == 3
    assert tallies["quiet"] == [7, 0]
    assert tallies["busy"] == [2 * MANY, 0]
    assert tallies["leak"] == [0, MANY]
    assert told["kept"] == MANY
    assert told["loopback kept"] == 0
    assert told["longest"] == 1428
    assert told["whole"]
    assert told["kernel"][told["sham"]] == MANY + 3  # the kernel's own count agrees
    assert set(told["interfaces"]) >= {"lo", told["sham"]}
    assert told["first"].startswith("192.0.2.1:")
