"""What happens when a file breaks the worker. What a worker could do from inside: ``attackers/test_inmate.py``."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

import psutil
import pytest

from fakes import papers
from hameau.kit import HameauError, NotEnough
from hameau.library.extraction import SandboxedExtractor
from hameau.library.types import Extracted

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the walls are Linux's")


def a_document(folder: Path, name: str = "a.docx", words: str = "Bonjour le hameau.") -> Path:
    path = folder / name
    path.write_bytes(papers.docx([words]))
    return path


def the_worker() -> psutil.Process:
    children = psutil.Process().children()
    return next(child for child in children if any(part.endswith("cell.py") for part in child.cmdline()))


@linux
def test_a_worker_that_was_killed_is_replaced_and_no_file_suffers(tmp_path: Path) -> None:
    extractor = SandboxedExtractor(scratch=tmp_path / "scratch")
    path = a_document(tmp_path)
    extractor.extract(path)
    extractor.pause(True)
    answers: list[Extracted] = []
    reading = threading.Thread(target=lambda: answers.append(extractor.extract(path)))
    reading.start()
    the_worker().send_signal(signal.SIGKILL)
    extractor.pause(False)
    reading.join(60)
    extractor.close()
    assert answers and "Bonjour" in answers[0].text


@linux
def test_a_paused_worker_stands_still_and_its_time_too(tmp_path: Path) -> None:
    extractor = SandboxedExtractor(scratch=tmp_path / "scratch", seconds=1)
    path = a_document(tmp_path)
    extractor.extract(path)
    extractor.pause(True)
    reading = threading.Thread(target=lambda: extractor.extract(path))
    reading.start()
    reading.join(2.5)
    assert reading.is_alive()
    assert the_worker().status() == psutil.STATUS_STOPPED
    extractor.pause(False)
    reading.join(60)
    extractor.close()
    assert not reading.is_alive()


def test_a_file_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    extractor = SandboxedExtractor(scratch=tmp_path / "scratch", seconds=1)
    endless = tmp_path / "endless.html"
    endless.write_bytes(b"<p>mot <b>mot</b>" * 3_000_000)
    with pytest.raises(NotEnough) as caught:
        extractor.extract(endless)
    assert "too long" in str(caught.value)
    assert "Bonjour" in extractor.extract(a_document(tmp_path)).text
    extractor.close()


@linux
def test_a_file_that_eats_memory_is_given_up(tmp_path: Path) -> None:
    extractor = SandboxedExtractor(scratch=tmp_path / "scratch", memory_bytes=300 << 20)
    hungry = tmp_path / "hungry.odp"
    hungry.write_bytes(
        papers.opendocument("presentation", "<draw:page>" + "<text:p>a</text:p>" * 4_000_000 + "</draw:page>")
    )
    with pytest.raises(HameauError) as caught:
        extractor.extract(hungry)
    assert caught.value.hint
    assert "Bonjour" in extractor.extract(a_document(tmp_path)).text
    extractor.close()


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    extractor = SandboxedExtractor(scratch=tmp_path / "scratch")
    bomb = tmp_path / "bomb.docx"
    bomb.write_bytes(papers.packed({"word/document.xml": bytes(700 << 20)}))
    with pytest.raises(NotEnough):
        extractor.extract(bomb)
    extractor.close()


def test_a_pipe_is_no_document(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(HameauError):
        SandboxedExtractor().extract(tmp_path / "pipe.txt")
