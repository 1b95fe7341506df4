"""The document tree that kreuzberg finds, written as text. Knows nothing of files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from hameau.library.extraction.structure import Draft, one_line
from hameau.library.extraction.tables import write_table

PAGE_MARKER = "\n\n\ue000{page_num}\ue001\n\n"
"""A line of its own where a page begins, in characters that no document uses (Unicode's private area)."""
_MARKED = re.compile("\ue000(\\d{1,6})\ue001")
_FIELD = re.compile(r"[ \t]*\b(?:HYPERLINK|PAGEREF|INCLUDEPICTURE)[ \t]+\"[^\"\n]{0,2000}\"(?:[ \t]+\\\\\w)*[ \t]*")
"""What an old Word file holds beside the words of a link."""


def draw(
    nodes: Iterable[Mapping[str, Any]], draft: Draft, *, by_page: bool, notes: Mapping[int, str] | None = None
) -> None:
    """Writes the nodes of a kreuzberg ``DocumentStructure`` into ``draft``, in reading order, the ``notes`` under the slide
    of that number."""
    slide, below = 0, dict(notes or {})
    for node in nodes:
        content = node.get("content") or {}
        kind = str(content.get("node_type", ""))
        if by_page and isinstance(number := node.get("page"), int):
            draft.page(number)
        text = str(content.get("text") or "")
        if marked := _MARKED.fullmatch(text.strip()):
            draft.block(below.pop(slide, ""))
            slide = int(marked[1])
            draft.page(slide)
            continue
        if kind in ("title", "heading"):
            level = min(max(int(content.get("level") or 1), 1), 6)
            if line := one_line(text):
                draft.block(f"{'#' * level} {line}")
        elif kind == "table":
            table(content.get("grid") or {}, draft)
        elif kind == "image":
            draft.block(str(content.get("description") or ""))
        elif text:
            draft.block(_FIELD.sub(" ", text) if '"' in text else text)
    draft.block(below.pop(slide, ""))


def table(grid: Mapping[str, Any], draft: Draft) -> None:
    """One line a row, empty rows left out, the header above every group."""
    rows: dict[int, dict[int, str]] = {}
    for cell in grid.get("cells") or ():
        rows.setdefault(int(cell.get("row", 0)), {})[int(cell.get("col", 0))] = one_line(str(cell.get("content") or ""))
    lines = [[cells[at] for at in sorted(cells)] for _, cells in sorted(rows.items())]
    write_table([line for line in lines if any(line)], draft)
