"""What a test runs in a process of its own, importable there however the tests were started."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import apsw

from hameau.kit import HameauError
from hameau.library import Extracted, Item, Library
from hameau.storage import Database

PUT = "insert into settings (key, value) values (?, ?)"


def open_and_close(path: Path) -> None:
    Database(path).close()


def write(path: Path) -> None:
    database = Database(path)
    with database.transaction() as session:
        session.run(PUT, ("elsewhere", "1"))
    database.close()


def die_in_the_middle(path: Path) -> None:
    database = Database(path)
    with database.transaction() as session:
        session.run(PUT, ("committed", "1"))
    with database.transaction() as session:
        session.run(PUT, ("half", "1"))
        os.kill(os.getpid(), 9)


def die_while_removing(path: Path) -> None:
    """Killed when the seventieth of 120 documents of a source is removed."""
    database = Database(path)
    library = Library(database)
    source = library.add_source("folder", "/documents")
    for number in range(120):
        document = library.begin_document(source.id, Item(f"{number}.txt", "", 1, "2026-01-01T00:00:00.000Z", ""))
        library.write_document(document.id, Extracted("Le matou dort sur le canapé."))
    with database.transaction() as session:
        session.run("create trigger deadly after delete on documents when old.uri = '70.txt' begin select die(); end")
    writer: apsw.Connection = database._writer
    writer.create_scalar_function("die", lambda: os.kill(os.getpid(), 9))
    library.remove_source(source.id)


def open_on_a_full_disk(folder: Path) -> None:
    """Prints what opening a library says, a new one and one that is there, once the disk of ``folder`` is full."""
    Database(folder / "there.db").close()
    with (folder / "filler").open("wb", buffering=0) as filler:
        try:
            while filler.write(b"x" * 4096):
                pass
        except OSError:
            pass
    for name in ("new.db", "there.db"):
        try:
            Database(folder / name).close()
        except HameauError as error:
            print(type(error).__name__, error)


if __name__ == "__main__":
    open_on_a_full_disk(Path(sys.argv[1]))
