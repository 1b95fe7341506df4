"""A sealed world for one level: a network of its own with a wire to another, foreign programs, and a watcher on the wire.

``python stage.py LEVEL PROGRAMS`` (the folder of the built C programs) prints a JSON list: for each way and caller what the system answered, whether anything arrived, and
whether the journal holds it. Nothing that is sent here leaves the two networks. Needs root.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import keeping
from ways import CALLERS, GATES, SYSTEMS, WAYS, tried

from hameau.perimeter import Journal, Kind
from hameau.perimeter.kernel import enter, interfaces, loopback_up, syscalls
from hameau.perimeter.kernel.netlink import Netlink

HERE = Path(__file__).parent
CARD = "wire"
NEAR, FAR = ("198.18.0.1", "fd68:616d:6561::1"), ("198.18.0.2", "fd68:616d:6561::2")
PORTS, FOREIGN, SHARED, OPEN, ABSTRACT = 20000, 19001, 19002, 19999, "hameau-foreign"
USER = 65534
_TRIES = {"open": "50000", "hook": "500"}
"""Races are run until they are won, at most so often."""
_TOKEN = re.compile(rb"[Ww][Aa][Yy](\d{5})")
_GROUP = re.compile(rb"\xef\x4d(..)", re.DOTALL)
_PATIENCE = 60.0


class Watch:
    """What arrives, by the numbers of the attempts: on the wire's other end, and at foreign programs."""

    def __init__(self) -> None:
        self.arrived: set[int] = set()
        self.unknown = 0
        self._stop = False

    def token(self, content: bytes) -> None:
        self.arrived |= {int(each) for each in _TOKEN.findall(content)}

    def wire(self, line: socket.socket) -> None:
        """Reads every frame that comes out of the wire, until it is closed."""
        while True:
            try:
                frame, (_, protocol, kind, *_) = line.recvfrom(65536)
            except OSError:
                return
            if kind == 4 or protocol not in (0x0800, 0x86DD):  # ours, or no internet packet
                if kind != 4:
                    self.token(frame)
                continue
            self._packet(frame[14:], protocol == 0x86DD)

    def _packet(self, packet: bytes, v6: bool) -> None:
        self.token(packet)
        size, what = (40, packet[6]) if v6 else ((packet[0] & 15) * 4, packet[9])
        rest = packet[size:]
        if what in (6, 17, 33, 132, 136) and len(rest) >= 4:
            self.arrived.add(struct.unpack_from(">H", rest, 2)[0] - PORTS)
        elif what == 2 or (v6 and what in (0, 58)):
            self.arrived |= {struct.unpack(">H", each)[0] for each in _GROUP.findall(rest)}

    def stream(self, server: socket.socket) -> None:
        """Takes whoever comes, and listens to it."""
        while True:
            try:
                visitor, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=self._hear, args=(visitor,), daemon=True).start()

    def _hear(self, visitor: socket.socket) -> None:
        with visitor, suppress(OSError):
            visitor.settimeout(_PATIENCE)
            while content := visitor.recv(4096):
                self.token(content)

    def datagrams(self, server: socket.socket) -> None:
        while True:
            try:
                self.token(server.recv(4096))
            except OSError:
                return


