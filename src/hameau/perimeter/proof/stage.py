"""The stage: a process in a sealed network of its own, with a false way out on which everything is watched.

``python -c "from hameau.perimeter.proof.stage import main; main()"`` reads an :class:`Order` from its input and tells, one
JSON line each, what happens; the last line is the :class:`Stage` or an error. It ends with whoever started it, and with it
everything that it started. Signs and writes nothing but the captures.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from types import FrameType
from typing import Any

from hameau.kit import N_, HameauError
from hameau.perimeter import kernel
from hameau.perimeter.journal import Journal, Kind
from hameau.perimeter.proof import control, processes
from hameau.perimeter.proof.attempts import NEIGHBOUR
from hameau.perimeter.proof.capture import Capture, counters
from hameau.perimeter.proof.headers import Headers
from hameau.perimeter.proof.journey import Journey, environment
from hameau.perimeter.proof.processes import Running
from hameau.perimeter.proof.types import (
    ATTEMPTS,
    CONTROL_FILE,
    CONTROLS,
    JOURNEY_FILE,
    Control,
    Held,
    Order,
    Said,
    Stage,
    Step,
    Try,
)
from hameau.perimeter.proof.wire import decode, encode

_log = logging.getLogger(__name__)
_ATTEMPT_SECONDS = 120.0
_REFUSED = {"EACCES", "EPERM", "EHOSTUNREACH"}
_SETTLE = 0.3  # seconds for what is on its way


def main() -> None:
    """The process."""
    parent = int(sys.argv[1])
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started us says when to end
    processes.end_with(parent)
    processes.adopt_orphans()
    order = decode(Order, sys.stdin.readline())
    try:
        _tell("stage", json.loads(encode(_played(order))))
    except HameauError as error:
        fields = {name: str(value) for name, value in error.fields.items()}
        _tell("error", {"code": error.code, "message": error.message, "hint": error.hint, "fields": fields})
    except OSError as error:
        _tell("system", {"errno": error.errno or 0, "name": str(error.filename or "")})
    finally:
        processes.end_descendants()
        if os.getppid() != parent:  # it was killed and can't tidy up
            for folder in (order.work, order.report):
                shutil.rmtree(folder, ignore_errors=True)


def _played(order: Order) -> Stage:
    namespace = "root" if os.geteuid() == 0 else "user"
    kernel.enter()
    kernel.loopback_up()
    sham = kernel.sham_interface()
    capture = Capture()
    try:
        return _watched(order, capture, namespace, sham)
    finally:
        capture.stop()


def _watched(order: Order, capture: Capture, namespace: str, sham: kernel.Sham) -> Stage:
    journey_file, control_file = order.folder / JOURNEY_FILE, order.folder / CONTROL_FILE
    began = time.time()
    controls = [*_control(capture, CONTROLS[0], order)]
    before = _sent(sham.name)

    def phase(name: str) -> None:
        capture.phase(name, journey_file)
        _tell("step", {"name": name})

    capture.phase("models", journey_file)
    journey = Journey(order, phase)
    steps = []
    for step in journey.steps():
        steps.append(step)
        _tell("done", json.loads(encode(step)))
    phase(ATTEMPTS)
    held, tries, step = _attempts(order, capture)
    steps.append(step)
    _tell("done", json.loads(encode(step)))
    time.sleep(_SETTLE)
    counted = _sent(sham.name) - before
    capture.phase(CONTROLS[1], control_file)
    controls += _control(capture, CONTROLS[1], order)
    capture.stop()
    return Stage(
        began=round(began, 3),
        ended=round(time.time(), 3),
        namespace=namespace,
        interfaces=tuple(name for _, name in socket.if_nameindex()),
        sham=sham.kind,
        steps=tuple(steps),
        tallies=capture.tallies(),
        seen=tuple(capture.seen),
        lost=capture.lost,
        counted_outside=counted,
        controls=tuple(controls),
        tries=tries,
        held=held,
        model=journey.known.get("model", ""),
        files=int(journey.known.get("files", "0")),
    )


def _control(capture: Capture, phase: str, order: Order) -> tuple[Control, ...]:
    capture.phase(phase, order.folder / CONTROL_FILE)
    return control.look_for(phase, control.send(), lambda: capture.sent(phase))


def _sent(interface: str) -> int:
    return sum(each.sent for each in counters() if each.interface == interface)


def _attempts(order: Order, capture: Capture) -> tuple[Held, tuple[Try, ...], Step]:
    """Lets a program behind the border try to get out, and looks for it in the journal and among the packets."""
    began = time.time()
    with _neighbour(order) as reached:
        done = Running(order.attempts, order.folder, environment(order)).wait(_ATTEMPT_SECONDS)
        called = reached()
    try:
        told = json.loads(done.out)
        held = Held(str(told["level"]), tuple(str(wall) for wall in told["walls"]))
        made = list(told["tries"])
    except (ValueError, KeyError, TypeError):
        _log.warning("the attempts said: %s", done.err[-2000:])
        held, made = Held(), []
    time.sleep(_SETTLE)
    entries = _entries(order, began)
    seen = capture.sent(ATTEMPTS)
    tries = tuple(_tried(each, entries, seen, called=called) for each in made)
    good = sum(each.refused and each.entry > 0 and not each.captured for each in tries)
    said = Said(N_("tried: {tried}; refused and written into the journal: {good}"), {"tried": len(tries), "good": good})
    if not tries:
        said = Said(N_("The attempts could not be made."))
    ok = bool(tries) and good == len(tries) and done.code == 0
    return (
        held,
        tries,
        Step(ATTEMPTS, "python -m hameau.perimeter.proof.attempts", round(done.seconds, 2), done.code, ok, said),
    )


@contextlib.contextmanager
def _neighbour(order: Order) -> Iterator[Callable[[], bool]]:
    """A program that is not Hameau's listens on a unix socket: us. What is yielded says whether it was reached."""
    os.chdir(order.folder)  # such a name may not be long
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.bind(NEIGHBOUR)
        line.listen()
        line.setblocking(False)

        def reached() -> bool:
            try:
                line.accept()[0].close()
            except BlockingIOError:
                return False
            return True

        yield reached


