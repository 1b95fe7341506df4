"""What is known not to be held, by level: the truth, asserted to be exactly what happens.

``python limits.py --table`` tries everything and prints the table of levels and ways in Markdown, for the documentation.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from hameau.perimeter.gate import calls

sys.path.insert(0, str(Path(__file__).parent))

from ways import CALLERS, CHILD, GATES, LEVELS, PYTHON, SYSTEMS, WAYS, C, Way

HERE = Path(__file__).parent
_WITH_SIGNALS = 6  # the version of Landlock's interface that knows signals (Linux 6.12)

HOOK = "only Python's own calls are seen"
UNNAMED = "the hook sees a place only where Python names one, and does not know whose program listens"
HANDED = "a program outside that wants to help can hand over a connection of its own"
READ = "a file or a pipe that another program reads is a file to all: its rights decide"
PERMISSION = "Hameau must be able to write the permission; the journal shows what left under it"
KERNEL_FILES = "root can write files by which the kernel starts programs: let Hameau run as a user of its own"
MEMORY = "without Landlock, or Yama, a program can write into any other of the same user"
SIGNALS = "without Landlock the supervisor can be killed; the whole tree dies with it"
NOT_SEEN = "the wall does not know whose program answers on the loopback or by a unix socket"
ANNOUNCED = "the kernel's own announcements belong to no user; they stay on the local link"
OTHERS_SOCKET = "a socket belongs to whoever opened it"
OTHER_USER = "it is another user then; the unit that we ship rules it out (NoNewPrivileges=yes)"

_UNIX = [name for name in WAYS if name.startswith("unix-")]
_LOOPBACK = ["loopback4", "loopback-other", "loopback6", "loopback-mapped", "loopback-udp"]
RACES = ["race-address", "race-path"]
"""Won by chance: where they are a limit they may fail."""
_NEVER = {
    *("raw-icmp", "raw-protocol", "raw-header", "packet-raw", "packet-cooked", "packet-old", "source-route"),
    "source-route-high-bits",
}
"""What the kernel itself refuses to an ordinary user."""


def _all(names: Iterable[str], reason: str, callers: Iterable[str] = CALLERS) -> dict[tuple[str, str], str]:
    return {(name, caller): reason for name in names for caller in callers if caller in WAYS[name].callers}


_HOOKED = [name for name, way in WAYS.items() if way.sends and way.gets_out and name not in _NEVER]
_EVERYWHERE = _all(["handed-over"], HANDED) | _all(["named-pipe"], READ) | _all(["policy-file"], PERMISSION)
_SYSTEM = (
    _all(["igmp-membership", "mld-membership"], ANNOUNCED)
    | _all([*_LOOPBACK, "loopback-any4", "loopback-any6", "reuseport", "port-taken-over", *_UNIX, *RACES], NOT_SEEN)
    | _all(["inherited-socket", "pidfd-getfd"], OTHERS_SOCKET)
)
LIMITS: dict[str, dict[tuple[str, str], str]] = {
    "open": {},
    "hook": _all([*_HOOKED, "race-pages"], HOOK, (C, CHILD))
    | _all(["igmp-membership", "mld-membership", *_LOOPBACK, "reuseport", *_UNIX], UNNAMED, (PYTHON,))
    | _all(["inherited-socket", "pidfd-getfd"], UNNAMED, (PYTHON,))
    | _EVERYWHERE,
    "gate": _EVERYWHERE,
    "gate-root": _EVERYWHERE
    | _all(["file-core-pattern", "file-modprobe", "file-uevent-helper", "file-memory"], KERNEL_FILES),
    "gate-old": _EVERYWHERE | _all(["proc-mem"], MEMORY) | _all(["signal-supervisor"], SIGNALS),
    "nftables": _SYSTEM | _EVERYWHERE | _all(["loopback-by-card"], NOT_SEEN) | _all(["setuid-program"], OTHER_USER),
    "cgroup": _SYSTEM | _EVERYWHERE,
}
"""Way and caller to the reason why it is not held."""


def known(level: str) -> dict[tuple[str, str], str]:
    """The limits of ``level`` on this machine's kernel."""
    if level in GATES and calls.landlock_version() < _WITH_SIGNALS:
        return LIMITS[level] | LIMITS["gate-old"]
    return LIMITS[level]


NOT_TRIED = (
    "a file on a network drive: what is written there leaves the machine by the kernel's own hand",
    "a file that another program reads later: a crontab, a start-up file, a folder that some other program keeps in step",
    "a device that the user may open: a modem, a printer, a radio",
    "timing, sound, light, and whatever a person carries away",
)
"""Limits of every level that no test of ours can try."""

