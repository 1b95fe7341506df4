"""Where the home is, and what can be chosen."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from hameau.hub import Settings, change_settings, read_settings
from hameau.hub.settings import prepare_home
from hameau.kit import BadInput, default_home


def test_the_home_follows_the_environment(tmp_path: Path) -> None:
    assert read_settings(environment={"HAMEAU_HOME": str(tmp_path / "a")}).home_path == tmp_path / "a"
    assert default_home({"XDG_DATA_HOME": str(tmp_path)}) == tmp_path / "hameau"
    assert default_home({"XDG_DATA_HOME": "relative"}) == Path.home() / ".local" / "share" / "hameau"
    assert default_home({}) == Path.home() / ".local" / "share" / "hameau"


def test_an_option_weighs_more_than_the_environment_and_that_more_than_the_file(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('port = 1\nhost = "::1"\nchat_model = "a"\n', encoding="utf-8")
    environment = {"HAMEAU_HOME": str(tmp_path), "HAMEAU_PORT": "2", "HAMEAU_HOST": "127.0.0.2"}
    read = read_settings({"port": 3}, environment)
    assert (read.port, read.host, read.chat_model) == (3, "127.0.0.2", "a")


def test_models_may_stand_elsewhere(tmp_path: Path) -> None:
    assert Settings(home=str(tmp_path)).models_path == tmp_path / "models"
    assert Settings(home=str(tmp_path), models_dir="/srv/models").models_path == Path("/srv/models")


def test_a_change_is_kept_for_the_next_start(tmp_path: Path) -> None:
    before = read_settings(environment={"HAMEAU_HOME": str(tmp_path)})
    after = change_settings(before, language="en", threads=2)
    assert (after.language, after.threads) == ("en", 2)
    assert read_settings(environment={"HAMEAU_HOME": str(tmp_path)}) == after
    with pytest.raises(BadInput):
        change_settings(before, colour="red")


def test_the_home_is_its_owners_alone(tmp_path: Path) -> None:
    prepare_home(tmp_path / "deep" / "home")
    assert stat.S_IMODE((tmp_path / "deep" / "home").stat().st_mode) == 0o700


def test_a_file_is_no_home(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("x", encoding="utf-8")
    with pytest.raises(BadInput):
        prepare_home(tmp_path / "home")
