"""Named SQL: a room writes its statements in ``queries.sql``, each under a ``-- name --`` line, and asks for them by name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

_HEAD = re.compile(r"^-- ([a-z][a-z0-9_]*) --[ \t]*$", re.MULTILINE)


class Queries(Mapping[str, str]):
    """The statements of one file. ``Queries(path)["name"]`` is the text of the statement called ``name``.

    Comment lines under a head stay with the statement. Raises ``ValueError`` when a name stands twice or when text stands
    before the first head, and ``KeyError`` for a name that is not there: both are mistakes in our own files.
    """

    def __init__(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        parts = _HEAD.split(text)
        if any(line.strip() and not line.startswith("--") for line in parts[0].splitlines()):
            raise ValueError(f"{path.name}: a statement stands before the first name")
        self._statements: dict[str, str] = {}
        for name, statement in zip(parts[1::2], parts[2::2], strict=True):
            if name in self._statements:
                raise ValueError(f"{path.name}: {name} stands twice")
            self._statements[name] = statement.strip()

    def __getitem__(self, name: str) -> str:
        return self._statements[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._statements)

    def __len__(self) -> int:
        return len(self._statements)
