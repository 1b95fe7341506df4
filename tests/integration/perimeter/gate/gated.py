"""What the tests put behind the gate: a program that enters with a policy file and a book that is a file of lines.

Read by tests as text and run by ``python -c`` with a test's own lines after it.
"""

# ruff: noqa: F401, PTH123 - a text that tests put their own lines after
import errno
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

from hameau.kit import Refused, Unavailable
from hameau.perimeter import gate
from hameau.perimeter.finding import find
from hameau.perimeter.guard import verdict
from hameau.perimeter.types import Connection, Level, Policy

FOLDER = os.environ["TEST_FOLDER"]


class Lines:
    """A book: each happening is one line of JSON."""

    def _write(self, what, attempt, **facts):
        line = {"what": what, "act": attempt.act, "family": attempt.family, "address": attempt.address}
        line |= {"port": attempt.port, "protocol": attempt.protocol, "host": attempt.host, **facts}
        with open(f"{FOLDER}/book", "a") as file:
            file.write(json.dumps(line) + "\n")

    def refused(self, attempt, judged, **facts):
        self._write("refused", attempt, **facts)

    def allowed(self, attempt, judged, **facts):
        self._write("allowed", attempt, connection=judged.connection.name if judged.connection else "", **facts)

    def ended(self, attempt, connection, **facts):
        self._write("ended", attempt, connection=connection, **facts)


def judge(attempt):
    try:
        with open(f"{FOLDER}/policy") as file:
            found = json.load(file)
    except FileNotFoundError:
        found = {}
    level = Level(found.get("level", "closed"))
    return verdict(
        attempt, Policy(level, (), tuple(Connection(**each) for each in found.get("connections", ()))), time.time()
    )


def enter():
    """Goes behind the gate, and says so if that failed."""
    entered = gate.enter(judge=judge, book=Lines(), find=find)
    if not entered.gated:
        sys.exit(f"no gate: {entered.reason}")
    return entered


def error_of(what, *arguments, **named):
    """The name of the error of a call, or « none »."""
    try:
        what(*arguments, **named)
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))
    return "none"


def connect(host, port, timeout=None):
    """The name of the error of a connection, or « none »."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as line:
        line.settimeout(timeout)
        return error_of(line.connect, (host, port))


def say(**facts):
    """Tells the test."""
    print(json.dumps(facts), flush=True)
