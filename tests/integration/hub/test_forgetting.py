"""Forgetting in a whole house: the file that stays is not read again, the one that was handed over goes."""

from __future__ import annotations

import io
from pathlib import Path

from hameau.hub import Hub
from hameau.kit import say
from hameau.perimeter import Kind
from hameau.server.uploads import write

SECRET = "Le trésor de Zébulon est sous le vieux pommier."


def everything(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())


def test_a_file_that_stays_is_not_read_again(hub: Hub, tmp_path: Path, home: Path) -> None:
    papers = tmp_path / "papiers"
    papers.mkdir()
    (papers / "zorglub.txt").write_text(SECRET, encoding="utf-8")
    (papers / "autre.txt").write_text("La cotisation est de douze euros.", encoding="utf-8")
    source = hub.add_source("folder", str(papers))
    hub.indexer.run_until_idle(vectors=False)
    (found,) = hub.search("Zébulon").results
    hub.forget(found.document_id)
    hub.library.request_sync(source.id)
    hub.indexer.run_until_idle(vectors=False)
    assert hub.search("Zébulon pommier").results == ()
    assert [one.title for one in hub.library.documents(source.id)] == ["autre"]
    assert (papers / "zorglub.txt").exists()
    hub.library.erasing.finish()
    for word in ("Zébulon", "zebulon", "pommi", "zorglub", "zorglub.txt"):
        assert word.encode() not in everything(home)
    entry = hub.perimeter.journal.entries(limit=1)[0]
    assert (entry.kind, entry.facts["what"]) == (Kind.FORGOTTEN, "document")
    assert hub.perimeter.journal.verify().ok
    assert hub.library.let_back(source.id, str(papers / "zorglub.txt")) == 1
    hub.indexer.run_until_idle(vectors=False)
    assert hub.search("Zébulon").results


def test_a_file_that_was_handed_over_goes(hub: Hub, home: Path) -> None:
    folder = home / "uploads" / "home"
    folder.mkdir(parents=True)
    write(folder, "zorglub.txt", io.BytesIO(SECRET.encode()))
    source = hub.add_source("folder", str(folder), title=say("Files I added", "en"))
    hub.indexer.run_until_idle(vectors=False)
    (found,) = hub.search("Zébulon").results
    hub.forget(found.document_id)
    hub.library.erasing.finish()
    assert list(folder.iterdir()) == []
    assert b"bulon" not in everything(home)
    write(folder, "zorglub.txt", io.BytesIO(SECRET.encode()))  # handed over again: wanted again
    hub.library.request_sync(source.id)
    hub.indexer.run_until_idle(vectors=False)
    assert hub.search("Zébulon").results
