"""What a command and a server leave in the terminal when something unforeseen happens. Each in a process of its own,
because loggers are the whole process's."""

from __future__ import annotations

import subprocess
import sys

from hameau.cli.logs import Discreet

PLAY = """
import logging, sys
from hameau.cli.logs import begin, show_errors
from hameau.server.errors import known
def fail(secret):
    raise ValueError("could not read « " + secret + " »")
begin(verbose="verbose" in sys.argv)
if "serving" in sys.argv:
    show_errors()
try:
    fail("la lettre de Mme Poulain")
except ValueError as error:
    known(error)
logging.getLogger("hameau.library").info("at work")
logging.getLogger("hameau.library").warning("nothing to worry about")
logging.getLogger("another.library").error("not ours")
"""


def said(*how: str) -> str:
    done = subprocess.run([sys.executable, "-c", PLAY, *how], capture_output=True, check=True)
    return done.stderr.decode()


def test_a_server_says_where_it_failed_and_never_what_it_read() -> None:
    told = said("serving")
    assert "unforeseen" in told
    assert "in fail" in told
    assert told.rstrip().endswith("ValueError")
    for kept in ("Poulain", "worry", "not ours", "at work"):
        assert kept not in told


def test_a_command_is_silent() -> None:
    assert said() == ""


def test_who_asks_for_everything_gets_everything() -> None:
    told = said("verbose", "serving")
    assert "Poulain" in told
    assert "at work" in told


def test_an_error_without_a_traceback_has_its_name_at_least() -> None:
    assert Discreet().formatException((ValueError, ValueError("x"), None)).strip() == "ValueError"
