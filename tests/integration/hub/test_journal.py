"""What happens in a house is written down, and none of its words."""

from __future__ import annotations

from pathlib import Path

from hameau.assistant import Question
from hameau.hub import Hub
from hameau.perimeter import Kind, asking

SECRET = "Le trésor de Zébulon est sous le vieux pommier."


def test_what_was_done_and_asked_is_written_without_its_words(hub: Hub, tmp_path: Path, home: Path) -> None:
    papers = tmp_path / "papiers"
    papers.mkdir()
    (papers / "tresor.txt").write_text(SECRET, encoding="utf-8")
    with asking("command"):
        source = hub.add_source("folder", str(papers))
        hub.add_source("folder", str(papers))  # known already: nothing new to tell
    hub.indexer.run_until_idle(vectors=False)
    with asking("page"):
        list(hub.assistant.ask(Question("Où est le trésor de Zébulon ?")))
        list(hub.assistant.ask(Question("Où est le trésor de Zébulon ?")))
        list(hub.assistant.ask(Question("Et le pommier ?")))
        conversation = hub.assistant.conversations()[0]
        hub.assistant.export(conversation.id)
        hub.assistant.delete(conversation.id)
    hub.change_settings(chat_model="")
    written = list(reversed(hub.perimeter.journal.entries()))
    assert [entry.kind for entry in written] == [
        Kind.SOURCE_ADDED,
        Kind.INDEXED,
        *(Kind.ASKED,) * 3,
        Kind.EXPORTED,
        Kind.DELETED,
        Kind.SETTING_CHANGED,
    ]
    assert [entry.by for entry in written[:3]] == ["command", "", "page"]
    assert written[1].facts["documents"] == 1
    marks = [entry.facts["mark"] for entry in written[2:5]]
    assert marks[0] == marks[1] != marks[2]
    assert hub.perimeter.journal.verify().ok
    hub.library.remove_source(source.id)
    after = list(reversed(hub.perimeter.journal.entries()))
    assert [entry.kind for entry in after[:2]] == [Kind.ERASED, Kind.ERASED]
    assert [entry.hash for entry in after[:8]] == [entry.hash for entry in written]
    assert [entry.kind for entry in after[8:]] == [Kind.FORGOTTEN, Kind.SOURCE_REMOVED]
    assert after[8].facts["lines"] == "1-2"
    assert hub.perimeter.journal.verify().ok
    everything = b"".join(path.read_bytes() for path in (home / "journal").iterdir())
    for word in ("Zébulon", "pommier", "trésor", "papiers"):
        assert word.encode() not in everything
