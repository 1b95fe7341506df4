"""A reader that a hostile file took over: what it can still do, tried from inside a real worker."""

from __future__ import annotations

import json
import os
import platform
import resource
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from hameau.library.extraction import sandbox
from hameau.library.extraction.process import Clock, Overdue, Worker
from hameau.library.extraction.trust import believed
from hameau.library.extraction.wire import Job, Reply
from integration.library.attackers import canary

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or platform.machine() != "x86_64",
    reason="the attempts are written for Linux on x86-64",
)
REFUSED = {"EPERM", "ENOSYS", "EACCES", "ENOTTY"}
BOUNDED = {"private memory": "MemoryError", "a huge scrap": "EFBIG", "more files than any": "EMFILE"}
OTHERS = {"send elsewhere": {"EISCONN", "EOPNOTSUPP", "EINVAL"}, "write the document": {"EBADF"}}
MEMORY = 300 << 20


def expected(what: str) -> set[str]:
    return {"done"} if what.startswith("may ") else {BOUNDED[what]} if what in BOUNDED else OTHERS.get(what, REFUSED)


@pytest.fixture
def cell(tmp_path: Path) -> Iterator[Worker]:
    """A real worker, with the hostile reader in the place of the real one."""
    package = tmp_path / "root" / "hameau" / "library" / "extraction"
    package.mkdir(parents=True)
    for folder in (package, package.parent, package.parent.parent):
        (folder / "__init__.py").touch()
    shutil.copy(Path(__file__).with_name("inmate.py"), package / "worker.py")
    (tmp_path / "scratch").mkdir()
    worker = Worker(tmp_path / "scratch", MEMORY, Clock(), tmp_path / "root")
    worker.greet()
    yield worker
    worker.end()
    assert list((tmp_path / "scratch").iterdir()) == []


def ask(cell: Worker, order: str, document: Path, seconds: int = 30, most: int = 1_000_000) -> Reply:
    document.touch()
    with document.open("rb") as file:
        return cell.read(Job(order, "", 0, (), seconds, most), file.fileno())


def test_an_inmate_gets_nowhere(cell: Worker, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    paths = {
        "key": home / ".ssh" / "id_ed25519",
        "database": home / "hameau.db",
        "other document": home / "private.pdf",
    }
    for path in paths.values():
        path.write_text(canary.SECRET, encoding="utf-8")
    mine = resource.getrlimit(resource.RLIMIT_CPU), os.sched_getaffinity(0), os.getpriority(os.PRIO_PROCESS, 0)
    before = canary.tree(tmp_path), {path: path.stat() for path in paths.values()}
    document = tmp_path / "document.pdf"
    document.touch()
    rights = document.stat().st_mode
    reply = ask(cell, "escape " + json.dumps({name: str(path) for name, path in paths.items()}), document)
    found: dict[str, str] = json.loads(reply.detail)
    if os.environ.get("HAMEAU_CI") == "1":
        assert {sandbox.SECCOMP, sandbox.LANDLOCK} <= set(cell.walls)
    if {sandbox.SECCOMP, sandbox.LANDLOCK} <= set(cell.walls):
        assert {what: came for what, came in found.items() if came not in expected(what)} == {}
    assert {sandbox.SECCOMP, sandbox.NAMESPACE} & set(cell.walls)
    assert found["private memory"] == "MemoryError"
    assert mine == (
        resource.getrlimit(resource.RLIMIT_CPU),
        os.sched_getaffinity(0),
        os.getpriority(os.PRIO_PROCESS, 0),
    )
    assert document.stat().st_mode == rights
    after = canary.tree(tmp_path), {path: path.stat() for path in paths.values()}
    assert {entry for entry in after[0] ^ before[0] if "scratch" not in entry and "document" not in entry} == set()
    assert {path: stat.st_mode for path, stat in after[1].items()} == {
        path: stat.st_mode for path, stat in before[1].items()
    }


def test_what_it_would_have_done_outside(tmp_path: Path) -> None:
    """The same attempts do succeed where no wall stands, so that the test above can fail."""
    from integration.library.attackers import inmate

    (tmp_path / "hameau.db").write_text(canary.SECRET, encoding="utf-8")
    document = os.open(tmp_path / "hameau.db", os.O_RDONLY)
    paths = {"database": str(tmp_path / "hameau.db")}
    attempts = {**inmate.sockets(), **inmate.files(paths, document), **inmate.memory()}
    for what in ("socket tcp", "socket udp", "socket unix", "pair of datagrams", "read database", "read passwords", "its rights",
                 "touch it", "its times", "write to the home", "shared memory", "memory as a file"):  # fmt: skip
        assert inmate.outcome(attempts[what]) == "done", what
    os.close(document)


def test_it_has_no_rights_and_no_network(cell: Worker) -> None:
    inside = psutil.Process(cell._process.pid)
    status = dict(
        line.split(":\t", 1) for line in Path(f"/proc/{inside.pid}/status").read_text().splitlines() if ":\t" in line
    )
    assert int(status["CapEff"], 16) & ~(1 << 2) == int(status["CapPrm"], 16) & ~(1 << 2) == 0
    assert int(status["CapAmb"], 16) == 0
    assert status["NoNewPrivs"] == "1"
    assert os.getsid(inside.pid) == inside.pid  # no terminal to type into
    if sandbox.SECCOMP in cell.walls:
        assert status["Seccomp"] == "2"
    if sandbox.NAMESPACE in cell.walls:
        ours, theirs = (network(name) for name in ("self", str(inside.pid)))
        assert ours != theirs


def network(process: str) -> int:
    """The number of a process's network; 0 for one that we may not look into, as it should be."""
    try:
        return Path(f"/proc/{process}/ns/net").stat().st_ino
    except PermissionError:
        return 0


@pytest.mark.parametrize("order", ["loop", "drip"])
def test_one_that_never_ends_is_given_up(cell: Worker, tmp_path: Path, order: str) -> None:
    with pytest.raises(Overdue):
        ask(cell, order, tmp_path / "document.pdf", seconds=1)


@pytest.mark.parametrize("order", ["boast", "pages"])
def test_an_answer_that_would_fill_our_memory_is_not_taken(cell: Worker, tmp_path: Path, order: str) -> None:
    before = psutil.Process().memory_info().rss
    with pytest.raises(ValueError):
        ask(cell, order, tmp_path / "document.pdf")
    assert psutil.Process().memory_info().rss - before < 60 << 20


def test_a_lie_is_put_into_form(cell: Worker, tmp_path: Path) -> None:
    reply = ask(cell, "lie", tmp_path / "document.pdf")
    assert reply.found
    extracted = believed(reply.found)
    assert extracted.text == "a]0;xb"
    assert extracted.title.startswith("Titre [2J x") and len(extracted.title) <= 500
    assert extracted.media_type == "" and extracted.pages == () and extracted.warnings == ()


def test_numbers_of_another_kind_end_it(cell: Worker, tmp_path: Path) -> None:
    """The x32 numbers of x86-64 would go round the list."""
    if sandbox.SECCOMP not in cell.walls:
        pytest.skip("no seccomp on this kernel")
    with pytest.raises((EOFError, ConnectionError)):
        ask(cell, "x32", tmp_path / "document.pdf")
    assert cell.wait_for_end() == -signal.SIGSYS
