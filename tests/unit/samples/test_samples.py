"""The samples are what their script makes, and each question has its answer in the file it names."""

from __future__ import annotations

import importlib.util
import json
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

SAMPLES = Path(__file__).resolve().parents[3] / "samples"
FOLDER = SAMPLES / "les-amis-du-moulin"
QUESTIONS = [json.loads(line) for line in (SAMPLES / "questions.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_samples", SAMPLES / "make_samples.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_generated_files_are_what_the_script_makes(script: ModuleType) -> None:
    for name, content in script.made().items():
        assert (FOLDER / name).read_bytes() == content, f"run samples/make_samples.py: {name}"


def test_the_archives_are_sound(script: ModuleType) -> None:
    for path in [*FOLDER.glob("*.docx"), *FOLDER.glob("*.odt")]:
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None


@pytest.mark.parametrize("question", [q for q in QUESTIONS if q["file"]], ids=lambda q: q["question"][:40])
def test_an_answer_stands_in_its_file(question: dict[str, str], script: ModuleType) -> None:
    texts = {
        "compte-rendu-assemblee-generale-2026.docx": script.MINUTES,
        "plan-eau-de-secours.odt": script.WATER,
        "notice-chaudiere.pdf": "\n".join(script.BOILER),
    }
    name = question["file"]
    raw = texts.get(name) or (FOLDER / name).read_bytes().decode("cp1252" if name.startswith("journal") else "utf-8")
    assert question["expected"] in raw
    if "page" in question:
        assert question["expected"] in script.BOILER[int(question["page"]) - 1]


def test_there_are_questions_without_an_answer() -> None:
    assert sum(1 for question in QUESTIONS if question["file"] is None) >= 5
