"""A command follows the process that reads, and takes over when that one is gone."""

from __future__ import annotations

from pathlib import Path

from fakes.trees import grow
from hameau.cli.follow import bring_up_to_date, follow
from hameau.hub import Hub, read_settings
from hameau.library import LibraryStatus


def test_a_command_takes_over_when_the_one_it_follows_is_gone(hub: Hub, tmp_path: Path) -> None:
    other = Hub(read_settings())
    assert other.indexer.try_lock()
    grow(tmp_path, "papiers/\n    a.txt: Bonjour la compagnie.\\n")
    hub.add_source("folder", str(tmp_path / "papiers"))
    looks: list[LibraryStatus] = []

    def show() -> LibraryStatus:
        looks.append(hub.library.status())
        if len(looks) == 2:
            other.close()
        return looks[-1]

    assert follow(hub, show)
    assert len(looks) == 2
    assert bring_up_to_date(hub, silent=True).documents == 1


def test_nothing_to_wait_for_is_no_wait(hub: Hub) -> None:
    assert not follow(hub, hub.library.status)
