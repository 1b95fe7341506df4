"""Who says that the walls hold is believed only when it is root, alive, and speaks of this very network."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from hameau.perimeter.standing import Standing, addresses_for, born, held_for, own_network, path_of, read

UID = 990


def _standing() -> Standing:
    return Standing(
        uid=UID,
        pid=os.getpid(),
        born=born(os.getpid()),
        since=1.0,
        mechanisms=("nftables", "cgroup"),
        network=own_network(),
        names={"cloud.example": ("93.184.216.34",)},
    )


def _write(folder: Path, standing: Standing | object) -> None:
    told = asdict(standing) if isinstance(standing, Standing) else standing
    path_of(UID, folder).write_text(json.dumps(told))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    if os.geteuid() != 0:
        pytest.skip("only root can write what is believed")
    tmp_path.chmod(0o755)
    return tmp_path


def test_what_a_living_keeper_says_is_believed(folder: Path) -> None:
    _write(folder, _standing())
    assert held_for(UID, folder) == ("nftables", "cgroup")
    assert addresses_for(UID, "cloud.example", folder) == ("93.184.216.34",)
    assert addresses_for(UID, "other.example", folder) == ()


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ({"pid": 4_000_000}, ()),
        ({"born": 1}, ()),
        ({"uid": UID + 1}, ()),
        ({"network": 5}, ("cgroup",)),
        ({"cgroup": "/somewhere/else"}, ("nftables",)),
        ({"mechanisms": ("magic",)}, ()),
    ],
)
def test_what_is_not_so_is_not_believed(folder: Path, change: dict[str, object], left: tuple[str, ...]) -> None:
    _write(folder, replace(_standing(), **change))  # type: ignore[arg-type]
    assert held_for(UID, folder) == left


@pytest.mark.parametrize("told", ["nonsense", [], {}, {"names": 3}, {"uid": UID, "names": {}}, None])
def test_nonsense_is_not_believed(folder: Path, told: object) -> None:
    _write(folder, told)
    assert read(UID, folder) is None
    assert held_for(UID, folder) == ()


def test_only_root_is_believed(folder: Path) -> None:
    _write(folder, _standing())
    file = path_of(UID, folder)
    for spoil, mend in (
        (lambda: os.chown(file, 1, 0), lambda: os.chown(file, 0, 0)),
        (lambda: file.chmod(0o662), lambda: file.chmod(0o644)),
        (lambda: file.chmod(0o664), lambda: file.chmod(0o644)),
        (lambda: folder.chmod(0o777), lambda: folder.chmod(0o755)),
        (lambda: os.chown(folder, 1, 0), lambda: os.chown(folder, 0, 0)),
    ):
        spoil()
        assert held_for(UID, folder) == ()
        mend()
        assert held_for(UID, folder)
    file.rename(folder / "elsewhere")
    file.symlink_to(folder / "elsewhere")
    assert held_for(UID, folder) == ()


def test_without_a_keeper_nothing_holds(tmp_path: Path) -> None:
    assert held_for(UID, tmp_path) == ()
    assert held_for(UID, tmp_path / "missing") == ()
    assert addresses_for(UID, "cloud.example", tmp_path) == ()
