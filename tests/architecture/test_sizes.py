"""Small files, short functions: when one grows past the bound, it usually hides a second idea."""

from __future__ import annotations

import ast
import statistics

from architecture.reading import PACKAGE, ROOT, modules, tree

FILE_LINES, MEDIAN_LINES, FUNCTION_LINES = 500, 150, 60
VAGUE = {"utils.py", "util.py", "helpers.py", "helper.py", "manager.py", "managers.py", "misc.py", "common.py"}


def test_files_are_short() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert not {str(path.relative_to(ROOT)): count for path, count in lengths.items() if count >= FILE_LINES}
    assert statistics.median(lengths.values()) < MEDIAN_LINES


def test_functions_are_short() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.name} has {lines} lines"
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) >= FUNCTION_LINES
    ]
    assert not long, "\n".join(long)


def test_names_say_something() -> None:
    assert not [path.name for path in PACKAGE.rglob("*.py") if path.name in VAGUE]


def test_every_module_says_what_it_is() -> None:
    assert not [str(path.relative_to(ROOT)) for path in modules() if not ast.get_docstring(tree(path))]
