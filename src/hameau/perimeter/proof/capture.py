"""Watches every packet of this network: counts those of the loopback, keeps all others in a file.

Time is cut into phases by name (``add``, ``ask``, ``control``…), so that each packet belongs to what was done meanwhile.
"""

from __future__ import annotations

import logging
import select
import socket
import threading
from pathlib import Path

from hameau.perimeter.proof.headers import Headers, headers
from hameau.perimeter.proof.pcap import LOOPBACK, OUTGOING, Packet, Writer
from hameau.perimeter.proof.ring import Ring
from hameau.perimeter.proof.types import Counter, Seen, Tally

_log = logging.getLogger(__name__)
_SHOWN = 200
"""So many packets are described one by one; all of them are counted and in the file."""


class Capture:
    """Runs from its making to :meth:`stop`, in a thread. Raises :class:`NotPermitted` where the machine forbids it."""

    def __init__(self) -> None:
        self._ring = Ring()
        self._wake, self._waker = socket.socketpair()
        self._lock = threading.Lock()
        self._file: Writer | None = None
        self._open: dict[Path, Writer] = {}
        self._phase = ""
        self._counts: dict[str, list[int]] = {}
        self._sent: dict[str, list[Headers]] = {}
        self._names: dict[int, str] = {}
        self.seen: list[Seen] = []
        self.lost = 0
        """Packets that the kernel could not keep for us."""
        self._failure: OSError | None = None
        self._thread = threading.Thread(target=self._watch, name="capture", daemon=True)
        self._thread.start()

    def phase(self, name: str, file: Path) -> None:
        """What was sent before belongs to the phase before; from now on packets belong to ``name`` and go into ``file``."""
        with self._lock:
            self._drain()
            self._phase = name
            self._counts.setdefault(name, [0, 0])
            self._sent.setdefault(name, [])
            if file not in self._open:
                self._open[file] = Writer(file)
            self._file = self._open[file]

    def sent(self, phase: str) -> tuple[Headers, ...]:
        """The headers of what was not loopback in ``phase``. Raises ``OSError`` when it could not be kept."""
        with self._lock:
            self._drain()
            if self._failure is not None:
                raise self._failure
            return tuple(self._sent.get(phase, ()))

    def outside(self) -> int:
        """How many packets that were not loopback went out so far."""
        with self._lock:
            self._drain()
            return sum(outgoing for _, outgoing in self._counts.values())

    def tallies(self) -> tuple[Tally, ...]:
        """The packets of each phase. Raises ``OSError`` when one could not be kept: a full disk."""
        with self._lock:
            if self._failure is not None:
                raise self._failure
            return tuple(Tally(name, *counts) for name, counts in self._counts.items())

    def stop(self) -> None:
        """Takes what is still there and ends. May be called twice."""
        if self._thread.is_alive():
            self._waker.send(b".")
            self._thread.join()
            with self._lock:
                self._drain()
                self._ring.close()
                for each in self._open.values():
                    each.close()
            self._wake.close()
            self._waker.close()

    def _watch(self) -> None:
        poll = select.poll()
        poll.register(self._ring.socket, select.POLLIN)
        poll.register(self._wake, select.POLLIN)
        while True:
            ready = [handle for handle, _ in poll.poll(1000)]
            if self._wake.fileno() in ready:
                return
            with self._lock:
                self._drain()

    def _drain(self) -> None:
        for packet in self._ring.packets():
            self._take(packet)
        self.lost += self._ring.lost()

    def _take(self, packet: Packet) -> None:
        counts = self._counts.setdefault(self._phase, [0, 0])
        if packet.hardware == LOOPBACK:
            counts[0] += packet.direction == OUTGOING  # the loopback shows each packet twice: going out, coming in
            return
        counts[1] += 1
        read = headers(packet.protocol, packet.data)
        self._sent.setdefault(self._phase, []).append(read)
        if len(self.seen) < _SHOWN:
            self.seen.append(self._described(packet, read))
        try:
            if self._file is not None:
                self._file.write(packet)
        except OSError as error:
            if self._failure is None:
                _log.warning("a packet could not be kept", exc_info=error)
            self._failure = error

    def _described(self, packet: Packet, read: Headers) -> Seen:
        name = self._names.get(packet.interface)
        if name is None:
            try:
                name = socket.if_indextoname(packet.interface)
            except OSError:
                name = str(packet.interface)
            self._names[packet.interface] = name
        moment = packet.seconds + packet.nanoseconds / 1e9
        return Seen(
            self._phase,
            round(moment, 6),
            name,
            read.protocol,
            _place(read.source, read.source_port),
            _place(read.target, read.port),
            packet.length,
        )


def counters(path: Path = Path("/proc/self/net/dev")) -> tuple[Counter, ...]:
    """What the kernel itself counted on each interface of this network (proc_pid_net(5)): a second pair of eyes."""
    found = []
    for line in path.read_text(encoding="ascii", errors="replace").splitlines()[2:]:
        name, _, numbers = line.partition(":")
        columns = [int(number) for number in numbers.split()]
        if len(columns) >= 12:
            found.append(Counter(name.strip(), received=columns[1], sent=sum(columns[9:12])))
    return tuple(found)


def _place(address: str, port: int) -> str:
    if not port:
        return address
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
