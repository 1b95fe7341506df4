"""Documentation is tested: what exists is written down, and what is written down exists."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

import hameau.kit
from architecture.reading import ROOT, rooms
from hameau.cli.registry import COMMANDS

DOCS = ROOT / "docs"


@pytest.mark.parametrize("page", ["cli.md", "settings.md", "errors.md", "api.md"])
def test_generated_pages_are_current(page: str) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "docs.py"), "--print", page], capture_output=True, text=True, check=True
    )
    assert (DOCS / page).read_text(encoding="utf-8") == done.stdout, "run make docs"


@pytest.mark.parametrize("readme", ["README.md", "README.fr.md"])
def test_the_tree_of_the_readme_is_the_disk(readme: str) -> None:
    block = re.search(r"```text\n(hameau/.*?)```", (ROOT / readme).read_text(encoding="utf-8"), re.DOTALL)
    assert block, "the README draws the tree of the project"
    listed, below = set(), ""
    for line in block.group(1).splitlines()[1:]:
        indent, name = len(line) - len(line.lstrip()), line.split("#")[0].strip()
        below = name if indent == 2 and name.endswith("/") else below
        listed.add(below + name if indent > 2 else name)
    assert not [name for name in listed if not (ROOT / name).exists()], "listed, but not there"
    here = {f"src/hameau/{room}/" for room in rooms()} | {
        f"{p.name}/" for p in ROOT.iterdir() if p.is_dir() and _shown(p.name)
    }
    assert not sorted(name for name in here if name not in listed), "there, but not listed"


def _shown(name: str) -> bool:
    return not name.startswith(".") and name not in ("src", "build", "dist", "node_modules")


def test_every_command_is_in_the_readme() -> None:
    for readme in ("README.md", "README.fr.md"):
        text = (ROOT / readme).read_text(encoding="utf-8")
        assert not [name for name in COMMANDS if f"hameau {name}" not in text]


def test_every_error_is_documented() -> None:
    text = (DOCS / "errors.md").read_text(encoding="utf-8")
    kinds = [kind for name in hameau.kit.__all__ if isinstance(kind := getattr(hameau.kit, name), type)]
    codes = [kind.code for kind in kinds if issubclass(kind, hameau.kit.HameauError)]
    assert len(codes) > 5
    assert not [code for code in codes if f"`{code}`" not in text]


def test_every_endpoint_is_documented() -> None:
    from hameau.server.app import EVERY
    from hameau.server.openapi import document

    text = (DOCS / "api.md").read_text(encoding="utf-8")
    described = document(EVERY)["paths"]
    assert described
    missing = [
        f"{verb.upper()} {path}"
        for path, verbs in described.items()
        for verb in verbs
        if f"`{verb.upper()} {path}`" not in text
    ]
    assert not missing


def test_links_between_pages_lead_somewhere() -> None:
    link = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
    broken = [
        f"{page.relative_to(ROOT)} -> {target}"
        for page in [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]
        for target in link.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert not broken, "\n".join(broken)


def test_the_changelog_knows_this_version() -> None:
    from hameau import __version__

    assert f"## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
