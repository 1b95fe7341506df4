"""What tests share: a home of their own, real models fetched once, a real server, a real browser.

Environment: ``HAMEAU_MODELS_DIR`` (where real models are kept between runs), ``HAMEAU_NODE`` (the folder of
the npm clients), ``HAMEAU_TRANSFORMERS`` (a folder that holds torch and transformers), ``HAMEAU_CI=1`` (what is missing fails
instead of being skipped), ``HAMEAU_CHROMIUM`` (the browser's program), ``HAMEAU_AXE`` (axe-core's ``axe.min.js``).
"""

from __future__ import annotations

import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
IN_CI = os.environ.get("HAMEAU_CI") == "1"
AXE_VERSION = "4.14.1"
NODE_CLIENTS = "openai@7.57.0 ollama@0.6.4"
"""The official clients of JavaScript, as npm names them."""
SERVERS = {
    "dovecot": "/usr/sbin/dovecot",
    "nginx": "/usr/sbin/nginx",
    "searx": "/usr/lib/python3/dist-packages/searx/__init__.py",
}
"""Real servers that lie where no ordinary user's PATH looks."""
for _name in ("HAMEAU_MODELS_DIR", "HAMEAU_NODE", "HAMEAU_TRANSFORMERS", "HAMEAU_AXE"):
    if _name in os.environ:  # kept under another name: the processes that share the tests out read it there
        os.environ[f"TESTS_{_name}"] = os.environ[_name]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hameau"
MODELS = Path(os.environ.get("TESTS_HAMEAU_MODELS_DIR") or CACHE / "models")
NODE = Path(os.environ.get("TESTS_HAMEAU_NODE") or CACHE / "node")
TRANSFORMERS = os.environ.get("TESTS_HAMEAU_TRANSFORMERS", "")
AXE = Path(os.environ.get("TESTS_HAMEAU_AXE") or CACHE / "axe" / "node_modules" / "axe-core" / "axe.min.js")
LONGER = ("HAMEAU_ROUNDS", "HAMEAU_KILLS", "HAMEAU_MUTATIONS", "HAMEAU_MESSY")
"""How long the tests of endurance go on, where somebody has the time; the same code goes round less often otherwise."""
START_SECONDS = 60
"""How long a process may take to start before a test gives up on it: a bound, not a measure."""

for _name in [
    name for name in os.environ if name.startswith("HAMEAU_") and name not in ("HAMEAU_CI", "HAMEAU_CHROMIUM", *LONGER)
]:
    del os.environ[_name]  # a person's own settings are not the tests' business
os.environ["HAMEAU_LANGUAGE"] = "en"


def absent(what: str, package: str) -> None:
    """Skips the test with a reason; where everything must be there, fails it."""
    reason = f"{what} is not here (Debian: apt install {package})"
    if IN_CI:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(autouse=True)
def _needs(request: pytest.FixtureRequest) -> None:
    """Honours the marks of programs that must be here; ``needs_model`` is honoured by ``model_file``."""
    for mark in request.node.iter_markers("needs_server"):
        for program, package in mark.kwargs.items():
            path = SERVERS.get(program, program)
            if shutil.which(path) is None and not Path(path).exists():
                absent(program, package.replace("_", "-"))
    if request.node.get_closest_marker("needs_chromium"):
        request.getfixturevalue("chromium")
    if request.node.get_closest_marker("needs_ocr"):
        program = shutil.which("tesseract")
        listed = (
            subprocess.run([program, "--list-langs"], capture_output=True, text=True, check=False) if program else None
        )
        if listed is None or "fra" not in listed.stdout.split():
            absent("tesseract with French", "tesseract-ocr tesseract-ocr-fra")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of its own, which every command and hub of the test uses. Real models stay in their cache."""
    folder = tmp_path / "home"
    monkeypatch.setenv("HAMEAU_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def model_file() -> Callable[[str], Path]:
    """The file of a model of the catalogue, fetched once by Hameau's own fetcher and kept between runs."""

    def file(name: str) -> Path:
        path = MODELS / f"{name}.gguf"
        if not path.exists():
            environment = {**os.environ, "HAMEAU_MODELS_DIR": str(MODELS), "HAMEAU_HOME": str(CACHE / "tests-home")}
            command = [*HAMEAU, "models", "add", name]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=1800)
            if done.returncode != 0 or not path.exists():
                pytest.fail(f"the model {name} could not be fetched: {done.stderr.strip()}")
        return path

    return file


