"""The board that pages and terminals read."""

from __future__ import annotations

from pathlib import Path

from hameau.library.progress import Board, SourceProgress
from hameau.library.turn import Turn


def test_what_is_written_can_be_read() -> None:
    board = Board()
    board.phase("reading")
    board.source(SourceProgress("a", "Lettres", listed=3))
    board.source(SourceProgress("b", "Comptes"))
    board.source(SourceProgress("a", "Lettres", listed=3, read=1))
    board.wrote(12)
    now = board.read()
    assert now.phase == "reading" and now.passages == 12 and now.passages_per_second > 0
    assert [one.source_id for one in now.sources] == ["b", "a"]
    assert now.sources[-1].read == 1


def test_embedding_shows_only_while_nothing_is_read() -> None:
    board = Board()
    board.embedding(True)
    assert board.read().phase == "embedding"
    board.phase("reading")
    assert board.read().phase == "reading"


def test_vectors_wait_for_plain_texts_and_for_a_full_disk() -> None:
    board = Board()
    assert not board.texts_first()
    board.texts("s", True)
    assert board.texts_first()
    board.texts("s", False)
    board.phase("paused", "The disk is full.")
    assert board.texts_first() and board.read().notice == "The disk is full."


def test_one_turn_a_home(tmp_path: Path) -> None:
    first, second = Turn(tmp_path), Turn(tmp_path)
    assert first.take() and first.take() and not second.take()
    first.give_back()
    assert second.take()
    second.give_back()
    assert Turn(None).take() and Turn(None).take()
