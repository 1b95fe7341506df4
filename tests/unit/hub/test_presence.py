"""One server a home, and the lock that falls with its process."""

from __future__ import annotations

from pathlib import Path

import pytest

from hameau.hub import Presence
from hameau.kit import Conflict


def test_the_second_learns_where_the_first_is(tmp_path: Path) -> None:
    first, second = Presence(tmp_path), Presence(tmp_path)
    assert second.address() == ""
    first.claim()
    first.announce("http://127.0.0.1:8484/")
    assert second.taken()
    assert second.address() == "http://127.0.0.1:8484/"
    with pytest.raises(Conflict) as error:
        second.claim()
    assert error.value.fields["address"] == "http://127.0.0.1:8484/"


def test_a_home_that_was_released_can_be_claimed_again(tmp_path: Path) -> None:
    first, second = Presence(tmp_path), Presence(tmp_path)
    first.claim()
    first.announce("http://127.0.0.1:1/")
    first.release()
    assert not second.taken()
    assert second.address() == ""
    second.claim()
    second.release()
