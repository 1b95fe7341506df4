"""Goes into a sealed network, captures what is sent there on purpose, and tells as JSON what was seen."""

from __future__ import annotations

import json
import socket
import sys
import threading
from pathlib import Path

from hameau.perimeter import kernel
from hameau.perimeter.proof import control
from hameau.perimeter.proof.capture import Capture, counters
from hameau.perimeter.proof.pcap import LOOPBACK, read
from hameau.perimeter.proof.types import CONTROLS

MANY = 3000


def chatter(times: int) -> None:
    """Datagrams of the loopback, one packet each."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth,
    ):
        ear.bind(("127.0.0.1", 0))
        for _ in range(times):
            mouth.sendto(b"hello", ear.getsockname())


def leaving(times: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        for _ in range(times):
            line.sendto(b"x" * 1400, ("203.0.113.9", 9))


def main() -> None:
    folder = Path(sys.argv[1])
    try:
        kernel.enter()
        kernel.loopback_up()
        sham = kernel.sham_interface()
        capture = Capture()
    except kernel.NotPermitted as error:
        print(json.dumps({"forbidden": str(error)}))
        return
    capture.phase(CONTROLS[0], folder / "control.pcap")
    controls = control.look_for(CONTROLS[0], control.send(), lambda: capture.sent(CONTROLS[0]))
    capture.phase("quiet", folder / "journey.pcap")
    chatter(7)
    capture.phase("busy", folder / "journey.pcap")
    threads = [threading.Thread(target=chatter, args=(MANY,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    capture.phase("leak", folder / "journey.pcap")
    leaving(MANY)
    capture.stop()
    capture.stop()
    kept = list(read(folder / "journey.pcap"))
    told = {
        "controls": [each.seen for each in controls],
        "tallies": {each.phase: [each.loopback, each.outside] for each in capture.tallies()},
        "lost": capture.lost,
        "kept": len(kept),
        "loopback kept": sum(each.hardware == LOOPBACK for each in kept),
        "longest": max(each.length for each in kept),
        "whole": all(len(each.data) == each.length for each in kept),
        "kernel": {each.interface: each.sent for each in counters()},
        "interfaces": [name for _, name in socket.if_nameindex()],
        "sham": sham.name,
        "first": capture.seen[0].target,
    }
    print(json.dumps(told))


main()
