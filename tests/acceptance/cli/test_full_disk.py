"""A command on a disk that is really full: it stops, says so, and what was added is kept."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

RUN = "from hameau.cli import main; main()"


def test_adding_on_a_full_disk_stops_and_says_how_to_go_on(tmp_path: Path) -> None:
    if shutil.which("unshare") is None:
        pytest.skip("the program unshare makes the small disk")
    small, papers = tmp_path / "small", tmp_path / "papers"
    small.mkdir()
    papers.mkdir()
    dice = random.Random(5)
    for number in range(40):
        words = " ".join("".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=8)) for _ in range(1_500))
        (papers / f"{number:02}.txt").write_text(words, encoding="utf-8")
    script = f"""
        mount -t tmpfs -o size=32m none '{small}' || exit 77
        head -c 29M /dev/zero > '{small}/ballast'
        '{sys.executable}' -c '{RUN}' add '{papers}'; echo "first $?"
        rm '{small}/ballast'
        '{sys.executable}' -c '{RUN}' sources; echo "second $?"
    """
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script]
    environment = {**os.environ, "HAMEAU_HOME": str(small / "home")}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=environment)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("this kernel lets no user make a small disk")
    assert "first 1" in done.stdout, done.stderr
    assert "second 0" in done.stdout, done.stderr
    assert "disk is full" in done.stderr
    assert "hameau sync" in done.stderr
    assert str(papers) in done.stdout  # the source is kept: a later sync goes on with it
