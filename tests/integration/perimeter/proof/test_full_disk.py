"""A report on a disk that is really full: it is said, and no half report stays."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHILD = """
import sys
from pathlib import Path
from fakes.proofs import STAGE
from hameau.kit import NotEnough
from hameau.perimeter.journal import Journal, Kind
from hameau.perimeter.proof.pcap import Writer
from hameau.perimeter.proof.making import Wish, _folder, _order, _written

base, out = Path(sys.argv[1]), Path(sys.argv[2])
work = base / "work"
Journal(work / "home" / "journal").record(Kind.STARTED)
for name in ("journey.pcap", "control.pcap"):
    Writer(work / name).close()
wish = Wish(base / "home", out, base, base, True, "?", "?", "x", "", "en", ())
for full in (True, False):
    if not full:
        (out / "ballast").unlink()
    try:
        with _folder(out, 0.0) as (folder, name):
            _written(wish, _order(wish, work, folder), STAGE, folder, name)
        print("whole", len(list((out / name).iterdir())))
    except NotEnough as error:
        print("full", sorted(path.name for path in out.iterdir()))
"""


def test_a_full_disk_is_said_and_no_half_report_stays(tmp_path: Path) -> None:
    if shutil.which("unshare") is None:
        pytest.skip("the program unshare makes the small disk")
    small = tmp_path / "small"
    small.mkdir()
    script = f"""
        mount -t tmpfs -o size=128k none '{small}' || exit 77
        head -c 112k /dev/zero > '{small}/ballast'
        '{sys.executable}' -W error -c "$CHILD" '{tmp_path}' '{small}'
    """
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script]
    environment = {**os.environ, "CHILD": CHILD, "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("this kernel lets no user make a small disk")
    assert done.stdout.splitlines() == ["full ['ballast']", "whole 8"], done.stderr
