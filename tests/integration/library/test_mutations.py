"""Thousands of broken files: the server survives every one, each gets an answer within its limit, and the next one is read.

150 of them by default; ``HAMEAU_MUTATIONS=10000`` for the whole (``2000-4000`` for a part), ``HAMEAU_MESSY`` for a folder of
real files to break.
"""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fakes import papers
from hameau.kit import HameauError
from hameau.library.extraction import SandboxedExtractor, limits
from integration.library import mutating

FIRST, _, PAST = ("0-" + os.environ.get("HAMEAU_MUTATIONS", "150")).rpartition("-")
NUMBERS = range(int(FIRST.rpartition("-")[2]), int(PAST))
ODD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
SECONDS = 20
NEXT = "Le document suivant."


def verdict(extractor: SandboxedExtractor, path: Path) -> str:
    """What came of a file: "read", or the words of the refusal; anything else is an exception that fails the test."""
    try:
        found = extractor.extract(path)
    except HameauError as refusal:
        assert refusal.message and refusal.hint and not refusal.fields
        return refusal.message
    assert not ODD.search(found.text) and not ODD.search(found.title + found.authors)
    assert len(found.text) <= limits.CHARACTERS
    if found.pages:
        assert found.pages[-1].end == len(found.text)
    return "read"


def test_no_broken_file_breaks_the_house(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = mutating.seeds()
    extractor = SandboxedExtractor(workers=2, scratch=tmp_path / "scratch", seconds=SECONDS, memory_bytes=600 << 20)
    slow: list[tuple[float, str]] = []

    def one(number: int) -> str:
        name, data = mutating.mutated(number, files)
        path = tmp_path / name
        path.write_bytes(data)
        start = time.monotonic()
        came = verdict(extractor, path)
        slow.append((time.monotonic() - start, name))
        path.unlink()
        return came

    with ThreadPoolExecutor(2) as threads:
        came = Counter(threads.map(one, NUMBERS))
    fair = tmp_path / "next.docx"
    fair.write_bytes(papers.docx([NEXT]))
    assert extractor.extract(fair).text.strip() == NEXT
    extractor.close()
    assert sum(came.values()) == len(NUMBERS)
    assert list((tmp_path / "scratch").iterdir()) == []
    with capsys.disabled():
        if len(NUMBERS) > 500:
            print(came.most_common(), sorted(slow)[-8:])
