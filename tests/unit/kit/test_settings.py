"""Settings: defaults, file and environment, and what is said when they are wrong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from hameau.kit import BadInput, Corrupt, settings


@dataclass(frozen=True, slots=True)
class Small:
    home: str = settings.setting("", "Where.", variable_only=True)
    name: str = settings.setting("moulin", "A name.")
    port: int = settings.setting(8484, "A port.", low=0)
    loud: bool = settings.setting(False, "Noise.")
    tongues: tuple[str, ...] = settings.setting(("fra",), "Languages.")


def test_the_environment_weighs_more_than_the_file_and_the_file_more_than_the_default(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('port = 1\nname = "fournil"\n', encoding="utf-8")
    read = settings.read(Small, file, {"HAMEAU_PORT": "2", "HAMEAU_LOUD": "oui", "HAMEAU_TONGUES": "fra, bre"})
    assert read == Small(name="fournil", port=2, loud=True, tongues=("fra", "bre"))


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert settings.read(Small, tmp_path / "none.toml", {"HAMEAU_PORT": ""}) == Small()


@pytest.mark.parametrize(
    "text", ["port = 'x'", "port = true", "port = -1", "loud = 1", "tongues = [1]", "unknown = 1", "home = '/x'"]
)
def test_a_wrong_line_of_the_file_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as error:
        settings.read(Small, file, {})
    assert error.value.fields["name"] == text.split(" ", maxsplit=1)[0]
    assert error.value.hint


@pytest.mark.parametrize("raw", [b"port = ", b"\xff\xfe", b"port = 1\nport = 2"])
def test_a_damaged_file_is_said_to_be(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(raw)
    with pytest.raises(Corrupt):
        settings.read(Small, file, {})


@pytest.mark.parametrize(("name", "raw"), [("HAMEAU_PORT", "abc"), ("HAMEAU_PORT", "-3"), ("HAMEAU_LOUD", "perhaps")])
def test_a_wrong_variable_is_named(name: str, raw: str) -> None:
    with pytest.raises(BadInput) as error:
        settings.read(Small, None, {name: raw})
    assert error.value.fields["name"] in (name, name.removeprefix("HAMEAU_").lower())


def test_a_choice_is_kept_and_the_rest_of_the_file_stays(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('# ours\nname = "a"\n', encoding="utf-8")
    settings.change(Small, file, {"name": 'l\'été "2026"', "tongues": ("fra", "eng")})
    assert file.read_text(encoding="utf-8").startswith("# ours\n")
    assert settings.read(Small, file, {}) == Small(name='l\'été "2026"', tongues=("fra", "eng"))


def test_an_unknown_or_impossible_choice_is_not_kept(tmp_path: Path) -> None:
    for changes in ({"nope": 1}, {"port": "x"}, {"home": "/x"}):
        with pytest.raises(BadInput):
            settings.change(Small, tmp_path / "config.toml", changes)
    assert not (tmp_path / "config.toml").exists()


def test_the_documentation_names_every_setting() -> None:
    page = settings.document(Small)
    assert "| `port` | `HAMEAU_PORT` | `8484` | A port. |" in page
    assert page.count("\n") == 2 + 5
