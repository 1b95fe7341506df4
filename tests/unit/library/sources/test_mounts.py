"""What is mounted, read from Linux's list, and a disk inside a folder that goes away and comes back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fakes.trees import grow
from hameau.library import PartlyUnavailable, Source, SourceContext
from hameau.library.sources import FolderSource
from hameau.library.sources.mounts import Mounts, mounted

LIST = """\
22 1 0:20 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 0:45 / /srv/anne/Photos rw shared:2 master:1 - cifs //nas/photos rw
41 22 8:17 / /srv/anne/Cl\\303\\251\\040USB rw - vfat /dev/sdb1 rw
42 22 0:50 / /mnt/autre rw - fuse.sshfs anne@nas: rw
43 22 0:51 / /mnt/disque rw - fuseblk /dev/sdc1 rw
broken line
"""


def test_the_kernels_list(tmp_path: Path) -> None:
    (tmp_path / "mountinfo").write_text(LIST)
    mounts = mounted(tmp_path / "mountinfo")
    assert mounts.inside("/srv/anne") == ["/srv/anne/Clé USB", "/srv/anne/Photos"]
    assert mounts.inside("/srv/anne/Photos") == []
    assert [mounts.remote(path) for path in ("/srv/anne/Photos/2020", "/srv/anne", "/mnt/autre", "/mnt/disque/x")] == [
        True,
        False,
        True,
        False,
    ]
    assert mounted(tmp_path / "absent").points == frozenset()


def test_a_disk_inside_a_folder_that_is_away_is_told_and_named(tmp_path: Path) -> None:
    grow(tmp_path, "a.md: a\ndisque/\n    b.md: b\ncachette/\n    c.md: c\n.hameauignore: cachette/")
    disk, hidden = str(tmp_path / "disque"), str(tmp_path / "cachette")
    now = [Mounts({"/": "ext4", disk: "vfat", hidden: "vfat"})]
    source = FolderSource(mounts=lambda: now[0])
    here = SourceContext(Source("s", "home", "folder", str(tmp_path), "", "ready", "", documents=2), 1_000_000)
    assert len(list(source.items(here))) == 2
    assert source.mounts(here) == ((disk,), ())
    here = replace(here, source=replace(here.source, mounts=(disk, hidden)))
    now[0] = Mounts({"/": "ext4"})
    (tmp_path / "disque" / "b.md").unlink()
    with pytest.raises(PartlyUnavailable) as caught:
        list(source.items(here))
    assert caught.value.below[0] == disk + "/" and caught.value.fields["folder"] == disk
    with pytest.raises(PartlyUnavailable):
        list(source.look(here, [str(tmp_path / "a.md")]))
    (tmp_path / "disque").rmdir()  # as automatic mounts do
    with pytest.raises(PartlyUnavailable):
        list(source.items(here))
