"""OpenAI's official client for Node.js: what it can do here. The calls themselves are in ``openai.mjs``."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from acceptance.clients.conftest import Served
from acceptance.clients.openai_calls import NOTES, REASONS
from acceptance.clients.recorder import Section

SCRIPT = Path(__file__).with_name("openai.mjs")
SERVED = frozenset(re.findall(r'^  "([\w.]+)": async', SCRIPT.read_text(encoding="utf-8"), re.MULTILINE))
"""The methods that the script calls."""


def run(what: str, clients: Path, served: Served | None = None) -> str:
    """What the script says."""
    place = (served.url, served.smart, served.small) if served else ()
    command = ["node", str(SCRIPT), what, str(clients), *place]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def camel(name: str) -> str:
    """``fine_tuning`` as this client writes it: ``fineTuning``."""
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name)


def section(node: Path) -> Section:
    """The Node.js client."""
    package = json.loads((node / "node_modules" / "openai" / "package.json").read_text(encoding="utf-8"))
    return Section(
        title="OpenAI, Node.js client",
        about=f"`openai` {package['version']} from npm, with `baseURL` set to `http://127.0.0.1:8484/v1`.",
        methods=frozenset(json.loads(line) for line in run("methods", node).splitlines()),
        served=SERVED,
        reasons={camel(name): why for name, why in REASONS.items()},
        notes={camel(name): note for name, note in NOTES.items()},
    )
