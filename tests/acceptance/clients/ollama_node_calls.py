"""Ollama's official client for Node.js: what it can do here. The calls themselves are in ``ollama.mjs``."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from acceptance.clients.conftest import Served
from acceptance.clients.ollama_calls import NOTES, REASONS
from acceptance.clients.recorder import Section

SCRIPT = Path(__file__).with_name("ollama.mjs")
SERVED = frozenset(re.findall(r'^  "(\w+)": async', SCRIPT.read_text(encoding="utf-8"), re.MULTILINE))
"""The methods that the script calls."""


def run(what: str, clients: Path, served: Served | None = None) -> list[str]:
    """What the script says."""
    place = (served.url, served.smart, served.small) if served else ()
    command = ["node", str(SCRIPT), what, str(clients), *place]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def section(node: Path) -> Section:
    """The Node.js client."""
    package = json.loads((node / "node_modules" / "ollama" / "package.json").read_text(encoding="utf-8"))
    return Section(
        title="Ollama, Node.js client",
        about=f"`ollama` {package['version']} from npm, with `host` set to `http://127.0.0.1:8484`.",
        methods=frozenset(run("methods", node)),
        served=SERVED,
        reasons={_camel(name): why for name, why in REASONS.items()},
        notes=NOTES,
    )


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name)
