"""A disk that is really full: a file system of a few megabytes, made for the test where the kernel lets us."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHILD = Path(__file__).with_name("full_disk_child.py")


def test_reading_stands_still_on_a_full_disk_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    if shutil.which("unshare") is None:
        pytest.skip("the program unshare makes the small disk")
    small = tmp_path / "small"
    small.mkdir()
    script = f"mount -t tmpfs -o size=32m none '{small}' || exit 77; exec '{sys.executable}' '{CHILD}' '{small}' '{tmp_path}'"
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("this kernel lets no user make a small disk")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["paused", "complete"]
