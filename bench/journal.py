"""The journal: how long an append takes, alone and beside another process that appends, and a check of the whole.

    python bench/journal.py [--entries 1000000] [--runs 20000]

A check reads every line and its hash; the signature of the last line vouches for them all.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from common import home, median, percentile

from hameau.perimeter import Journal, Kind

ANOTHER = """
import sys
from pathlib import Path
from hameau.perimeter import Journal, Kind
journal = Journal(Path(sys.argv[1]))
print("writes", flush=True)
while True:
    journal.record(Kind.ASKED, by="another", task="ask", mark="0123456789abcdef0123456789abcdef")
"""


def append(journal: Journal, number: int) -> float:
    """Microseconds of one append."""
    began = time.perf_counter()
    journal.record(
        Kind.ALLOWED, act="connect", program="python3", pid=4242, host="documents.example.org", address="192.0.2.7",
        port=1 + number % 60_000, protocol="tcp", why="It was allowed.", connection="documents", leaves=True,
    )  # fmt: skip
    return 1e6 * (time.perf_counter() - began)


def told(what: str, took: list[float]) -> None:
    print(
        f"append, {what:34} median {median(took):7.0f} µs   p95 {percentile(took, 0.95):7.0f} µs   worst {max(took):7.0f} µs",
        flush=True,
    )


def beside_another(folder: Path, journal: Journal, runs: int) -> list[float]:
    """Appends while another process does nothing else."""
    other = subprocess.Popen([sys.executable, "-c", ANOTHER, str(folder)], stdout=subprocess.PIPE, text=True)
    assert other.stdout
    other.stdout.readline()
    try:
        return [append(journal, number) for number in range(runs)]
    finally:
        other.kill()
        other.wait()
        other.stdout.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=20_000)
    asked = parser.parse_args()
    with home() as folder:
        journal = Journal(folder / "journal")
        journal.record(Kind.STARTED)
        told("one process", [append(journal, number) for number in range(asked.runs)])
        told("beside another that appends", beside_another(folder / "journal", journal, asked.runs))
        for number in range(asked.entries - journal.summary().entries):
            append(journal, number)
        began = time.perf_counter()
        found = journal.verify()
        took = time.perf_counter() - began
        assert found.ok and found.entries == asked.entries, found
        size = sum(path.stat().st_size for path in (folder / "journal").iterdir())
        print(
            f"verify, {found.entries} entries in {found.segments} segments, {size / 1e6:.0f} MB: {took:.1f} s",
            flush=True,
        )
        began = time.perf_counter()
        newest = journal.entries(limit=100)
        print(f"the newest {len(newest)} entries: {1000 * (time.perf_counter() - began):.1f} ms")
        began = time.perf_counter()
        found_none = journal.entries(text="no such words", limit=100)
        print(f"looking for words that are nowhere, {len(found_none)} found: {time.perf_counter() - began:.1f} s")
        journal.close()


if __name__ == "__main__":
    main()
