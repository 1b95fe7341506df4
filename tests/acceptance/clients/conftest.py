"""A real server with two small real models and one document, for the official clients of every protocol."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from conftest import Server

SMART, SMALL = "qwen2.5-coder-0.5b-instruct", "smollm2-135m-instruct"
"""The one calls tools and fills in; the other is quick."""
RULES = """# Règlement intérieur du four à pain

## Article 1 – Adhésion
La cotisation annuelle est fixée à 15 euros par foyer. Elle est due avant le 31 mars.

## Article 2 – Clé
La clé du four est chez Madame Poulain, au 3 rue du Lavoir.
"""


@dataclass(frozen=True, slots=True)
class Served:
    """A running Hameau."""

    url: str
    home: Path
    models: Path
    smart: str = SMART
    small: str = SMALL


@pytest.fixture(scope="session")
def served(model_file: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all files of this folder: its models folder is its own, the weights are linked."""
    home, models = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("models")
    for name in (SMART, SMALL):
        path = model_file(name)
        for file in (path, path.with_suffix(".toml")):
            if file.exists():
                _link(file, models / file.name)
    documents = tmp_path_factory.mktemp("documents")
    (documents / "Règlement.md").write_text(RULES, encoding="utf-8")
    server = Server(environment={"HAMEAU_HOME": str(home), "HAMEAU_MODELS_DIR": str(models)})
    try:
        _read(server.url, documents)
        yield Served(server.url, home, models)
    finally:
        server.stop()


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copyfile(source, target)


def _read(url: str, documents: Path) -> None:
    """Has the folder read, and waits until its text can be found."""
    httpx.post(f"{url}/api/v1/sources", json={"uri": str(documents)}).raise_for_status()
    until = time.monotonic() + 60
    while not httpx.get(f"{url}/api/v1/search", params={"q": "cotisation annuelle"}).json()["results"]:
        if time.monotonic() > until:
            pytest.fail("the document was not read")
        time.sleep(0.1)