WRITTEN_BY_SYSTEM = {
    *(
        "tcp4",
        "tcp6",
        "tcp-mapped",
        "tcp-scoped",
        "tcp-nonblocking",
        "tcp-reconnected",
        "address-long",
        "address-unaligned",
    ),
    *("address-high-bits", "urllib", "asyncio", "clone3", "vfork", "seccomp-allow-all", "fastopen-sendto"),
    *("fastopen-sendmsg", "fastopen-sendmmsg", "fastopen-high-bits", "fastopen-connect", "udp-connect", "udp-sendto"),
    *("udp-sendmsg", "udp-sendmmsg", "udp6", "udp-mapped", "udp-multicast"),
}
"""What the walls see with a port, by which it is found again in the journal."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one way."""

    result: str
    """What the system answered; empty: it let the call through."""
    arrived: bool
    """Whether something of it was seen outside, or by a foreign program."""
    written: bool
    """Whether the journal holds it."""

    def got_out(self, way: Way) -> bool:
        """Whether the way leads out."""
        return self.arrived if way.sends else not self.result


Outcomes = dict[tuple[str, str], Outcome]


def must_be_written(level: str, name: str) -> bool:
    """Whether the journal of ``level`` promises to hold an attempt by this way."""
    if level in SYSTEMS:
        return name in WRITTEN_BY_SYSTEM
    return level in GATES and WAYS[name].written


def built(folder: Path) -> None:
    """Puts the C ways into ``folder``, as a program and as a library."""
    source = str(HERE / "tries.c")
    for words in (["-o", str(folder / "tries")], ["-shared", "-fPIC", "-o", str(folder / "tries.so")]):
        subprocess.run(["cc", "-O1", *words, source, "-lpthread", "-lresolv"], check=True)


def play(level: str, programs: Path) -> Outcomes:
    """Tries all ways at ``level``, in a network made for it. Raises ``RuntimeError`` with what went wrong."""
    command = [sys.executable, str(HERE / "stage.py"), level, str(programs)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        raise RuntimeError(f"{level}: {done.stderr[-4000:]}")
    found = json.loads(done.stdout)
    return {(each["way"], each["caller"]): Outcome(each["result"], each["arrived"], each["written"]) for each in found}


def play_all(levels: Iterable[str]) -> dict[str, Outcomes | str]:
    """All ways at each of ``levels``, two levels at a time; a text where that did not work."""

    def one(level: str) -> Outcomes | str:
        try:
            return play(level, Path(folder))
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            return str(error)

    with tempfile.TemporaryDirectory(prefix="hw-", dir="/tmp") as folder:
        built(Path(folder))
        with ThreadPoolExecutor(2) as pool:
            wanted = list(levels)
            return dict(zip(wanted, pool.map(one, wanted), strict=True))


def main() -> None:
    """Prints the table."""
    played = play_all(LEVELS)
    if broken := [each for each in played.values() if isinstance(each, str)]:
        raise SystemExit("\n".join(broken))
    found = {level: each for level, each in played.items() if not isinstance(each, str)}
    shown = list(LEVELS)
    sys.stdout.write("| way | " + " | ".join(LEVELS[level] for level in shown) + " |\n")
    sys.stdout.write("|---" * (len(shown) + 1) + "|\n")
    reasons: dict[str, int] = {}
    for way in [each for each in WAYS.values() if not each.name.startswith("family-")]:
        cells = [_cell(level, way, found[level], reasons) for level in shown]
        sys.stdout.write(f"| {way.what} | " + " | ".join(cells) + " |\n")
    families = [each for name, each in WAYS.items() if name.startswith("family-")]
    cells = [_joined([_cell(level, each, found[level], reasons) for each in families]) for level in shown]
    sys.stdout.write("| sockets of every other family and kind (0 to 50) | " + " | ".join(cells) + " |\n\n")
    sys.stdout.write("".join(f"{number}. {reason}\n" for reason, number in reasons.items()))
    sys.stdout.write("\nNot tried, and held by no level:\n\n" + "".join(f"- {each}\n" for each in NOT_TRIED))


def _cell(level: str, way: Way, found: Outcomes, reasons: dict[str, int]) -> str:
    tries = [(way.name, caller) for caller in way.callers if (way.name, caller) in found]
    if not tries:
        return "–"
    out = [each for each in tries if found[each].got_out(way)]
    if level == "open":
        return "gets out" if out else "–"
    if not out:
        return "refused"
    notes = {reasons.setdefault(known(level).get(each, "UNKNOWN"), len(reasons) + 1) for each in out}
    marks = ", ".join(map(str, sorted(notes)))
    who = "" if len(out) == len(tries) else " from " + " and ".join(caller for _, caller in out)
    return f"**gets out**{who} ({marks})"


def _joined(cells: list[str]) -> str:
    return next((each for each in cells if each not in ("–", "refused")), cells[0])


if __name__ == "__main__":
    main()
