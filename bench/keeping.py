"""What safety costs: encryption, durable transactions, backups, restores. ``python bench/keeping.py [MEGABYTES]``

Prints one JSON document. The library is filled with passages of real length whose words are drawn by their frequency in
French, so that packing and page changes are like those of real texts; vectors are random, as real ones are to a packer.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import apsw

from hameau.hub import Hub, Unlocking, back_up, check_backup, lock, read_settings, restore
from hameau.hub.vault import Cost, Vault, new_key
from hameau.library import Extracted, Item
from hameau.storage import Database

CIPHERS = ("", "aegis", "chacha20", "aes256cbc", "sqlcipher")
ROWS = 60_000
SECRET = "quatre mots bien choisis"
_WORDS = """
le la les de des du un une et à en que qui dans pour sur pas au par plus il elle nous vous avec se ce son sa
ses ont est sont était être avoir faire moulin meule roue eau pierre four pain location salle association
réunion compte rendu trésorier budget facture travaux toiture charpente devis entreprise mairie courrier date
signature présent absent excusé vote unanimité exercice recettes dépenses
""".split()


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def text(dice: random.Random, words: int) -> str:
    return " ".join(_WORDS[min(int(dice.expovariate(1 / 18)), len(_WORDS) - 1)] for _ in range(words)) + "."


def ciphers(folder: Path) -> dict[str, dict[str, float]]:
    """Inserts in one transaction and a full scan, 60,000 rows of 700 bytes, by cipher."""
    found = {}
    data = os.urandom(700)
    for cipher in CIPHERS:
        path = folder / f"c{cipher}.db"

        def opened(path: Path = path, cipher: str = cipher) -> apsw.Connection:
            connection = apsw.Connection(str(path))
            if cipher:
                connection.pragma("cipher", cipher)
                connection.pragma("key", f"raw:{bytes(32).hex()}")
            connection.pragma("journal_mode", "wal")
            connection.pragma("synchronous", 1)
            return connection

        connection = opened()
        connection.execute("create table t (a integer primary key, b blob)")

        def fill(connection: apsw.Connection = connection) -> None:
            connection.execute("begin")
            connection.executemany("insert into t values (?, ?)", ((number, data) for number in range(ROWS)))
            connection.execute("commit")

        inserting = timed(fill)
        connection.close()
        connection = opened()
        scan = timed(lambda connection=connection: list(connection.execute("select max(b), count(*) from t")))
        connection.close()
        path.unlink()
        found[cipher or "none"] = {"insert_s": round(inserting, 3), "scan_s": round(scan, 3)}
    return found


def commits(folder: Path) -> dict[str, float]:
    """Milliseconds of one small transaction."""
    database = Database(folder / "commits" / "hameau.db")
    found = {}
    for durable in (False, True):

        def write(durable: bool = durable) -> None:
            for number in range(200):
                with database.transaction(durable=durable) as session:
                    session.run("insert or replace into settings (key, value) values (?, '1')", (str(number),))

        found["durable" if durable else "usual"] = round(timed(write) / 200 * 1000, 3)
    database.close()
    return found


def grown(home: Path, megabytes: int) -> Hub:
    dice = random.Random(4)
    hub = Hub(read_settings({"home": str(home)}), Unlocking(environment={}, ask=lambda _tried: SECRET))
    source = hub.library.add_source("folder", "/documents")
    number = 0
    while (home / "hameau.db").stat().st_size < megabytes * 1_000_000:
        items = [Item(f"/documents/{number + n}.txt", "", 1, "2026-01-01T00:00:00.000Z", "") for n in range(50)]
        documents = hub.library.begin_documents(source.id, items)
        for document in documents:
            hub.library.write_document(document.id, Extracted("\n\n".join(text(dice, 120) for _ in range(12))))
        number += 50
        if number % 1000 == 0:
            with hub.database.read() as session:
                session.value("pragma wal_checkpoint(passive)")
    return hub


def backups(folder: Path, megabytes: int) -> dict[str, object]:
    hub = grown(folder / "home", megabytes)
    size = (folder / "home" / "hameau.db").stat().st_size
    found: dict[str, object] = {"library_mb": round(size / 1e6, 1)}

    def again(name: str, target: Path) -> None:
        seconds = timed(lambda: made.append(back_up(hub, target)))
        found[name] = {
            "seconds": round(seconds, 2),
            "written_mb": round(made[-1].written / 1e6, 2),
            "pieces": made[-1].new_pieces,
        }

    made: list[object] = []
    again("first", folder / "backup")
    again("nothing_changed", folder / "backup")
    dice = random.Random(5)
    source = hub.library.sources()[0]
    for n, document in enumerate(
        hub.library.begin_documents(source.id, [Item(f"/documents/new{n}.txt", "", 1, "", "") for n in range(100)])
    ):
        hub.library.write_document(document.id, Extracted("\n\n".join(text(dice, 120) for _ in range(12)) + str(n)))
    again("a_hundred_documents_more", folder / "backup")
    again("one_file", folder / "one.hameau")
    found["check_s"] = round(timed(lambda: check_backup(folder / "backup", lambda _vault: b"")), 2)
    found["restore_s"] = round(timed(lambda: restore(folder / "back", folder / "backup", lambda _vault: b"")), 2)
    hub.close()
    found["lock_s"] = round(timed(lambda: lock(folder / "home", SECRET, cost=Cost(64, 1, 1))), 2)
    hub = Hub(read_settings({"home": str(folder / "home")}), Unlocking(environment={}, ask=lambda _tried: SECRET))
    again("locked_first", folder / "backup-locked")
    again("locked_nothing_changed", folder / "backup-locked")
    hub.close()
    return found


def main(megabytes: int) -> None:
    folder = Path(tempfile.mkdtemp(prefix="hameau-bench-"))
    key = new_key()
    try:
        vault = Vault.new(key).with_slot("passphrase", SECRET, key)
        told: dict[str, object] = {
            "guess_s": round(timed(lambda: vault.unwrap(SECRET)), 3),
            "ciphers": ciphers(folder),
            "commit_ms": commits(folder),
            "backups": backups(folder, megabytes),
        }
        print(json.dumps(told, indent=2))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
