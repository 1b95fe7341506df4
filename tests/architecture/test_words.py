"""What tracked files may not hold, and that every text has its French."""

from __future__ import annotations

import re
import subprocess
import sys

from architecture.reading import PACKAGE, ROOT, tracked

# Written in two halves, so that this file does not find itself.
REGISTRIES = re.compile(
    "|".join(
        first + r"\." + second for first, second in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "(org|com)"))
    )
)
# Jeanne is nobody: the person of our examples.
HOMES = re.compile(r"/(home|Users)/(?!jeanne/)[a-z][a-z0-9_-]*/|/" + r"root/|/tmp" + r"/prep|/wo" + r"rk/")
BROAD = re.compile(r"except( Base| )?Exception|except\s*:")


def _texts() -> list[tuple[str, str]]:
    found = []
    for path in tracked():
        raw = path.read_bytes()
        if b"\0" not in raw:
            found.append((str(path.relative_to(ROOT)), raw.decode("utf-8", "replace")))
    return found


def test_no_registry_is_named() -> None:
    assert not [name for name, text in _texts() if REGISTRIES.search(text)]


def test_no_path_of_one_machine_is_named() -> None:
    assert not [f"{name}: {found.group()}" for name, text in _texts() if (found := HOMES.search(text))]


def test_every_pin_has_hashes() -> None:
    for name in ("constraints.txt", "constraints-dev.txt", "constraints-transformers.txt"):
        entries = re.split(r"\n(?=\S)", re.sub(r"(?m)^#.*\n", "", (ROOT / name).read_text(encoding="utf-8")).strip())
        assert entries
        for entry in entries:
            assert re.match(r"[a-z0-9-]+==\S+ \\\n    --hash=sha256:[0-9a-f]{64}", entry), entry
            assert "://" not in entry


def test_broad_excepts_leave_a_trace() -> None:
    silent = []
    for path in sorted(PACKAGE.rglob("*.py")):
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            if BROAD.search(line) and not re.search(r"_?log(ger)?\.|raise", "\n".join(lines[number : number + 6])):
                silent.append(f"{path.relative_to(ROOT)}:{number + 1}")
    assert not silent, "\n".join(silent)


def test_every_text_has_its_french() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "messages.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
