"""File trees drawn as indented text, so that a test shows the world it runs in.

::

    lettres/
        janvier.txt: Bonne année !
        vide.txt
    notes.md: # Notes\\n\\nRien.
"""

from __future__ import annotations

import textwrap
from pathlib import Path


def grow(root: Path, drawing: str) -> Path:
    """Makes the drawn files and folders under ``root``; after the colon stands a file's text, with ``\\n`` for line feeds."""
    branch: list[tuple[int, Path]] = [(-1, root)]
    for line in textwrap.dedent(drawing).splitlines():
        if not line.strip():
            continue
        depth = len(line) - len(line.lstrip())
        while branch[-1][0] >= depth:
            branch.pop()
        name, _colon, text = line.strip().partition(": ")
        path = branch[-1][1] / name.rstrip("/")
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
            branch.append((depth, path))
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace("\\n", "\n"), encoding="utf-8")
    return root


def drawn(root: Path) -> str:
    """The tree under ``root`` as such a drawing, names only."""
    lines = []
    for path in sorted(root.rglob("*")):
        depth = len(path.relative_to(root).parts) - 1
        lines.append("    " * depth + path.name + ("/" if path.is_dir() else ""))
    return "\n".join(lines) + "\n"