class World:
    """The two networks and who is in them. ``hold`` ends it all."""

    def __init__(self, folder: Path, hold: ExitStack) -> None:
        self.folder, self.watch, self._hold = folder, Watch(), hold
        self._names()
        enter()
        self.beyond = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        loopback_up()
        enter()
        loopback_up()
        with Netlink(interfaces.NETLINK_ROUTE) as line:
            interfaces.create(line, CARD, "veth", peer=CARD, peer_namespace=self.beyond)
            _lead(line, NEAR)
        here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        syscalls.setns(self.beyond, syscalls.CLONE_NEWNET)
        with Netlink(interfaces.NETLINK_ROUTE) as line:
            _lead(line, FAR)
        self._wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self._wire.bind((CARD, 0))
        self._outside = socket.create_server(("::", OPEN), family=socket.AF_INET6, dualstack_ipv6=True)
        self.dweller = subprocess.Popen(["sleep", "300"], user=USER, group=USER, extra_groups=[])
        hold.callback(_end, self.dweller)
        syscalls.setns(here, syscalls.CLONE_NEWNET)
        Path("/proc/sys/net/ipv4/ping_group_range").write_text("0 2147483647", encoding="ascii")

    def begin(self, user: int) -> None:
        """Whatever runs in threads, once there are no more forks to come. The foreign programs are those of ``user``."""
        self._in_thread(self.watch.wire, self._wire)
        self._in_thread(self.watch.stream, self._outside)
        for address in ("127.0.0.1", "127.0.0.2", "::1", NEAR[0]):
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            self._in_thread(self.watch.stream, socket.create_server((address, FOREIGN), family=family))
        self._in_thread(self.watch.stream, _bound(socket.SOCK_STREAM, ("127.0.0.53", 53)))
        self._in_thread(self.watch.datagrams, _bound(socket.SOCK_DGRAM, ("127.0.0.53", 53)))
        self._in_thread(self.watch.datagrams, _bound(socket.SOCK_DGRAM, ("127.0.0.1", FOREIGN)))
        foreign = self.folder / "foreign"
        for path, kind in (("docker.sock", 1), ("packets.sock", 5), ("datagrams.sock", 2), ("", 1)):
            server = socket.socket(socket.AF_UNIX, kind)
            server.bind(str(foreign / path) if path else "\0" + ABSTRACT)
            if path:
                os.chown(foreign / path, user, user)
            if kind != 2:
                server.listen(100)
            self._in_thread(self.watch.datagrams if kind == 2 else self.watch.stream, server)
        self._pipe(foreign / "pipe", user)
        threading.Thread(target=self._take_over, daemon=True).start()

    def _pipe(self, path: Path, user: int) -> None:
        """A foreign program reads a named pipe."""
        os.mkfifo(path, 0o600)
        os.chown(path, user, user)
        pipe = os.open(path, os.O_RDWR)

        def read() -> None:
            while content := os.read(pipe, 4096):
                self.watch.token(content)

        threading.Thread(target=read, daemon=True).start()

    def shared_port(self, user: int) -> None:
        """A foreign program of the same user listens with SO_REUSEPORT."""
        os.seteuid(user)
        try:
            server = socket.create_server(("127.0.0.1", SHARED), reuse_port=True)
        finally:
            os.seteuid(0)
        self._in_thread(self.watch.stream, server)

    def connected(self) -> socket.socket:
        """A connection out of here, made by a foreign program."""
        line = socket.create_connection((FAR[0], OPEN))
        self._hold.callback(line.close)
        return line

    def victim(self, program: str, user: int) -> tuple[int, int, str]:
        """A foreign program of the same user, the descriptor of its connection, and an address in its memory."""
        line = self.connected()
        started = subprocess.Popen(
            [program], stdout=subprocess.PIPE, pass_fds=(line.fileno(),), user=user, group=user, extra_groups=[]
        )
        self._hold.callback(_end, started)
        assert started.stdout
        return started.pid, line.fileno(), started.stdout.readline().decode().strip()

    def _take_over(self) -> None:
        """Listens at each port that is written to the pipe ``take``."""
        while True:
            with (
                suppress(ValueError, OSError),
                (self.folder / "take").open("rb", buffering=0) as asked,
                (self.folder / "taken").open("wb") as told,
            ):
                server = socket.create_server(("127.0.0.1", int(asked.readline())))
                self._in_thread(self.watch.stream, server)
                told.write(b"x")

    def _in_thread(self, work: Any, line: socket.socket) -> None:
        threading.Thread(target=work, args=(line,), daemon=True).start()

    def _names(self) -> None:
        """In files of our own the resolver is the other end of the wire."""
        syscalls.unshare(0x00020000)
        mounted = subprocess.run(["mount", "--make-rprivate", "/"], check=False).returncode
        own = self.folder / "resolv.conf"
        own.write_text(f"nameserver {FAR[0]}\noptions timeout:1 attempts:1\n", encoding="ascii")
        if not mounted:
            subprocess.run(["mount", "--bind", str(own), os.path.realpath("/etc/resolv.conf")], check=True)


def _bound(kind: int, where: tuple[str, int]) -> socket.socket:
    made = socket.socket(socket.AF_INET, kind)
    made.bind(where)
    if kind == socket.SOCK_STREAM:
        made.listen()
    return made


def _lead(line: Netlink, addresses: tuple[str, str]) -> None:
    # An address is of use at once: nobody else is on this wire to have the same (RFC 4862, 5.4).
    Path(f"/proc/sys/net/ipv6/conf/{CARD}/accept_dad").write_text("0", encoding="ascii")
    interfaces.raise_up(line, CARD)
    for address, family in zip(addresses, (socket.AF_INET, socket.AF_INET6), strict=True):
        interfaces.add_address(line, CARD, address)
        interfaces.default_route(line, CARD, family)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    if process.stdout:
        process.stdout.close()


def _folder(level: str, hold: ExitStack) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="hw-", dir="/tmp"))
    hold.callback(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)
    for name in ("own", "home", "foreign"):
        (folder / name).mkdir()
        if level != "gate-root":
            os.chown(folder / name, USER, USER)
    for name in ("take", "taken"):
        os.mkfifo(folder / name, 0o666)
        (folder / name).chmod(0o666)
    return folder


