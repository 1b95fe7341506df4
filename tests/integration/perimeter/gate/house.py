"""Programs behind a real gate, foreign listeners beside it, and a small outside world of one's own: what the fixtures
of this folder hand out."""

from __future__ import annotations

import json
import os
import queue
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

IN_CI = os.environ.get("HAMEAU_CI") == "1"
PRELUDE = Path(__file__).with_name("gated.py").read_text(encoding="utf-8")
PATIENCE = 30.0
"""How long anything may take before a test gives up on it: a bound, not a measure."""


def forbidden(why: object) -> NoReturn:
    """Skips with the reason; where everything must work, fails."""
    if IN_CI:
        pytest.fail(str(why))
    pytest.skip(str(why))


class Gated:
    """A program behind the gate, what it says, and what the supervisor wrote down."""

    def __init__(self, folder: Path, code: str, *arguments: str, prefix: tuple[str, ...] = (), **options: Any) -> None:
        self.folder = folder
        program = PRELUDE + "\n" + textwrap.dedent(code)
        self.process = subprocess.Popen(
            [*prefix, sys.executable, "-c", program, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TEST_FOLDER": str(folder)},
            **options,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self.errors = ""
        self._readers = [threading.Thread(target=read, daemon=True) for read in (self._read, self._read_errors)]
        for reader in self._readers:
            reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def _read_errors(self) -> None:
        assert self.process.stderr
        self.errors = self.process.stderr.read()

    def hear(self) -> dict[str, Any]:
        """The next thing that the program says."""
        line = self._lines.get(timeout=PATIENCE)
        if not line:
            self.end()
            raise AssertionError(f"it ended with {self.process.returncode}: {self.errors}")
        found: dict[str, Any] = json.loads(line)
        return found

    def end(self) -> int:
        """Waits for the end; the exit code."""
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        for reader in self._readers:
            reader.join(PATIENCE)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream
            stream.close()
        return code

    def book(self, what: str = "", **facts: object) -> list[dict[str, Any]]:
        """What was written down so far, of one kind and with these facts."""
        try:
            lines = (self.folder / "book").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        found = [json.loads(line) for line in lines]
        return [
            each
            for each in found
            if (not what or each["what"] == what) and all(each[name] == fact for name, fact in facts.items())
        ]

    def allow(self, *connections: dict[str, object], level: str = "closed") -> None:
        """From now on this policy holds."""
        set_policy(self.folder, *connections, level=level)


def set_policy(folder: Path, *connections: dict[str, object], level: str = "closed") -> None:
    """Writes the policy that programs in ``folder`` are judged by."""
    beside = folder / "policy.new"
    beside.write_text(json.dumps({"level": level, "connections": connections}), encoding="utf-8")
    beside.replace(folder / "policy")


def link(host: str, port: int, **more: object) -> dict[str, object]:
    """A Connection, as the policy file holds it."""
    return {"name": "test", "who": "me", "why": "a test", "host": host, "port": port, "local": True, **more}


class Foreign:
    """A listener that is none of Hameau's."""

    def __init__(self, address: str = "127.0.0.1", backlog: int = 16, accepting: bool = True) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.line = socket.socket(family)
        self.line.bind((address, 0))
        self.line.listen(backlog)
        self.port = int(self.line.getsockname()[1])
        self.met: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        if accepting:
            self._thread.start()

    def _accept(self) -> None:
        try:
            while True:
                self.met.append(self.line.accept()[0])
        except OSError:
            return

    def close(self) -> None:
        try:
            self.line.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        if self._thread.ident:
            self._thread.join(PATIENCE)
        self.line.close()
        for each in self.met:
            each.close()


def until(condition: Callable[[], object]) -> bool:
    """Waits until ``condition`` holds; whether it did."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return bool(condition())


class World:
    """Two networks and a cable: 10.99.0.1 is here, 10.99.0.2 is outside. Both are made for one test."""

    here, outside = "10.99.0.1", "10.99.0.2"

    def __init__(self, name: str) -> None:
        self._near, self._far = f"{name}n", f"{name}f"
        try:
            for each in (self._near, self._far):
                self._ip("netns", "add", each)
            self._ip(
                "link", "add", f"{name}a", "netns", self._near, "type", "veth", "peer", f"{name}b", "netns", self._far
            )
            for space, device, address in ((self._near, f"{name}a", self.here), (self._far, f"{name}b", self.outside)):
                self._ip("-n", space, "link", "set", "lo", "up")
                self._ip("-n", space, "addr", "add", f"{address}/24", "dev", device)
                self._ip("-n", space, "link", "set", device, "up")
        except subprocess.CalledProcessError as error:
            self.close()
            raise PermissionError(error.stderr.decode(errors="replace").strip()) from error
        self._started: list[subprocess.Popen[str]] = []

    @property
    def far(self) -> str:
        """The name of the network outside."""
        return self._far

    @property
    def prefix(self) -> tuple[str, ...]:
        """What to put before a command, to run it here."""
        return ("ip", "netns", "exec", self._near)

    def listen_outside(self, code: str = "") -> int:
        """A listener outside that echoes; its port."""
        program = code or (
            "import socket, threading\n"
            f"s = socket.create_server(('{self.outside}', 0)); print(s.getsockname()[1], flush=True)\n"
            "def echo(c):\n"
            "    while d := c.recv(65536): c.sendall(d)\n"
            "while True: threading.Thread(target=echo, args=(s.accept()[0],), daemon=True).start()\n"
        )
        command = ["ip", "netns", "exec", self._far, sys.executable, "-c", program]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self._started.append(process)
        assert process.stdout
        return int(process.stdout.readline())

    def connect_from_outside(self, port: int) -> str:
        """What happens to a connection from outside to ``port`` here."""
        program = (
            "import socket\ntry:\n"
            f"    socket.create_connection(('{self.here}', {port}), 5); print('none')\n"
            "except OSError as error: print(type(error).__name__)\n"
        )
        command = ["ip", "netns", "exec", self._far, sys.executable, "-c", program]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def close(self) -> None:
        for each in getattr(self, "_started", ()):
            each.kill()
            each.wait()
            if each.stdout:
                each.stdout.close()
        for each in (self._near, self._far):
            subprocess.run(["ip", "netns", "del", each], capture_output=True, check=False)

    @staticmethod
    def _ip(*words: str) -> None:
        subprocess.run(["ip", *words], capture_output=True, check=True)
