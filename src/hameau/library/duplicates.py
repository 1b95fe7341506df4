"""The same passage in several documents is one result that names the others: a letter and its copy, a file in two formats."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hameau.library.types import Copy, SearchResult

MOST_COPIES = 20
"""Named at most; a notice that stands in a thousand files is no list to read."""


def collapsed(results: Iterable[SearchResult], limit: int) -> list[SearchResult]:
    """The first ``limit`` different passages of ``results``, in order, each with the documents of those that say the same.

    Two passages say the same when their letters and figures do; a repetition inside one document is left out silently.
    """
    first: dict[str, int] = {}
    kept: list[SearchResult] = []
    for result in results:
        said = letters(result.text)
        at = first.get(said)
        if at is None:
            if len(kept) < limit:
                first[said] = len(kept)
                kept.append(result)
            continue
        shown = kept[at]
        known = {shown.document_id, *(copy.document_id for copy in shown.copies)}
        if result.document_id not in known and len(shown.copies) < MOST_COPIES:
            copy = Copy(result.document_id, result.title, result.uri)
            kept[at] = replace(shown, copies=(*shown.copies, copy))
    return kept


def letters(text: str) -> str:
    """``text`` without what a change of format changes most: spaces and case."""
    return "".join(text.split()).lower() or text
