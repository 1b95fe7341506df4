"""The house put together: real parts on a home of its own."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from fakes.trees import grow
from hameau.hub import Hub, checkup
from hameau.kit import HameauError


def test_a_part_is_built_once_in_whatever_thread(hub: Hub) -> None:
    seen: list[object] = []
    threads = [threading.Thread(target=lambda: seen.append(hub.library)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(part) for part in seen}) == 1


def test_a_hub_that_was_never_used_leaves_only_its_home(home: Path) -> None:
    from hameau.hub import read_settings

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


def test_a_broken_check_does_not_hide_the_others(hub: Hub) -> None:
    hub.database.close()
    found = {check.name: check.state for check in checkup(hub)}
    assert found["database"] == "fail"
    assert found["python"] == "ok"
    assert "running" in found
