"""Where the home folder is, in odd surroundings."""

from __future__ import annotations

from pathlib import Path

import pytest

from hameau.kit import Refused, home_folder


def test_a_relative_data_folder_is_ignored() -> None:
    assert home_folder({"XDG_DATA_HOME": "somewhere"}) == Path.home() / ".local" / "share" / "hameau"
    assert home_folder({"XDG_DATA_HOME": "/data"}) == Path("/data/hameau")


def test_the_folder_of_nobody_is_said() -> None:
    with pytest.raises(Refused) as refused:
        home_folder({"HAMEAU_HOME": "~nobody-of-that-name/x"})
    assert "HAMEAU_HOME" in refused.value.hint


def test_beside_a_folder_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(Refused):
        home_folder({"HAMEAU_HOME": "beside"})
