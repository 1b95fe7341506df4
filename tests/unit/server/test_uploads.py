"""Files handed over: names that can't leave the folder, content that is whole, the same file only once."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.asking import Client
from fakes.house import HouseInMemory
from hameau.server.uploads import safe_name, write


@given(st.text(max_size=400))
def test_any_name_becomes_one_safe_name(name: str) -> None:
    safe = safe_name(name)
    assert safe
    assert not safe.startswith(".")
    assert not set(safe) & set('/\\\0\n\r<>:"|?*\u202e')
    assert len(safe.encode()) <= 180
    assert safe_name(safe) == safe


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\moi\\Été 2026.pdf", "Été 2026.pdf"),
        (".bashrc", "bashrc"),
        ("..", "document"),
        ("a\u202efdp.exe", "a_fdp.exe"),
        ("x" * 400 + ".pdf", "x" * 176 + ".pdf"),
    ],
)
def test_names(given_name: str, kept: str) -> None:
    assert safe_name(given_name) == kept


def test_the_same_file_is_kept_once_another_one_gets_a_number(tmp_path: Path) -> None:
    assert write(tmp_path, "a.txt", io.BytesIO(b"one")) == "a.txt"
    assert write(tmp_path, "a.txt", io.BytesIO(b"one")) == "a.txt"
    assert write(tmp_path, "a.txt", io.BytesIO(b"two")) == "a (2).txt"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a (2).txt", "a.txt"]


def test_a_link_in_the_folder_is_not_written_through(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_bytes(b"keep")
    folder = tmp_path / "uploads"
    folder.mkdir()
    (folder / "a.txt").symlink_to(outside)
    assert write(folder, "a.txt", io.BytesIO(b"new")) == "a (2).txt"
    assert outside.read_bytes() == b"keep"


def test_uploads_become_a_source_once(client: Client, house: HouseInMemory) -> None:
    for name in ("lettre.txt", "../../échappée.txt"):
        answer = client.post("/api/v1/uploads", files={"files": (name, b"Bonjour")})
        assert answer.status_code == 201, answer.text
    folder = house.settings.home_path / "uploads" / "home"
    assert sorted(path.name for path in folder.iterdir()) == ["lettre.txt", "échappée.txt"]
    assert [one.uri for one in house.library.sources()] == ["/home/jeanne/Association", str(folder)]
    assert house.library.synced == [answer.json()["source"]["id"]] * 2  # asked for once the files are there


@pytest.mark.parametrize("space", ["..", "../elsewhere", "/etc", "a/b", "."])
def test_a_space_cannot_lead_out_of_the_home(client: Client, house: HouseInMemory, space: str) -> None:
    answer = client.post("/api/v1/uploads", params={"space": space}, files={"files": ("a.txt", b"Bonjour")})
    assert answer.status_code == 422
    assert not list(house.settings.home_path.rglob("a.txt"))
    assert not (house.settings.home_path / "uploads").exists()


def test_no_file_and_too_large_a_file_are_refused(client: Client, house: HouseInMemory) -> None:
    assert client.post("/api/v1/uploads", data={"files": "text"}).status_code == 400
    large = client.post("/api/v1/uploads", files={"files": ("a.bin", b"0" * (house.settings.max_file_bytes + 1))})
    assert large.status_code == 413
    assert not (house.settings.home_path / "uploads").exists()


def test_a_space_can_t_be_a_path(client: Client) -> None:
    answer = client.post("/api/v1/uploads?space=../..", files={"files": ("a.txt", b"x")})
    assert answer.status_code == 422


def test_a_full_folder_is_said(client: Client, house: HouseInMemory) -> None:
    (house.settings.home_path / "uploads").write_text("in the way")
    answer = client.post("/api/v1/uploads", files={"files": ("a.txt", b"x")})
    assert answer.status_code == 403
    assert "could not be kept" in answer.json()["error"]["message"]
