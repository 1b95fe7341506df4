"""The house put together: real parts on a home of its own."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from fakes.asking import Client
from fakes.chat_templates import CHATML
from fakes.gguf import tiny_chat_model, write
from fakes.trees import grow
from hameau.hub import Hub, checkup, read_settings
from hameau.kit import HameauError
from hameau.server import create_app


def test_a_part_is_built_once_in_whatever_thread(hub: Hub) -> None:
    seen: list[object] = []
    threads = [threading.Thread(target=lambda: seen.append(hub.library)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(part) for part in seen}) == 1


def test_a_hub_that_was_never_used_leaves_only_its_home(home: Path) -> None:
    made = Hub(read_settings())
    made.close()
    made.close()
    assert list(home.iterdir()) == []
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_source_is_checked_before_it_is_kept(hub: Hub, tmp_path: Path) -> None:
    grow(tmp_path, "papiers/\n    a.txt: Bonjour.\\n")
    source = hub.add_source("folder", str(tmp_path / "papiers" / ".." / "papiers"))
    assert source.uri == str(tmp_path / "papiers")
    for kind, uri in (("nope", str(tmp_path)), ("folder", str(tmp_path / "none")), ("folder", "")):
        with pytest.raises(HameauError):
            hub.add_source(kind, uri)
    assert len(hub.library.sources()) == 1


def test_what_is_added_is_read_in_the_background(hub: Hub, tmp_path: Path) -> None:
    grow(tmp_path, "papiers/\n    a.txt: La meule dormante pèse une tonne.\\n")
    read = threading.Event()

    def look() -> None:
        if hub.library.status().embedded_passages:
            read.set()

    forget = hub.library.listen(look)
    hub.start()
    hub.add_source("folder", str(tmp_path / "papiers"))
    assert read.wait(120)
    forget()
    assert hub.library.search("poids de la meule").results[0].uri.endswith("a.txt")


def test_what_the_reader_of_files_lacks_is_said_with_the_status(hub: Hub, home: Path) -> None:
    assert hub.library.status().notices == hub.extractor.notices()
    assert [folder.name.split("-")[0] for folder in (home / "tmp").iterdir()] == ["work"]
    hub.close()
    assert list((home / "tmp").iterdir()) == []


def test_a_missing_recognition_of_text_is_told_to_whoever_asks(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "eng.traineddata").write_bytes(b"")
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    made = Hub(read_settings())
    assert any("tesseract-ocr-fra" in notice for notice in made.library.status().notices)
    made.close()


def test_a_change_of_the_model_holds_at_once_and_is_kept(hub: Hub, tmp_path: Path) -> None:
    models = hub.models
    for name in ("petit", "grand"):
        file = write(
            tmp_path / f"{name}.gguf", tiny_chat_model(CHATML.template, CHATML.specials, end=CHATML.end, name=name)
        )
        models.add(file)
    names = sorted(model.card.id for model in models.installed() if model.card.kind == "chat")
    assert len(names) == 2
    for name in names:
        assert hub.change_settings(chat_model=name).chat_model == name
        assert models.choose("chat").card.id == name
    chosen = models.choose("chat").card.id
    hub.change_settings(chat_model="")
    assert hub.settings.chat_model == read_settings().chat_model == ""
    assert models.choose("chat").card.id == min(names) != chosen


def test_a_broken_check_does_not_hide_the_others(hub: Hub) -> None:
    hub.database.close()
    found = {check.name: check.state for check in checkup(hub)}
    assert found["database"] == "fail"
    assert found["python"] == "ok"
    assert "running" in found


def test_background_work_stands_aside_while_a_person_searches(hub: Hub) -> None:
    seen: list[bool] = []
    forget = hub.gate.listen(seen.append)
    hub.search("four à pain")
    forget()
    assert seen == [False, True, False]


def test_a_space_that_is_not_there_is_not_found(hub: Hub, tmp_path: Path) -> None:
    grow(tmp_path, "papiers/\n    a.txt: Bonjour.\\n")
    client = Client(create_app(hub))
    answer = client.post("/api/v1/sources", json={"uri": str(tmp_path / "papiers"), "space": "ailleurs"})
    assert answer.status_code == 404
    error = answer.json()["error"]
    assert error["code"] == "not_found"
    assert error["hint"]
    assert hub.library.sources("ailleurs") == []
