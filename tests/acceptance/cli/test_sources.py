"""``hameau add`` and ``hameau sources`` with a storage elsewhere: what would leave is asked first, and goes with the source."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from conftest import Finished
from servers.dav import PASSWORD, USER, wsgidav


def test_a_storage_is_added_shown_and_removed(hameau: Callable[..., Finished], tmp_path: Path) -> None:
    files = tmp_path / "nuage"
    files.mkdir()
    (files / "note.md").write_text("Le moulin tourne depuis 1832.", "utf-8")
    password = tmp_path / "password"
    password.write_text(PASSWORD + "\n", "utf-8")
    with wsgidav(files, tmp_path / "log") as there:
        wanted = ("add", there.url, "--kind", "webdav", "--user", USER, "--password-file", str(password))
        no = hameau(*wanted, typed="n\n")
        assert no.code == 130
        assert f"127.0.0.1:{there.port}" in no.err
        assert there.asked() == []
        added = hameau(*wanted, "--yes", "--json")
        assert added.code == 0, added.err
        source = json.loads(added.out)["source"]
        assert source["documents"] == 1
        assert PASSWORD not in added.out
    shown = json.loads(hameau("sources", "show", source["id"], "--json").out)
    assert shown["connection"]["host"] == "127.0.0.1"
    assert hameau("sources", "remove", source["id"]).code == 0
    assert json.loads(hameau("perimeter", "show", "--json").out)["connections"] == []
