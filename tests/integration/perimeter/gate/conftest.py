"""The fixtures of the gate's tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hameau.perimeter.gate import notify
from integration.perimeter.gate.house import Foreign, Gated, World, forbidden


@pytest.fixture
def gated(tmp_path: Path) -> Iterator[Callable[..., Gated]]:
    """Runs lines of Python behind a gate: ``gated("enter(); say(…)")``."""
    if missing := notify.available():
        forbidden(f"no seccomp user notification: {missing}")
    started: list[Gated] = []

    def start(code: str, *arguments: str, **options: Any) -> Gated:
        started.append(Gated(tmp_path, code, *arguments, **options))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
        each.end()


@pytest.fixture
def foreign() -> Iterator[Callable[..., Foreign]]:
    """Listeners of this test's own process, which is outside every gate."""
    made: list[Foreign] = []

    def make(*arguments: Any, **options: Any) -> Foreign:
        made.append(Foreign(*arguments, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def world() -> Iterator[World]:
    """A small outside world; root makes it, and nothing else is in it."""
    if shutil.which("ip") is None:
        forbidden("the command ip is not here (Debian: apt install iproute2)")
    try:
        made = World(f"hg{os.getpid() % 100000}")
    except PermissionError as error:
        forbidden(f"networks can't be made here: {error}")
    yield made
    made.close()
