"""What the measures share: the machine in words, a real server, medians. Nothing here measures."""

from __future__ import annotations

import json
import math
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from hameau.models import physical_cores

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "samples" / "les-amis-du-moulin"
QUESTIONS = ROOT / "samples" / "questions.jsonl"
START_SECONDS = 60


def machine() -> str:
    """The processor, cores, memory and system, on one line."""
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    name = names[0].split(":", 1)[1].strip() if names else platform.machine()
    memory = psutil.virtual_memory().total / 2**30
    system = f"{platform.system()} {platform.release().split('-')[0]}, Python {platform.python_version()}"
    return f"{name}, {physical_cores()} cores used, {memory:.0f} GiB, {system}"


def median(values: Sequence[float]) -> float:
    """Of the values that are numbers; not a number when there are none."""
    known = [value for value in values if not math.isnan(value)]
    return statistics.median(known) if known else math.nan


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of them lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


@contextmanager
def home() -> Iterator[Path]:
    """A home folder for one measure, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="hameau-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Server:
    """A real ``hameau serve`` on a free port."""

    def __init__(self, folder: Path) -> None:
        environment = {**os.environ, "HAMEAU_HOME": str(folder), "HAMEAU_LANGUAGE": "en"}
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from hameau.cli import main; main()", "serve", "--port", "0"],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.url = self._address()

    @property
    def tree(self) -> list[psutil.Process]:
        """The server and its workers."""
        process = psutil.Process(self._process.pid)
        return [process, *process.children(recursive=True)]

    def get(self, path: str) -> bytes:
        """The body of a page or of an answer of the API."""
        with urllib.request.urlopen(self.url + path, timeout=START_SECONDS) as reply:
            body: bytes = reply.read()
            return body

    def post(self, path: str, body: Mapping[str, object]) -> Iterator[bytes]:
        """The lines of a reply as they come."""
        request = urllib.request.Request(
            self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=600) as reply:
            yield from reply

    def stop(self) -> None:
        """Ends this very process."""
        self._process.terminate()
        self._process.wait(START_SECONDS)
        if self._process.stdout:
            self._process.stdout.close()

    def _address(self) -> str:
        assert self._process.stdout
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and (line := self._process.stdout.readline()):
            for word in line.split():
                if word.startswith("http://"):
                    return word.rstrip("/.,")
        self._process.kill()
        raise SystemExit("the server did not start")


def sample_questions() -> list[str]:
    """Those of the samples that have an answer."""
    lines = QUESTIONS.read_text(encoding="utf-8").splitlines()
    return [row["question"] for row in map(json.loads, lines) if row["expected"]]
