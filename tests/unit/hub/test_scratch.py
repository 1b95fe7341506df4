"""A folder of one process, and what the dead left."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from hameau.hub.scratch import Scratch

HOLD = """
import sys
from pathlib import Path
from hameau.hub.scratch import Scratch
print(Scratch(Path(sys.argv[1])).folder(), flush=True)
sys.stdin.read()
"""


def test_the_living_keep_their_folder_and_the_dead_lose_it(tmp_path: Path) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdin
    assert other.stdout
    theirs = Path(other.stdout.readline().strip())
    (theirs / "page.png").write_bytes(b"x")
    first = Scratch(tmp_path)
    ours = first.folder()
    assert ours == first.folder()
    assert theirs.is_dir()
    other.kill()
    other.wait()
    other.stdin.close()
    other.stdout.close()

    second = Scratch(tmp_path)
    second.folder()
    assert not theirs.exists()
    assert ours.is_dir()
    first.close()
    second.close()
    assert list((tmp_path / "tmp").iterdir()) == []
    first.close()