def _entries(order: Order, since: float) -> list[tuple[int, dict[str, Any]]]:
    """The refusals that the journal of the journey holds since then."""
    journal = Journal(order.home / "journal")
    found = journal.entries(kinds={Kind.REFUSED}, since=since - 1, limit=1000)
    return [(entry.number, dict(entry.facts)) for entry in found]


def _tried(
    told: dict[str, Any], entries: list[tuple[int, dict[str, Any]]], seen: Iterable[Headers], *, called: bool
) -> Try:
    way, target, port, error = str(told["way"]), str(told["target"]), int(told["port"]), str(told["error"])
    entry = next((number for number, facts in entries if _is_of(way, target, port, facts)), 0)
    if way == "unix":
        captured = called
    elif way == "name":
        captured = any(target.encode().split(b".")[0] in each.payload for each in seen)
    else:
        captured = any((each.target, each.port) == (target, port) for each in seen)
    return Try(way, target, port, error, error in _REFUSED, entry, captured)


def _is_of(way: str, target: str, port: int, facts: dict[str, Any]) -> bool:
    """Whether an entry of the journal is about this attempt."""
    if way == "name":
        return facts.get("host") == target
    if way == "unix":
        return facts.get("protocol") == "unix" and str(facts.get("address", "")).rpartition("/")[2] == target
    if way == "udp":  # refused where the socket is made, before it has an address
        return facts.get("act") == "socket" or facts.get("port") == port
    return facts.get("address") == target and facts.get("port") == port


def _tell(what: str, fields: dict[str, Any]) -> None:
    print(json.dumps({"event": what, **fields}), flush=True)  # noqa: T201 - to whoever started us


def _leave(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(143)
