"""Models on sticks and in folders of other programs: found by their form, not far down, no link followed."""

from __future__ import annotations

from pathlib import Path

from hameau.models.nearby import SHOWN, nearby, places


def put(path: Path, size: int = 10) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    return path


def test_files_and_folders_are_found(tmp_path: Path) -> None:
    stick = tmp_path / "CLE"
    put(stick / "modeles" / "Petit.gguf", 20)
    put(stick / "modeles" / "mmproj-Petit.gguf")
    put(stick / "modeles" / ".cache.gguf")
    put(stick / "hf" / "config.json")
    put(stick / "hf" / "model-1.safetensors", 30)
    put(stick / "hf" / "model-2.safetensors", 30)
    put(stick / "hf" / "other.gguf")
    put(stick / "photos" / "moulin.jpg")
    found = nearby([stick])
    assert [(one.name, one.size_bytes, one.place) for one in found] == [("hf", 60, "CLE"), ("Petit", 20, "CLE")]
    assert found[0].what == str(stick / "hf")
    assert found[1].what == str(stick / "modeles" / "Petit.gguf")


def test_what_is_here_already_is_left_out(tmp_path: Path) -> None:
    put(tmp_path / "Petit.gguf", 20)
    assert nearby([tmp_path], {20}) == ()


def test_not_far_not_many_and_no_link(tmp_path: Path) -> None:
    outside = put(tmp_path / "outside" / "Loin.gguf")
    stick = tmp_path / "stick"
    put(stick / "a" / "b" / "c" / "d" / "e" / "Profond.gguf")
    (stick / "lien").symlink_to(outside.parent)
    assert nearby([stick]) == ()
    for number in range(SHOWN + 5):
        put(stick / f"{number:03}.gguf")
    assert len(nearby([stick])) == SHOWN


def test_a_folder_that_is_not_there_is_no_trouble(tmp_path: Path) -> None:
    assert nearby([tmp_path / "nowhere"]) == ()
    assert all(isinstance(place, Path) for place in places())
