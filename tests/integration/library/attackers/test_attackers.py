"""Hostile documents of every kind: nothing is reached, nothing leaks, nothing is written, and the next file is read."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from fakes import papers
from hameau.kit import HameauError
from hameau.library.extraction import SandboxedExtractor
from integration.library.attackers import canary
from integration.library.attackers.attacks import ATTACKS, NAMES
from integration.library.attackers.corpus import WORDS, Attack, Target

MEMORY = 400 << 20
SECONDS = 2
MOST = 2_000_000
NEXT = "Le document suivant."
ODD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class World:
    """A folder of documents, a secret beside it, and the reader under test."""

    root: Path
    target: Target
    trap: canary.Trap
    extractor: SandboxedExtractor


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    root, scratch = tmp_path_factory.mktemp("world"), tmp_path_factory.mktemp("scratch")
    for name in ("documents", "home", "outside"):
        (root / name).mkdir()
    secret = root / "home" / "secret.key"
    secret.write_text(canary.SECRET, encoding="utf-8")
    (root / "documents" / "next.docx").write_bytes(papers.docx([NEXT]))
    extractor = SandboxedExtractor(scratch=scratch, memory_bytes=MEMORY, seconds=SECONDS, max_characters=MOST)
    with canary.Trap() as trap:
        yield World(root, Target(trap.web, str(secret), str(root / "outside")), trap, extractor)
        extractor.close()
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("attack", ATTACKS, ids=NAMES)
def test_an_attacker_gets_nothing(world: World, attack: Attack, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    path = world.root / "documents" / attack.name
    path.write_bytes(attack.make(world.target))
    before = canary.tree(world.root)
    told = ""
    try:
        found = world.extractor.extract(path)
        told = found.title + found.text
        assert len(found.text) <= MOST
        assert not ODD.search(told)
        assert "\n" not in found.title and "\u202e" not in found.title
        if attack.reads:
            assert WORDS in told
    except HameauError as refusal:
        assert refusal.message and refusal.hint
        assert not attack.reads, refusal
    assert canary.SECRET not in told
    assert canary.SECRET not in caplog.text and "\x1b" not in caplog.text
    assert world.trap.visits == []
    for worker in world.extractor._all:
        with suppress(psutil.Error):
            assert psutil.Process(worker._process.pid).memory_info().rss < MEMORY + (200 << 20)
    assert world.extractor.extract(world.root / "documents" / "next.docx").text.strip() == NEXT
    path.unlink()
    assert canary.tree(world.root) == before - {entry for entry in before if attack.name in entry}


@pytest.mark.parametrize("attack", [one for one in ATTACKS if one.leads], ids=lambda one: one.name)
def test_a_careless_reader_would_have_been_caught(attack: Attack, tmp_path: Path) -> None:
    """The same files, read outside the sandbox by a reader that follows what they say: the canary sings."""
    secret = tmp_path / "secret.key"
    secret.write_text(canary.SECRET, encoding="utf-8")
    with canary.Trap() as trap:
        told = canary.leak(attack.make(Target(trap.web, str(secret), str(tmp_path))))
        assert trap.visits or canary.SECRET in told


def test_the_trap_and_the_watch_work(tmp_path: Path) -> None:
    secret = tmp_path / "secret.key"
    secret.write_text(canary.SECRET, encoding="utf-8")
    before = canary.tree(tmp_path)
    with canary.Trap() as trap:
        found = canary.leak(f"<a href='{trap.web}/x'> file://{secret}".encode())
        assert trap.visits[0].startswith(b"GET /x")
    assert canary.SECRET in found
    (tmp_path / "evil.txt").write_text("x", encoding="utf-8")
    assert canary.tree(tmp_path) != before


@pytest.mark.parametrize(
    "make",
    [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("/proc/self/environ"), lambda path: path.symlink_to(path)],
)
def test_what_is_no_file_is_not_opened(world: World, make, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    make(path)
    with pytest.raises(HameauError):
        world.extractor.extract(path)


def test_a_folder_that_became_a_link_leads_nowhere(world: World, tmp_path: Path) -> None:
    """Between the listing and the reading a folder is swapped for a link to the one with the secret."""
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "secret.key").write_text(WORDS, encoding="utf-8")
    path = tmp_path / "letters" / "secret.key"
    assert world.extractor.extract(path, beneath=tmp_path).text == WORDS
    path.unlink()
    path.parent.rmdir()
    path.parent.symlink_to(Path(world.target.secret).parent)
    with pytest.raises(HameauError):
        world.extractor.extract(path, beneath=tmp_path)
    assert canary.SECRET in world.extractor.extract(path).text  # what a reader that trusts its path would have done