def play(level: str, programs: Path, hold: ExitStack) -> list[dict[str, Any]]:
    """Everything at one level."""
    folder = _folder(level, hold)
    program, library = str(folder / "tries"), str(programs / "tries.so")
    shutil.copy(programs / "tries", program)
    shutil.copy(program, folder / "tries-setuid")
    (folder / "tries-setuid").chmod(0o4755)
    user = 0 if level in ("open", "gate-root") else USER
    world = World(folder, hold)
    cgroup = keeping.start(level, USER, folder, hold) if level in SYSTEMS else ""
    inherited = world.connected()
    pid, line, where = world.victim(program, user)
    world.begin(user)
    world.shared_port(user)
    environment = _environment(level, folder) | {
        "WAY_VICTIM": str(pid),
        "WAY_VICTIM_LINE": str(line),
        "WAY_VICTIM_AT": where,
        "WAY_BEYOND": str(world.dweller.pid),
        "WAY_INHERITED": str(inherited.fileno()),
        "WAY_INPUT": "0",
    }
    found: list[dict[str, Any]] = []
    wanted = set(tried(level))
    number = 0
    for caller in CALLERS:
        ways = []
        for way in WAYS.values():
            number += 1
            if (way.name, caller) in wanted:
                ways.append({"way": way.name, "run": way.run or way.name, "n": number, "settings": way.settings})
        order = {"level": level, "caller": caller, "user": user, "home": str(folder / "home"), "program": program}
        order |= {"library": library, "ways": ways, "cgroup": cgroup, "old": level == "gate-old"}
        told = _run(order, environment, world, inherited)
        held = "gate" if level in GATES else "hook"
        if told["level"] != held or (level == "gate-old" and "landlock" in told["walls"]):
            raise SystemExit(f"{level}: the process was held by {told['level']} {told['walls']}")
        found += [{**each, "caller": caller} for each in told["tries"]]
    time.sleep(0.4)  # for what is on its way
    return [_judged(each, world, _entries(level, folder)) for each in found]


def _environment(level: str, folder: Path) -> dict[str, str]:
    """Where to go."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("HAMEAU_")},
        "WAY_OUT4": FAR[0],
        "WAY_OUT6": FAR[1],
        "WAY_HERE4": NEAR[0],
        "WAY_CARD": CARD,
        "WAY_PORTS": str(PORTS),
        "WAY_FOREIGN": str(FOREIGN),
        "WAY_SHARED": str(SHARED),
        "WAY_ABSTRACT": ABSTRACT,
        "WAY_FOLDER": str(folder),
        "WAY_HOME": str(folder / "home"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "WAY_TRIES": _TRIES.get(level, "2000"),
        "WAY_STAGE": str(os.getpid()),
        "LC_ALL": "C.UTF-8",
    }


def _run(order: dict[str, Any], environment: dict[str, str], world: World, inherited: socket.socket) -> dict[str, Any]:
    (world.folder / "order.json").write_text(json.dumps(order), encoding="utf-8")
    ours, theirs = socket.socketpair()
    with ours, theirs:
        socket.send_fds(ours, [b"x"], [inherited.fileno()])
        process = subprocess.Popen(
            [sys.executable, str(HERE / "runner.py"), str(world.folder / "order.json")],
            stdin=theirs.fileno(),
            stdout=subprocess.PIPE,
            env=environment,
            pass_fds=(inherited.fileno(),),
        )
        try:
            out, _ = process.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
    if process.returncode:
        raise SystemExit(f"the runner ended with {process.returncode}")
    told: dict[str, Any] = json.loads(out)
    return told


_kept: dict[str, list[dict[str, Any]]] = {}


def _entries(level: str, folder: Path) -> list[dict[str, Any]]:
    """The refusals that were written down."""
    if level not in _kept:
        if level in SYSTEMS:
            _kept[level] = keeping.refused(folder)
        elif level == "open":
            _kept[level] = []
        else:
            journal = Journal(folder / "home" / "journal")
            _kept[level] = [dict(each.facts) for each in journal.entries(kinds={Kind.REFUSED}, limit=100_000)]
    return _kept[level]


def _judged(each: dict[str, Any], world: World, entries: list[dict[str, Any]]) -> dict[str, Any]:
    said = each["result"]
    result = os_error(int(said)) if said.lstrip("-").isdigit() else said
    name = f"way{each['n']:05d}.invalid"
    written = any(
        facts.get("pid") == each["pid"] or facts.get("port") == PORTS + each["n"] or facts.get("host") == name
        for facts in entries
    )
    return {
        "way": each["way"],
        "caller": each["caller"],
        "result": result,
        "seconds": each["seconds"],
        "arrived": each["n"] in world.watch.arrived,
        "written": written,
    }


def os_error(number: int) -> str:
    """The name of an error, empty for 0."""
    return "" if number == 0 else "unknown" if number < 0 else errno.errorcode.get(number, str(number))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with ExitStack() as stack:
        outcome = play(sys.argv[1], Path(sys.argv[2]), stack)
    json.dump(outcome, sys.stdout)
