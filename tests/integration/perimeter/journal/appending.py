"""What a test of the journal runs in a process of its own: ``python appending.py WHAT FOLDER [COUNT]``."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from hameau.kit import HameauError
from hameau.perimeter.journal import Journal, Kind


def many(folder: Path, count: int) -> None:
    """Four threads, ``count`` entries each, over small segments."""
    journal = Journal(folder, segment_bytes=20_000)

    def append() -> None:
        for number in range(count):
            journal.record(Kind.ASKED, by=str(os.getpid()), task="ask", number=number)

    threads = [threading.Thread(target=append) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal.close()


def for_ever(folder: Path, count: int) -> None:
    """Until somebody kills this process; prints the number of each entry once it is written."""
    journal = Journal(folder, segment_bytes=5_000)
    while True:
        print(journal.record(Kind.ASKED, task="ask"), flush=True)


def repeat(folder: Path, count: int) -> None:
    """The same refusal ``count`` times, and then the process ends without a word."""
    journal = Journal(folder)
    for _ in range(count):
        journal.record(Kind.REFUSED, act="connect", program="curl", host="example.org", port=443)


def fork(folder: Path, count: int) -> None:
    """A parent and the child that it forked, each with a count of its own, write side by side."""
    journal = Journal(folder)
    for _ in range(3):
        journal.record(Kind.REFUSED, act="connect", program="curl", host="example.org", port=443)
    child = os.fork()
    for _ in range(count):
        journal.record(Kind.ASKED, by="child" if child == 0 else "parent")
    journal.close()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def full(folder: Path, count: int) -> None:
    """Writes on a disk that is full, then on one that has room again."""
    journal = Journal(folder / "journal")
    journal.record(Kind.STARTED)
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as stream:
        try:
            while stream.write(b"x" * 4096):
                pass
        except OSError:
            pass
    for _ in range(3):
        try:
            while True:
                journal.record(Kind.ASKED, task="x" * 2000)
        except HameauError as error:
            print(type(error).__name__, journal.verify().ok)
    try:
        journal.export(folder / "exported.zip")
    except HameauError as error:
        print(type(error).__name__, sorted(path.name for path in folder.iterdir()))
    try:
        Journal(folder / "another").record(Kind.STARTED)
    except HameauError as error:
        print(type(error).__name__, sorted(path.name for path in (folder / "another").iterdir()))
    filler.unlink()
    journal.record(Kind.STOPPED)
    Journal(folder / "another").record(Kind.STARTED)
    print(journal.verify().ok, Journal(folder / "another").verify().ok)


if __name__ == "__main__":
    what = {each.__name__: each for each in (many, for_ever, repeat, fork, full)}[sys.argv[1]]
    what(Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0)
