"""How fast mail becomes searchable: from a real Dovecot over the perimeter, from a Maildir and from an mbox file.

    python bench/mail.py [MAILS] [--only imap|maildir|mbox]

Makes French mails in conversations, some with attachments, puts them into mailboxes, and reads them as the product does. Prints
mails a second for the first synchronisation, the seconds of one where nothing changed, and, to compare with, how many mails
a second the extraction alone takes apart. Needs Dovecot (Debian: dovecot-imapd).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import psutil
from common import machine

from fakes.letters import letters, mbox
from hameau.hub import Hub, read_settings
from hameau.library import Source
from hameau.library.extraction import SandboxedExtractor
from hameau.library.jobs import RESCAN
from servers.dovecot import PASSWORD, USER, dovecot, own

_BOXES = ("", "Archives", "Association", "Sent")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mails", nargs="?", type=int, default=10_000)
    parser.add_argument("--only", choices=("imap", "maildir", "mbox"))
    chosen = parser.parse_args()
    print(machine())
    mails = list(letters(chosen.mails))
    print(f"{len(mails)} mails, {sum(map(len, mails)) / len(mails):.0f} bytes each")
    extraction(mails[:1000])
    with tempfile.TemporaryDirectory(prefix="hameau-bench-") as place:
        for name, measure in {"imap": imap, "maildir": maildir, "mbox": in_one_file}.items():
            if chosen.only in (None, name):
                measure(Path(place) / name, mails)


def extraction(mails: list[bytes]) -> None:
    """The readers alone, one after the other."""
    extractor = SandboxedExtractor()
    extractor.extract_data("a.eml", mails[0])
    took = seconds(lambda: [extractor.extract_data("a.eml", mail) for mail in mails])
    extractor.close()
    print(f"extraction alone: {len(mails) / took:.0f} mails a second")


def imap(place: Path, mails: list[bytes]) -> None:
    """From Dovecot."""
    with dovecot() as server:
        for number, name in enumerate(_BOXES):
            put(server.box(name), mails[number :: len(_BOXES)])
        own(server)
        hub = Hub(read_settings({"home": str(place)}))
        hub.perimeter.allow("127.0.0.1", server.port, why="bench", who="bench", name="mail.bench", local=True)
        token = place / "token"
        token.write_text(PASSWORD, "utf-8")
        token.chmod(0o600)
        settings = {"connection": "mail.bench", "secret": f"file:{token}"}
        add(hub, "imap", f"imap://{USER}@127.0.0.1:{server.port}/", settings)
        synchronise("imap", hub, len(mails))


def maildir(place: Path, mails: list[bytes]) -> None:
    """From a Maildir with one mailbox."""
    put(place / "Maildir", mails)
    hub = Hub(read_settings({"home": str(place / "home")}))
    add(hub, "mail", str(place / "Maildir"), {})
    synchronise("maildir", hub, len(mails))


def in_one_file(place: Path, mails: list[bytes]) -> None:
    """From an mbox file; then a mail is added behind."""
    place.mkdir()
    file = place / "Archives.mbox"
    file.write_bytes(mbox(iter(mails)))
    hub = Hub(read_settings({"home": str(place / "home")}))
    add(hub, "mail", str(file), {})
    synchronise("mbox", hub, len(mails), more=lambda: append(file))


def append(file: Path) -> None:
    """One more mail."""
    with file.open("ab") as stream:
        stream.write(mbox(letters(1, seed=99)))


def put(box: Path, mails: list[bytes]) -> None:
    """``mails`` into a Maildir, read ones."""
    for folder in ("cur", "new", "tmp"):
        (box / folder).mkdir(parents=True, exist_ok=True)
    for number, mail in enumerate(mails):
        (box / "cur" / f"{1_700_000_000 + number}.M{number}P1.hameau:2,S").write_bytes(mail)


def add(hub: Hub, kind: str, uri: str, settings: dict[str, object]) -> Source:
    """The source."""
    return hub.add_source(kind, uri, settings=settings)


def synchronise(name: str, hub: Hub, mails: int, more: Callable[[], None] | None = None) -> None:
    """The first time, and again."""
    source = hub.library.sources()[0]
    own, readers = processor()
    took = seconds(lambda: hub.indexer.run_until_idle(vectors=False))
    status = hub.library.status()
    own, readers = (after - before for after, before in zip(processor(), (own, readers), strict=True))
    print(
        f"{name}: {mails / took:.0f} mails a second ({took:.1f} s; {status.documents} documents, {status.passages} passages, "
        f"{status.failed} failed); processor: {own / mails * 1000:.2f} ms a mail here, {readers / mails * 1000:.2f} ms in readers"
    )
    print(f"{name}, nothing changed: {again(hub, source):.2f} s")
    if more is not None:
        more()
        print(f"{name}, one mail more: {again(hub, source):.2f} s")
    hub.close()


def again(hub: Hub, source: Source) -> float:
    """Seconds of one more synchronisation by itself, which trusts what is remembered."""
    hub.library.jobs.ask(RESCAN, source.id)
    return seconds(lambda: hub.indexer.run_until_idle(vectors=False))


def processor() -> tuple[float, float]:
    """Seconds of processor that this process took, and the readers that it has: what other programs do changes them little."""
    me = psutil.Process()
    readers = sum(
        sum(child.cpu_times()[:2]) for child in me.children(recursive=True) if "cell.py" in " ".join(child.cmdline())
    )
    return sum(me.cpu_times()[:2]), readers + sum(me.cpu_times()[2:4])


def seconds(step: Callable[[], object]) -> float:
    """How long ``step`` takes."""
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