@pytest.fixture
def models_dir(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of real models, as the setting of the hub and of commands."""
    monkeypatch.setenv("HAMEAU_MODELS_DIR", str(MODELS))
    return MODELS


@pytest.fixture
def hub(home: Path) -> Iterator[object]:
    """A real hub on a home of its own."""
    from hameau.hub import Hub, read_settings

    made = Hub(read_settings())
    yield made
    made.close()


HAMEAU = [sys.executable, "-W", "error", "-c", "from hameau.cli import main; main()"]


@dataclass(frozen=True, slots=True)
class Finished:
    """What a command left."""

    code: int
    out: str
    err: str


@pytest.fixture
def hameau(home: Path) -> Callable[..., Finished]:
    """Runs the real command in a process of its own: ``hameau("search", "pain", "--json")``."""

    def run(
        *arguments: str | bytes, typed: str = "", environment: Mapping[str, str] | None = None, timeout: float = 300
    ) -> Finished:
        done = subprocess.run(
            [*HAMEAU, *arguments],
            input=typed.encode(),
            capture_output=True,
            env={**os.environ, **(environment or {})},
            cwd=home.parent,
            timeout=timeout,
            check=False,
        )
        return Finished(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


class Server:
    """A real ``hameau serve`` on a free port of the loopback."""

    def __init__(self, arguments: Sequence[str] = (), environment: Mapping[str, str] | None = None) -> None:
        self._lines: queue.Queue[str] = queue.Queue()
        self.errors: list[str] = []
        self.process = subprocess.Popen(
            [*HAMEAU, "serve", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        threading.Thread(target=self._read_output, daemon=True).start()
        threading.Thread(target=self._read_errors, daemon=True).start()
        self.url = self._address()

    @property
    def pid(self) -> int:
        return self.process.pid

    def stop(self, how: int = signal.SIGTERM) -> int:
        """Ends this very process and returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(START_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        return self.process.returncode

    def _address(self) -> str:
        return self.said("http://")

    def said(self, beginning: str) -> str:
        """The next word on its output that begins so; waits for it."""
        try:
            while line := self._lines.get(timeout=START_SECONDS):
                for word in line.split():
                    if word.startswith(beginning):
                        return word.rstrip("/.,")
        except queue.Empty:
            pass
        self.stop(signal.SIGKILL)
        raise AssertionError("the server did not start: " + "".join(self.errors))

    def _read_output(self) -> None:
        assert self.process.stdout
        try:
            for line in self.process.stdout:
                self._lines.put(line)
        except ValueError:
            pass  # closed while it was read
        self._lines.put("")

    def _read_errors(self) -> None:
        assert self.process.stderr
        try:
            self.errors.extend(self.process.stderr)
        except ValueError:
            pass


@pytest.fixture
def start_server(home: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers; each is stopped at the end of the test, by its own process number."""
    started: list[Server] = []

    def start(*arguments: str, environment: Mapping[str, str] | None = None) -> Server:
        started.append(Server(arguments, environment))
        return started[-1]

    yield start
    for each in started:
        each.stop()


@pytest.fixture
def server(start_server: Callable[..., Server]) -> Server:
    """One real server on this test's home; ``server.url`` is its address."""
    return start_server()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium, for playwright's ``executable_path``."""
    names = (os.environ.get("HAMEAU_CHROMIUM", ""), "chromium", "chromium-browser")
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    if not found:
        absent("Chromium", "chromium")
    assert found
    return found


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, which looks for what shuts people out; fetched once by npm and kept between runs."""
    if not AXE.exists() and (npm := shutil.which("npm")):
        folder = AXE.parents[2]
        folder.mkdir(parents=True, exist_ok=True)
        options = ["--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder)]
        subprocess.run([npm, "install", *options, f"axe-core@{AXE_VERSION}"], capture_output=True, check=False)
    if not AXE.exists():
        absent("axe-core", "npm")
    return AXE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def transformers() -> Iterator[str]:
    """The folder of torch and transformers, on the path of every process that the tests of this file start."""
    if not TRANSFORMERS or not (Path(TRANSFORMERS) / "transformers").is_dir():
        reason = "HAMEAU_TRANSFORMERS names no folder with torch and transformers"
        if IN_CI:
            pytest.fail(reason)
        pytest.skip(reason)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", TRANSFORMERS)
        yield TRANSFORMERS


@pytest.fixture(scope="session")
def node_clients() -> Path:
    """A folder in which Node.js finds the official clients; fetched once by npm and kept between runs.

    Run a script with ``node SCRIPT.mjs`` in this folder, or beside its ``node_modules``.
    """
    packages = NODE_CLIENTS.split()
    there = all((NODE / "node_modules" / package.partition("@")[0] / "package.json").exists() for package in packages)
    if not there and (npm := shutil.which("npm")):
        NODE.mkdir(parents=True, exist_ok=True)
        options = ["--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(NODE)]
        subprocess.run([npm, "install", *options, *packages], capture_output=True, check=False)
        there = (NODE / "node_modules").exists()
    if not there or shutil.which("node") is None:
        absent("Node.js with the official clients", "nodejs npm")
    return NODE
